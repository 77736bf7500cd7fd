// Elements of tensors in text.
#pragma once

#include "runnel/core/tensor.h"

namespace runnel::inline v0 {

/// The element at the flat index i, as C++ programs see it: 1.5, True, b'text'.
std::string element_text(const Tensor& tensor, int64_t i);

}  // namespace runnel::inline v0
