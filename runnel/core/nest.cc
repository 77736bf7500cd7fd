#include "runnel/core/nest.h"

#include "runnel/base/error.h"

namespace runnel::inline v0 {

Nest::Nest() = default;
Nest::Nest(const Nest&) = default;
Nest::Nest(Nest&&) noexcept = default;
Nest& Nest::operator=(const Nest&) = default;
Nest& Nest::operator=(Nest&&) noexcept = default;
Nest::~Nest() = default;
Nest::Nest(const Tensor& tensor) {
  if (tensor) value_ = tensor;
}
Nest::Nest(List items) : value_(std::move(items)) {}
Nest::Nest(std::initializer_list<Tensor> tensors) : value_(List(tensors.begin(), tensors.end())) {}
Nest::Nest(const std::vector<Tensor>& tensors) : value_(List(tensors.begin(), tensors.end())) {}
Nest::Nest(Dict items) : value_(std::move(items)) {}
Nest Nest::tuple(List items) {
  Nest out(std::move(items));
  out.is_tuple_ = true;
  return out;
}

const Tensor& Nest::tensor() const {
  if (const Tensor* t = std::get_if<Tensor>(&value_)) return *t;
  fail<ValueError>("", "expected a single tensor",
                   {.got = is_list() ? cat("a list of ", list().size()) : is_dict() ? cat("a dict of ", dict().size()) : "None"});
}
const Nest::List& Nest::list() const {
  if (const List* items = std::get_if<List>(&value_)) return *items;
  fail<ValueError>("", "expected a list of tensors", {.got = shapes_text(*this)});
}
const Nest::Dict& Nest::dict() const {
  if (const Dict* items = std::get_if<Dict>(&value_)) return *items;
  fail<ValueError>("", "expected a dict of tensors", {.got = shapes_text(*this)});
}
const Nest& Nest::operator[](const std::string& key) const {
  for (const auto& [name, item] : dict())
    if (name == key) return item;
  fail<KeyError>("", cat("'", key, "'"));
}

namespace {
void collect(const Nest& nest, std::vector<Tensor>& out) {
  if (nest.is_tensor()) out.push_back(nest.tensor());
  if (nest.is_list())
    for (const Nest& item : nest.list()) collect(item, out);
  if (nest.is_dict())
    for (const auto& [name, item] : nest.dict()) collect(item, out);
}
}  // namespace

std::vector<Tensor> Nest::flatten() const {
  std::vector<Tensor> out;
  collect(*this, out);
  return out;
}

Nest Nest::map(const std::function<Tensor(const Tensor&)>& f) const {
  if (is_tensor()) return f(tensor());
  if (is_list()) {
    List out;
    for (const Nest& item : list()) out.push_back(item.map(f));
    return is_tuple_ ? tuple(std::move(out)) : Nest(std::move(out));
  }
  if (is_dict()) {
    Dict out;
    for (const auto& [name, item] : dict()) out.emplace_back(name, item.map(f));
    return out;
  }
  return {};
}

Nest Nest::pack(const std::vector<Tensor>& flat) const {
  size_t next = 0;
  Nest out = map([&](const Tensor&) {
    if (next >= flat.size()) fail<ValueError>("", "the structures differ", {.got = cat(flat.size(), " tensors")});
    return flat[next++];
  });
  if (next != flat.size()) fail<ValueError>("", "the structures differ", {.got = cat(flat.size(), " tensors"), .expected = to_text(next)});
  return out;
}

std::string shapes_text(const Nest& nest) {
  if (nest.is_tensor()) return to_text(nest.tensor().partial_shape());
  std::vector<std::string> parts;
  if (nest.is_list()) {
    for (const Nest& item : nest.list()) parts.push_back(shapes_text(item));
    return nest.is_tuple() ? cat("(", join(parts), ")") : cat("[", join(parts), "]");
  }
  if (nest.is_dict()) {
    for (const auto& [name, item] : nest.dict()) parts.push_back(cat("'", name, "': ", shapes_text(item)));
    return cat("{", join(parts), "}");
  }
  return "None";
}

}  // namespace runnel::inline v0
