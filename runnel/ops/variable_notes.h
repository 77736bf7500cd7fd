// What a library above remembers about a Variable beside its value: Keras, its regularizer and its constraint.
#pragma once

#include "runnel/base/ref.h"
#include "runnel/ops/variable.h"

namespace runnel::inline v0 {

struct VariableNotes {
  Ref<RefCounted> regularizer{}, constraint{};
  bool is_weight = false;  ///< Made by Keras, so its name is a path.
};
/// They live as long as the Variable.
VariableNotes& notes_of(const Variable& variable);

}  // namespace runnel::inline v0
