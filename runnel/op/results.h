#pragma once

#include <vector>

#include "runnel/core/tensor.h"

namespace runnel::inline v0 {

/// What a function gives whose options say how many tensors there are: Python gets one tensor, or a tuple of several.
struct Results {
  std::vector<Tensor> tensors;
  const Tensor& operator[](int i) const { return tensors[size_t(i)]; }
};

}  // namespace runnel::inline v0
