#include "runnel/keras/saving/legacy_names.h"

#include <algorithm>
#include <set>

#include "runnel/base/files.h"

namespace runnel::inline v0::keras {

namespace {

constexpr size_t kMostBytes = 60000, kReference = 16;  // of an attribute; a string takes a reference in it

// Keras measures by the longest name.
size_t chunks_for(const std::vector<std::string>& names) {
  size_t longest = kReference;
  for (const std::string& name : names) longest = std::max(longest, name.size());
  return (names.size() * longest + kMostBytes - 1) / kMostBytes;
}

std::string base_name(const Variable& variable) {
  std::string name = variable.name().substr(0, variable.name().rfind(':'));
  return name.substr(name.rfind('/') + 1);
}

void collect(const LayerBody& layer, const std::string& path, std::vector<NamedVariable>& out) {
  for (const Variable& v : layer.own_weights()) out.push_back({join_path(path, base_name(v)), v});
  for (const auto& below : layer.sublayers()) collect(*below, join_path(path, below->name()), out);
}

void make_unique(std::vector<NamedVariable>& variables) {
  std::set<std::string> used;
  for (NamedVariable& v : variables)
    for (std::string wanted = v.name; !used.insert(v.name).second;) v.name = cat(wanted, "_", used.size());
}

}  // namespace

void write_names(hdf5::Attributes& to, const std::string& name, const std::vector<std::string>& names) {
  if (names.empty()) return to.set_attribute(name, Tensor(float64, {0}));
  size_t chunks = chunks_for(names), at = 0;
  for (size_t i = 0; i < chunks; ++i) {
    size_t end = at + names.size() / chunks + (i < names.size() % chunks ? 1 : 0);
    Tensor part = Tensor::from(std::vector<std::string>(names.begin() + int64_t(at), names.begin() + int64_t(end)));
    to.set_attribute(chunks == 1 ? name : cat(name, i), part, hdf5::Charset::kAscii);
    at = end;
  }
}

std::vector<std::string> read_names(const hdf5::Attributes& from, const std::string& name) {
  std::vector<std::string> out;
  auto append = [&](const Tensor& part) {
    if (part.dtype() != string) return;  // an empty list
    for (const std::string& text : part.values<std::string>()) out.push_back(text);
  };
  if (const Tensor* whole = from.attribute(name)) append(*whole);
  else
    for (int i = 0; const Tensor* part = from.attribute(cat(name, i)); ++i) append(*part);
  return out;
}

std::vector<Variable> legacy_weights(const LayerBody& layer) {
  std::vector<Variable> out = layer.trainable_weights(), others = layer.non_trainable_weights();
  out.insert(out.end(), others.begin(), others.end());
  return out;
}

std::vector<NamedVariable> named_weights(const LayerBody& layer, const std::string& prefix) {
  std::vector<NamedVariable> found, out;
  collect(layer, join_path(prefix, layer.name()), found);
  for (const Variable& v : legacy_weights(layer)) {
    auto named = std::find_if(found.begin(), found.end(), [&](const NamedVariable& n) { return n.variable.is(v); });
    out.push_back({named == found.end() ? base_name(v) : named->name, v});
  }
  make_unique(out);
  return out;
}

std::vector<NamedVariable> named_variables(const std::vector<Variable>& variables) {
  std::vector<NamedVariable> out;
  for (const Variable& v : variables) out.push_back({v.name().substr(0, v.name().rfind(':')), v});
  make_unique(out);
  return out;
}

}  // namespace runnel::inline v0::keras
