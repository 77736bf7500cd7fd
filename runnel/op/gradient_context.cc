#include "runnel/op/gradient_context.h"

namespace runnel::inline v0 {

Tensor GradientContext::grad(int i) const {
  if (has_grad(i)) return grads_[size_t(i)];
  static const Op& zeros_like = get_op("ZerosLike");
  return run(zeros_like, {output(i)});
}

}  // namespace runnel::inline v0
