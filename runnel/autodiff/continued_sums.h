// Gradients add up in the order of the code, backwards. An operator that stands for much code (a loop, a branch) goes on with the
// sum that has arrived at an input so far, so that the compiled code has the bits of the eager one: (a + b) + c, not a + (b + c).
#pragma once

#include <utility>
#include <vector>

#include "runnel/core/tensor.h"

namespace runnel::inline v0 {

class ContinuedSums {
 public:
  /// While it lives, `so_far` are the sums of the inputs of the call whose gradient this thread computes; empty Tensors where
  /// nothing has arrived.
  explicit ContinuedSums(std::vector<Tensor> so_far) : so_far_(std::move(so_far)), taken_(so_far_.size()), outer_(std::exchange(current_, this)) {}
  ~ContinuedSums() { current_ = outer_; }
  ContinuedSums(const ContinuedSums&) = delete;
  ContinuedSums& operator=(const ContinuedSums&) = delete;

  /// The sum of input i, which the gradient returned for it has to include then.
  static Tensor take(int i) {
    if (!current_ || size_t(i) >= current_->so_far_.size() || !current_->so_far_[size_t(i)]) return Tensor();
    current_->taken_[size_t(i)] = true;
    return current_->so_far_[size_t(i)];
  }
  bool taken(size_t i) const { return i < taken_.size() && taken_[i]; }

 private:
  std::vector<Tensor> so_far_;
  std::vector<bool> taken_;
  ContinuedSums* outer_;
  static inline thread_local ContinuedSums* current_ = nullptr;
};

}  // namespace runnel::inline v0
