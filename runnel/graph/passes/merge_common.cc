#include <unordered_map>

#include "runnel/graph/passes/passes.h"

namespace runnel::inline v0 {

namespace {

constexpr int64_t kShort = 64;  // bytes of a constant that go into its key, so that many numbers are told apart at once

// Text that is equal for nodes that may be equal.
std::string key_of(const Node& node) {
  std::string key = node.type();
  auto append = [&](uint64_t bits) { key.append(reinterpret_cast<const char*>(&bits), sizeof bits); };
  for (Endpoint in : node.inputs) {
    append(reinterpret_cast<uintptr_t>(in.node));
    append(uint64_t(in.output));
  }
  if (node.inputs.empty()) append(uint64_t(node.dtypes[0].code()));
  const Tensor* value = constant_value({const_cast<Node*>(&node), 0});
  if (value && value->dtype().is_plain() && value->nbytes() <= kShort) key.append(static_cast<const char*>(value->raw()), size_t(value->nbytes()));
  return key;
}

bool same_attrs(const Attrs& a, const Attrs& b) {
  size_t count = 0;
  for (const NamedAttr& attr : a) {
    const AttrValue* other = b.find(attr.name);
    if (!other || !same_attr(attr.value, *other)) return false;
    ++count;
  }
  return count == size_t(b.end() - b.begin());
}

bool may_merge(const Node& node) { return node.num_outputs() == 1 && !is_type(node, "Placeholder") && effect_of(node) == Effect::kNone; }

}  // namespace

int merge_common(FunctionBody& body) {
  std::unordered_multimap<std::string, Node*> seen;
  return redirect(body, [&](Node& node) -> std::optional<Endpoint> {
    if (!may_merge(node)) return std::nullopt;
    std::string key = key_of(node);
    auto [begin, end] = seen.equal_range(key);
    for (auto it = begin; it != end; ++it)
      if (same_attrs(node.attrs, it->second->attrs)) return Endpoint{it->second, 0};
    seen.emplace(std::move(key), &node);
    return std::nullopt;
  });
}

}  // namespace runnel::inline v0
