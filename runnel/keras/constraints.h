// keras.constraints
#pragma once

#include "runnel/core/tensor.h"
#include "runnel/keras/object.h"

namespace runnel::inline v0::keras {

class ConstraintBody : public KerasObject {
 public:
  static constexpr const char* kKind = "constraints";
  std::string module() const override { return "keras.constraints"; }
  /// The nearest permitted value of a weight, of the same shape.
  virtual Tensor call(const Tensor& w) = 0;
};
using Constraint = Handle<ConstraintBody>;

}  // namespace runnel::inline v0::keras
