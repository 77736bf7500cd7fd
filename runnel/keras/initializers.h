// keras.initializers
#pragma once

#include "runnel/core/tensor.h"
#include "runnel/keras/object.h"

namespace runnel::inline v0::keras {

class InitializerBody : public KerasObject {
 public:
  static constexpr const char* kKind = "initializers";
  std::string module() const override { return "keras.initializers"; }
  /// A new tensor of the shape.
  virtual Tensor call(const Shape& shape, DType dtype) = 0;
};
using Initializer = Handle<InitializerBody>;

}  // namespace runnel::inline v0::keras
