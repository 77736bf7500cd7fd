#include "runnel/core/nest_structure.h"

#include <algorithm>

#include "runnel/base/error.h"

namespace runnel::inline v0::nest {

namespace {

// A dict's items by key.
std::vector<const std::pair<std::string, Nest>*> sorted(const Nest::Dict& dict) {
  std::vector<const std::pair<std::string, Nest>*> items;
  for (const auto& item : dict) items.push_back(&item);
  std::sort(items.begin(), items.end(), [](auto* a, auto* b) { return a->first < b->first; });
  return items;
}

void collect(const Nest& nest, std::vector<Tensor>& out) {
  if (nest.is_tensor()) out.push_back(nest.tensor());
  if (nest.is_list())
    for (const Nest& item : nest.list()) collect(item, out);
  if (nest.is_dict())
    for (const auto* item : sorted(nest.dict())) collect(item->second, out);
}

Nest build(const Nest& like, const std::vector<Tensor>& flat, size_t& next) {
  if (like.is_tensor()) return flat[next++];
  if (like.is_list()) {
    Nest::List items;
    for (const Nest& item : like.list()) items.push_back(build(item, flat, next));
    return like.is_tuple() ? Nest::tuple(std::move(items)) : Nest(std::move(items));
  }
  if (!like.is_dict()) return {};
  Nest::Dict items = like.dict();  // keeps the order of the keys
  for (const auto* item : sorted(like.dict())) items[size_t(item - like.dict().data())].second = build(item->second, flat, next);
  return items;
}

// What differs, and the type of the error.
class Comparison {
 public:
  Comparison(const Nest& a, const Nest& b, bool check_types) : a_(a), b_(b), check_types_(check_types) {}

  void compare(const Nest& a, const Nest& b) const {
    if (is_nested(a) != is_nested(b))
      differ<ValueError>(cat("Substructure \"", shapes_text(is_nested(a) ? a : b), "\" is a sequence, while the other is not"));
    if (!is_nested(a)) return;
    if (check_types_ && (a.is_dict() != b.is_dict() || a.is_tuple() != b.is_tuple()))
      differ<TypeError>(cat("The two namedtuples or sequences don't have the same type: ", kind(a), " and ", kind(b)));
    if (a.is_dict() && b.is_dict()) return compare_dicts(a.dict(), b.dict());
    std::vector<const Nest*> left = children(a), right = children(b);
    compare_lengths(left.size(), right.size());
    for (size_t i = 0; i < left.size(); ++i) compare(*left[i], *right[i]);
  }

 private:
  static const char* kind(const Nest& nest) { return nest.is_dict() ? "dict" : nest.is_tuple() ? "tuple" : "list"; }
  static std::vector<const Nest*> children(const Nest& nest) {
    std::vector<const Nest*> out;
    if (nest.is_list())
      for (const Nest& item : nest.list()) out.push_back(&item);
    else
      for (const auto* item : sorted(nest.dict())) out.push_back(&item->second);
    return out;
  }
  void compare_lengths(size_t a, size_t b) const {
    if (a != b) differ<ValueError>(cat("The two structures don't have the same number of elements: ", a, " and ", b));
  }
  void compare_dicts(const Nest::Dict& a, const Nest::Dict& b) const {
    compare_lengths(a.size(), b.size());
    auto left = sorted(a), right = sorted(b);
    for (size_t i = 0; i < left.size(); ++i) {
      if (left[i]->first != right[i]->first)
        differ<ValueError>(cat("The two dictionaries don't have the same set of keys: '", left[i]->first, "' and '", right[i]->first, "'"));
      compare(left[i]->second, right[i]->second);
    }
  }
  template <class E>
  [[noreturn]] void differ(const std::string& what) const {
    fail<E>("", cat("The two structures don't have the same nested structure.\n\nFirst structure: ", shapes_text(a_),
                    "\n\nSecond structure: ", shapes_text(b_), "\n\nMore specifically: ", what));
  }

  const Nest &a_, &b_;
  bool check_types_;
};

}  // namespace

std::vector<Tensor> flatten(const Nest& structure) {
  std::vector<Tensor> out;
  collect(structure, out);
  return out;
}

Nest pack_sequence_as(const Nest& structure, const std::vector<Tensor>& flat) {
  if (size_t expected = flatten(structure).size(); expected != flat.size())
    fail<ValueError>("", cat("Could not pack sequence. Structure had ", expected, " atoms, but flat_sequence had ", flat.size(),
                             " items.  Structure: ", shapes_text(structure)));
  size_t next = 0;
  return build(structure, flat, next);
}

void assert_same_structure(const Nest& a, const Nest& b, bool check_types) { Comparison(a, b, check_types).compare(a, b); }

Nest map_structure(const std::function<Tensor(const std::vector<Tensor>&)>& f, const std::vector<Nest>& structures) {
  if (structures.empty()) fail<ValueError>("", "Must provide at least one structure");
  std::vector<std::vector<Tensor>> leaves;
  for (const Nest& structure : structures) {
    assert_same_structure(structures[0], structure);
    leaves.push_back(flatten(structure));
  }
  std::vector<Tensor> results;
  for (size_t i = 0; i < leaves[0].size(); ++i) {
    std::vector<Tensor> at;
    for (const auto& list : leaves) at.push_back(list[i]);
    results.push_back(f(at));
  }
  return pack_sequence_as(structures[0], results);
}

}  // namespace runnel::inline v0::nest
