#include <doctest/doctest.h>

#include "runnel/base/error.h"
#include "runnel/keras/expect_close.h"
#include "runnel/keras/constraints.h"
#include "runnel/keras/regularizers.h"

// Expected values: keras.regularizers and keras.constraints of Keras 3.
namespace runnel::inline v0::keras {

TEST_CASE("regularizers") {
  Tensor w = steps(-1, 1, {4, 3});
  expect_close(regularizers::L1({.l1 = .1})(w), {0.654545486f});
  expect_close(regularizers::L2({.l2 = .1})(w), {0.472727299f});
  expect_close(regularizers::L1L2({.l1 = .1, .l2 = .2})(w), {1.60000014f});
  expect_close(Regularizer("l2")(w), {0.472727299f * .1f});
  CHECK_THROWS_AS(regularizers::L1({.l1 = -1}), ValueError);
}

TEST_CASE("constraints") {
  Tensor w = steps(-1, 1, {4, 3});
  expect_close(constraints::MaxNorm({.max_value = 1})(w), {-0.785714209f, -0.670820355f, -0.49999994f, -0.357142836f, -0.223606795f, -0.0714285672f, 0.0714285672f, 0.223606795f, 0.357142836f, 0.49999994f, 0.670820355f, 0.785714209f});
  expect_close(constraints::UnitNorm({.axis = 1})(w), {-0.694313765f, -0.568074882f, -0.441836029f, -0.845154047f, -0.507092416f, -0.169030815f, 0.169030815f, 0.507092416f, 0.845154047f, 0.441836029f, 0.568074882f, 0.694313765f});
  expect_close(constraints::MinMaxNorm({.min_value = .8, .max_value = 1.2, .rate = .5})(w), {-0.971428514f, -0.811583102f, -0.618181765f, -0.441558421f, -0.27052772f, -0.0883116871f, 0.0883116871f, 0.27052772f, 0.441558421f, 0.618181765f, 0.811583102f, 0.971428514f});
  expect_close(Constraint("non_neg")(w), {0.f, 0.f, 0.f, 0.f, 0.f, 0.f, 0.0909090936f, 0.272727281f, 0.454545468f, 0.636363626f, 0.818181813f, 1.f});
  Constraint again;
  from_config(to_config(Constraint(constraints::MaxNorm({.axis = {0, 1}}))), again);
  CHECK(again.body()->get_config().at("axis").as_list().size() == 2);
  CHECK(constraints::UnitNorm().body()->get_config().at("axis").as_int() == 0);
}

}  // namespace runnel::inline v0::keras
