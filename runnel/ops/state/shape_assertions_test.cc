#include "runnel/ops/shape_assertions.h"

#include "runnel/graph/function.h"
#include "runnel/ops/wrong_calls.h"

namespace runnel::testing {

using debugging::assert_shapes;
using debugging::AxisSize;

TEST_CASE("shapes that fit pass") {
  Tensor x = zeros({2, 3}), y = zeros({2, 4});
  assert_shapes({{x, {"N", "D"}}, {y, {"N", "Q"}}, {Tensor::scalar(1.f), {}}});
  assert_shapes({{x, {AxisSize::rest(), "D"}}, {zeros({3}), {"D"}}, {x, {2, AxisSize::any()}}, {Tensor::scalar(1.f), {"N"}}});
}

TEST_CASE("shapes that do not fit are told with TensorFlow's words") {
  Tensor x = zeros({2, 3}), y = zeros({2, 4});
  CHECK_THROWS_WITH_AS(assert_shapes({{x, {"N", "N"}}}),
                       "Specified by tensor shape=(2, 3) dtype=float32 dimension 0.  Tensor shape=(2, 3) dtype=float32 dimension 1 must have size 2.  "
                       "Received size 3, shape (2, 3)", ValueError);
  CHECK_THROWS_WITH_AS(assert_shapes({{x, {3, "D"}}}, "hi"),
                       "hi.  Specified explicitly.  Tensor shape=(2, 3) dtype=float32 dimension 0 must have size 3.  Received size 2, shape (2, 3)", ValueError);
  CHECK_THROWS_WITH_AS(assert_shapes({{x, {2, 3, 4}}}), "Tensor  must have rank 3.  Received rank 2, shape (2, 3)", ValueError);
  CHECK_THROWS_WITH_AS(assert_shapes({{x, {}}}), "Tensor  must have rank in (0, 1).  Received rank 2, shape (2, 3)", ValueError);
  CHECK_THROWS_WITH_AS(assert_shapes({{x, {AxisSize::rest(), 2, 3, 4}}}, "m"), "m.  Tensor  must have rank at least 3.  Received rank 2, shape (2, 3)", ValueError);
  CHECK_THROWS_WITH_AS(assert_shapes({{zeros({2, 3, 4}), {AxisSize::rest(), "C"}}, {x, {"C", "D"}}}),
                       "Specified by tensor shape=(2, 3, 4) dtype=float32 dimension -1.  Tensor shape=(2, 3) dtype=float32 dimension 0 must have size 4.  "
                       "Received size 2, shape (2, 3)", ValueError);
  CHECK_THROWS_WITH_AS(assert_shapes({{x, {2, AxisSize::rest()}}}), doctest::Contains("is only allowed as the first entry"), ValueError);
}

TEST_CASE("sizes that a trace does not know are checked when it runs") {
  auto f = function([](Tensor x, Tensor y) {
    assert_shapes({{x, {"N", "D"}}, {y, {"N", "Q"}}});
    return x;
  }, {.input_signature = {{PartialShape{-1, -1}}, {PartialShape{-1, -1}}}});
  f(zeros({2, 3}), zeros({2, 1}));
  CHECK_THROWS_WITH_AS(f(zeros({2, 3}), zeros({3, 3})), doctest::Contains("assertion failed"), errors::InvalidArgumentError);
}

}  // namespace runnel::testing
