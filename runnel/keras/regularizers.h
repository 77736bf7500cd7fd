// keras.regularizers
#pragma once

#include "runnel/core/tensor.h"
#include "runnel/keras/object.h"

namespace runnel::inline v0::keras {

class RegularizerBody : public KerasObject {
 public:
  static constexpr const char* kKind = "regularizers";
  std::string module() const override { return "keras.regularizers"; }
  /// The penalty, a scalar, for a weight or an output.
  virtual Tensor call(const Tensor& x) = 0;
};
using Regularizer = Handle<RegularizerBody>;

}  // namespace runnel::inline v0::keras
