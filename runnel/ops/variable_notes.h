// What a library above remembers about a Variable beside its value: Keras, its regularizer and its constraint.
#pragma once

#include <memory>

#include "runnel/base/ref.h"
#include "runnel/ops/variable.h"

namespace runnel::inline v0 {

struct VariableRules {
  Ref<RefCounted> regularizer{}, constraint{};
};
struct VariableNotes {
  std::weak_ptr<const VariableRules> rules;  ///< Whoever made the Variable owns them.
  bool is_weight = false;                    ///< Made by Keras, so its name is a path.
  bool overwrite_with_gradient = false;      ///< Optimizers assign the gradient: it is the next value.
};
VariableNotes& notes_of(const Variable& variable);

}  // namespace runnel::inline v0
