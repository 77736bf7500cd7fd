// The tree in memory: look up and insert by path.
#include "runnel/base/error.h"
#include "runnel/interop/hdf5/hdf5.h"

namespace runnel::inline v0::hdf5 {

namespace {

// Takes the first name off a path: "a/b" gives "a" and leaves "b".
std::string_view take_name(std::string_view& path) {
  while (!path.empty() && path.front() == '/') path.remove_prefix(1);
  size_t end = std::min(path.find('/'), path.size());
  std::string_view name = path.substr(0, end);
  path.remove_prefix(end);
  return name;
}

std::pair<std::string_view, std::string_view> split_last(std::string_view path) {
  size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return {"", path};
  return {path.substr(0, slash), path.substr(slash + 1)};
}

}  // namespace

const Tensor* Attributes::attribute(std::string_view name) const {
  for (const Attribute& a : attributes_)
    if (a.name == name) return &a.value;
  return nullptr;
}

void Attributes::set_attribute(const std::string& name, const Tensor& value, Charset charset) {
  for (Attribute& a : attributes_)
    if (a.name == name) {
      a = {name, value, charset};
      return;
    }
  attributes_.push_back({name, value, charset});
}

Group& Group::create_group(std::string_view path) {
  Group* at = this;
  for (std::string_view name = take_name(path); !name.empty(); name = take_name(path)) {
    if (at->datasets.contains(name)) fail<ValueError>("HDF5", cat("the name ", name, " is that of a dataset already"));
    Ref<Group>& child = at->groups[std::string(name)];
    if (!child) child = make_ref<Group>();
    at = child.get();
  }
  return *at;
}

Dataset& Group::create_dataset(std::string_view path, const Tensor& value) {
  auto [folder, name] = split_last(path);
  Group& at = create_group(folder);
  auto [place, added] = at.datasets.try_emplace(std::string(name), value);
  if (name.empty() || !added || at.groups.contains(name)) fail<ValueError>("HDF5", cat("the name '", path, "' is taken or empty"));
  return place->second;
}

const Group* Group::find_group(std::string_view path) const {
  const Group* at = this;
  for (std::string_view name = take_name(path); !name.empty(); name = take_name(path)) {
    auto child = at->groups.find(name);
    if (child == at->groups.end()) return nullptr;
    at = child->second.get();
  }
  return at;
}

const Dataset* Group::find_dataset(std::string_view path) const {
  auto [folder, name] = split_last(path);
  const Group* at = find_group(folder);
  if (!at) return nullptr;
  auto found = at->datasets.find(name);
  return found == at->datasets.end() ? nullptr : &found->second;
}

const Group& Group::group(std::string_view path) const {
  if (const Group* found = find_group(path)) return *found;
  fail<errors::NotFoundError>("HDF5", cat("there is no group '", path, "'"));
}

const Dataset& Group::dataset(std::string_view path) const {
  if (const Dataset* found = find_dataset(path)) return *found;
  fail<errors::NotFoundError>("HDF5", cat("there is no dataset '", path, "'"));
}

}  // namespace runnel::inline v0::hdf5
