// Gradients of lookups. A row that was looked up twice has two slices of gradient. Keras over TensorFlow adds them up where it
// needs the gradient, but squares each by itself: the optimizers that keep squares of gradients see the sum of the squares.
#pragma once

#include <vector>

#include "runnel/core/tensor.h"

namespace runnel::inline v0::keras {

/// Makes gradients that are slices dense. While it lives on a thread, squared() and magnitude() of these know the slices.
class DenseGradients {
 public:
  explicit DenseGradients(const std::vector<Tensor>& gradients);
  ~DenseGradients();
  DenseGradients(const DenseGradients&) = delete;
  DenseGradients& operator=(const DenseGradients&) = delete;
  const std::vector<Tensor>& tensors() const { return tensors_; }

 private:
  std::vector<Tensor> tensors_;
};

/// The same slices, or tensor, with other values.
Tensor with_values(const Tensor& gradient, const Tensor& values);
/// The slices' values, or the tensor itself.
const Tensor& values_of(const Tensor& gradient);

bool is_from_slices(const Tensor& gradient);
/// gradient^2 and |gradient|: for a gradient made of slices, the sum of theirs.
Tensor squared(const Tensor& gradient);
Tensor magnitude(const Tensor& gradient);

}  // namespace runnel::inline v0::keras
