// What of an object goes into a file of weights: Variables of its own, and objects inside of it, as attributes or in lists.
#pragma once

#include <string>
#include <vector>

#include "runnel/keras/object.h"
#include "runnel/ops/variable.h"

namespace runnel::inline v0::keras {

struct SavedVariable {
  std::string name;  ///< "0", "1", ...; "": in no file; reading one sets it to 0.
  Variable variable;
  Tensor value{};    ///< Saved in place of the Variable's own.
};

/// An attribute that holds an object, or a list (Python's list, tuple or dict) of objects and lists.
struct SavedMember {
  std::string attribute{};  ///< Not used for the items of a list: these are named after their classes.
  Ref<KerasObject> object{};
  std::vector<SavedMember> items{};  ///< Where there is no object.
};

std::vector<SavedVariable> numbered(const std::vector<Variable>& variables);
/// In the order in which Keras visits attributes: by name, private ones last.
void sort_members(std::vector<SavedMember>& members);

template <class T>
std::vector<SavedMember> list_of(const std::vector<Ref<T>>& objects) {
  std::vector<SavedMember> out;
  for (const auto& object : objects) out.push_back({{}, object});
  return out;
}

/// An object and the path under which it is saved.
struct SavedObject {
  std::string path;  ///< "layers/dense_1"; "" for the root.
  Ref<KerasObject> object;
};

/// Everything that is saved of an object, each once, under the first path that Keras's walk reaches it by.
std::vector<SavedObject> saved_objects(const Ref<KerasObject>& root);
/// What messages and files call an object: its name, or "".
std::string name_of(const KerasObject& object);

}  // namespace runnel::inline v0::keras
