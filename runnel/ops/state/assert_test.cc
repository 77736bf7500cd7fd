// Assert: what it lets pass, and what it says otherwise.
#include <doctest/doctest.h>

#include "runnel/base/error.h"
#include "runnel/op/op.h"
#include "runnel/ops/array.h"

using namespace runnel;

TEST_CASE("Assert stops where its condition does not hold, and shows its data") {
  std::vector<Tensor> inputs{Tensor::scalar(true), Tensor::scalar(std::string("x is small")), Tensor::from(std::vector<int32_t>{1, 2, 3, 4})};
  Attrs attrs{{"T", std::vector<DType>{string, int32}}};
  CHECK(run_all(get_op("Assert"), inputs, attrs).empty());
  inputs[0] = Tensor::scalar(false);
  CHECK_THROWS_WITH_AS(run_all(get_op("Assert"), inputs, attrs), doctest::Contains("assertion failed: [x is small] [1 2 3...]"), errors::InvalidArgumentError);
  inputs[0] = Tensor(bool_, Shape({2}));
  CHECK_THROWS_WITH_AS(run_all(get_op("Assert"), inputs, attrs), doctest::Contains("In[0] should be a scalar: [2]"), errors::InvalidArgumentError);
}
