#include "runnel/ops/math/text.h"

namespace runnel::inline v0 {

namespace {
// Steps of an operand along the axes of the result: 0 where it is repeated.
Dims steps_of(const Shape& shape, const Shape& out) {
  Dims steps(out.rank());
  int added = out.rank() - shape.rank();
  int64_t step = 1;
  for (int d = shape.rank() - 1; d >= 0; --d) {
    steps[d + added] = shape[d] == 1 ? 0 : step;
    step *= shape[d];
  }
  return steps;
}
}  // namespace

void for_each_pair(const Shape& a, const Shape& b, const Shape& out, function_ref<void(int64_t i, int64_t j, int64_t k)> body) {
  Dims by_a = steps_of(a, out), by_b = steps_of(b, out), at(out.rank());
  int64_t i = 0, j = 0;
  for (int64_t k = 0, n = out.num_elements(); k < n; ++k) {
    body(i, j, k);
    for (int d = out.rank() - 1; d >= 0; --d) {
      i += by_a[d], j += by_b[d];
      if (++at[d] < out[d]) break;
      i -= by_a[d] * out[d], j -= by_b[d] * out[d];
      at[d] = 0;
    }
  }
}

}  // namespace runnel::inline v0
