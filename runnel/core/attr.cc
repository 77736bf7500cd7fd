#include "runnel/core/attr.h"

#include <cstring>

#include "runnel/base/text.h"

namespace runnel::inline v0 {

namespace {
std::string text_of(std::monostate) { return "none"; }
std::string text_of(const std::string& s) { return cat("\"", s, "\""); }
std::string text_of(const std::vector<bool>& bits) {
  std::vector<std::string> parts;
  for (bool b : bits) parts.push_back(b ? "true" : "false");
  return cat("[", join(parts), "]");
}
std::string text_of(const FunctionAttr& f) { return "@" + f.name; }
std::string text_of(const std::vector<FunctionAttr>& functions) {
  std::vector<std::string> names;
  for (const FunctionAttr& f : functions) names.push_back(text_of(f));
  return cat("[", join(names), "]");
}
template <class T>
std::string text_of(const T& value) {
  return to_text(value);
}
}  // namespace

std::string attr_text(const AttrValue& value) {
  return std::visit([](const auto& v) { return text_of(v); }, value);
}

bool same_attr(const AttrValue& a, const AttrValue& b) {
  if (a.index() != b.index()) return false;
  if (const Tensor* x = std::get_if<Tensor>(&a)) {
    const Tensor& y = std::get<Tensor>(b);
    if (x->is(y)) return true;
    return x->dtype() == y.dtype() && x->shape() == y.shape() && x->dtype().is_plain() &&
           std::memcmp(x->raw(), y.raw(), size_t(x->nbytes())) == 0;
  }
  return std::visit(
      [&]<class T>(const T& v) {
        if constexpr (std::is_same_v<T, Tensor>) return false;
        else return v == std::get<T>(b);
      },
      a);
}

void Attrs::set(const char* name, AttrValue value) {
  for (NamedAttr& item : items_)
    if (std::string_view(item.name) == name) {
      item.value = std::move(value);
      return;
    }
  items_.push_back({name, std::move(value)});
}

const AttrValue* Attrs::find(std::string_view name) const {
  for (const NamedAttr& item : items_)
    if (item.name == name) return &item.value;
  return nullptr;
}

}  // namespace runnel::inline v0
