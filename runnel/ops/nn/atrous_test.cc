#include "runnel/ops/atrous.h"

#include "runnel/ops/wrong_calls.h"

namespace runnel::testing {

// The numbers are TensorFlow's.
TEST_CASE("a dilated convolution is transposed") {
  Tensor x = reshape(cast(range(9), float32), {1, 3, 3, 1}), filters = reshape(floats({1, 2, -1, 0.5f}), {2, 2, 1, 1});
  std::vector<float> expected{4, 11, 8, 6, 18, 14.5f, -4, -3.5f, 2};
  Tensor y = nn::atrous_conv2d_transpose(x, filters, {1, 3, 3, 1}, 2, "SAME");
  CHECK(std::vector<float>(y.data<float>(), y.data<float>() + 9) == expected);
  CHECK(nn::atrous_conv2d_transpose(x, filters, {1, 5, 5, 1}, 2, "VALID").data<float>()[7] == 11);
  CHECK_THROWS_WITH_AS(nn::atrous_conv2d_transpose(x, filters, {1, 3, 3, 1}, 0, "SAME"), doctest::Contains("`rate` cannot be less than one"), ValueError);
}

}  // namespace runnel::testing
