#include "runnel/ops/math_names.h"

#include <doctest/doctest.h>

namespace runnel {

TEST_CASE("tf::math has the names of tf.math") {
  Tensor x = Tensor::from(std::vector<float>{1, 2, 6}), ids = Tensor::from(std::vector<int32_t>{0, 1, 1});
  CHECK(math::unsorted_segment_mean(x, ids, 2).values<float>()[1] == 4);
  CHECK(math::reduce_sum(math::log(math::exp(x))).item<float>() == doctest::Approx(9));
  CHECK(math::floormod(-7, 3).item<int32_t>() == 2);
  CHECK(math::top_k(x, 1).indices.item<int32_t>() == 2);
}

}  // namespace runnel
