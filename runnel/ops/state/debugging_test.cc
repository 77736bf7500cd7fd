#include "runnel/ops/debugging.h"

#include <limits>

#include "runnel/op/op.h"
#include "runnel/ops/linalg.h"
#include "runnel/ops/math.h"
#include "runnel/ops/nn.h"
#include "runnel/ops/wrong_calls.h"

namespace runnel::testing {

TEST_CASE("checks of values pass, or tell what does not hold") {
  namespace debugging = runnel::debugging;
  debugging::assert_equal(ints({1, 2}), ints({1, 2}));
  debugging::assert_near(floats({1}), floats({1.1f}), 0.2);
  debugging::Assert(Tensor::scalar(true), {});
  const WrongCall table[] = {
      WRONG(Invalid, "Condition x == y did not hold.\nIndices of first 1 different values:\n[[1]]", debugging::assert_equal(ints({1, 2}), ints({1, 3}))),
      WRONG(Invalid, "boo\nCondition x < y did not hold.", debugging::assert_less(ints({3}), 2, "boo")),
      WRONG(Invalid, "Condition x >= 0 did not hold element-wise:", debugging::assert_non_negative(floats({-1}))),
      WRONG(Invalid, "x and y not equal to tolerance", debugging::assert_near(floats({1}), floats({2}))),
      WRONG(ValueError, "Tensor must have rank 2.  Received rank 1, shape (1,)", debugging::assert_rank(ints({1}), 2)),
      WRONG(TypeError, "tensor must be of type tf.float32; got tf.int32", debugging::assert_type(ints({1}), float32)),
      WRONG(Invalid, "to be true. Summarized data: b'because'", debugging::Assert(Tensor::scalar(false), {text("because")})),
  };
  check_wrong(table);
}

TEST_CASE("operators look at all that they are given") {
  const WrongCall table[] = {
      WRONG(errors::NotFoundError, "Could not find device for node",
            run(get_op("Complex"), {Tensor::from(std::vector<double>{1}), Tensor::from(std::vector<double>{2})})),
      WRONG(Invalid, "Value for attr 'T' of int32 is not in the list of allowed values", run(get_op("Zeta"), {ints({1}), ints({1})}, {{"T", int32}})),
      WRONG(Invalid, "must be square", linalg::cholesky(Tensor(float32, Shape({2, 3})))),
      WRONG(Invalid, "must be square", linalg::inv(Tensor(float32, Shape({2, 3})))),
      WRONG(Invalid, "Dimension -1 must be >= 0", run(get_op("BroadcastTo"), {ints({1}), ints({2, -1})})),
      WRONG(Invalid, "must be at least minimum 1", run(get_op("Pack"), std::span<const Tensor>(), {{"N", int64_t(0)}, {"T", int32}})),
      WRONG(ValueError, "'SAME' padding is not implemented for `dilation_rate` > 1",
            nn::pool(Tensor(float32, Shape({1, 4, 4, 1})), {2, 2}, "MAX", {}, "SAME", "", {2, 2})),
  };
  check_wrong(table);
}

}  // namespace runnel::testing
