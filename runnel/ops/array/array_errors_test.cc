// Wrong calls of creation, shapes, joining and cutting.
#include "runnel/ops/math.h"
#include "runnel/ops/wrong_calls.h"

using namespace runnel;
using namespace runnel::testing;

namespace {
constexpr int64_t kHuge = int64_t(1) << 40, kTooMuch = int64_t(1) << 45;
}

TEST_CASE("wrong creation raises TensorFlow's errors") {
  const WrongCall table[] = {
      WRONG(Invalid, "Dimension -1 must be >= 0", zeros({-1})),
      WRONG(Invalid, "dims must represent a vector, got shape [1,2]", zeros(reshape(ints({1, 2}), {1, 2}))),
      WRONG(Invalid, "Shape [1099511627776,1099511627776] would have more than 2**63 - 1 elements", zeros({kHuge, kHuge})),
      WRONG(Invalid, "Shape [4611686018427387904,2,2] would have more than 2**63 - 1 elements", zeros({int64_t(1) << 62, 2, 2})),
      WRONG(Exhausted, "OOM when allocating tensor", zeros({kTooMuch})),
      WRONG(Exhausted, "OOM when allocating tensor", ones({kTooMuch})),
      WRONG(Exhausted, "OOM when allocating tensor", zeros({kTooMuch}, string)),
      WRONG(Exhausted, "OOM when allocating tensor", zeros({int64_t(1) << 39}, string)),
      WRONG(Exhausted, "OOM when allocating tensor", range(int64_t(1) << 46, {}, 1, int64)),
      WRONG(TypeError, "Cannot convert [1.5] to EagerTensor of dtype int32", ones(floats({1.5}))),
      WRONG(Invalid, "Dimension -2 must be >= 0", fill({-2}, 1)),
      WRONG(Invalid, "dims must represent a vector, got shape [1,2]", fill(reshape(ints({1, 2}), {1, 2}), 1)),
      WRONG(Invalid, "value must represent a scalar, got shape [2]", fill({2}, ints({1, 2}))),
      WRONG(Invalid, "Value for attr 'index_type' of float is not in the list of allowed values: int32, int64", fill(floats({1.5}), 1)),
      WRONG(Invalid, "Dimension -1 must be >= 0", eye(-1)),
      WRONG(Invalid, "Requires delta != 0: 0", range(1, 5, 0)),
      WRONG(Invalid, "Requires start <= limit when delta > 0: 5/1", range(5, 1)),
      WRONG(Invalid, "limit must be a scalar, not shape [2]", range(ints({1, 2}))),
      WRONG(Invalid, "depth must be non-negative, got: -1", one_hot(ints({0, 1}), -1)),
      WRONG(Invalid, "depth must be a scalar, but got: [1]", one_hot(ints({0}), ints({2}))),
      WRONG(Invalid, "Expected axis to be -1 or between [0, 2).  But received: 3", one_hot(ints({0}), 2, {}, {}, 3)),
      WRONG(Invalid, "Value for attr 'TI' of float is not in the list of allowed values: uint8, int8, int32, int64", one_hot(floats({0.5}), 2)),
      WRONG(errors::UnimplementedError, "Cast string to float is not supported", cast(text("a"), float32)),
      WRONG(errors::UnimplementedError, "Cast string to int32 is not supported", cast(text("a"), int32)),
      WRONG(Invalid, "Cannot bitcast from 4 to 3", bitcast(zeros({3}, uint8), int32)),
      WRONG(Invalid, "Value for attr 'T' of string is not in the list of allowed values", bitcast(text("a"), int32)),
      WRONG(ValueError, "Argument `indexing` parameter must be either 'xy' or 'ij', got 'ab'", meshgrid({ints({1}), ints({2})}, "ab")),
      WRONG(TypeError, "float31", DType::from_name("float31")),
  };
  check_wrong(table);
}

TEST_CASE("wrong shapes raise TensorFlow's errors") {
  const WrongCall table[] = {
      WRONG(Invalid, "Input to reshape is a tensor with 6 values, but the requested shape has 4", reshape(zeros({2, 3}), {4})),
      WRONG(Invalid, "Input to reshape is a tensor with 0 values, but the requested shape has 2", reshape(zeros({0}), {2})),
      WRONG(Invalid, "Only one input size may be -1, not both 0 and 1", reshape(zeros({2, 3}), {-1, -1})),
      WRONG(Invalid, "Input to reshape is a tensor with 6 values, but the requested shape requires a multiple of 4", reshape(zeros({2, 3}), {4, -1})),
      WRONG(Invalid, "Size 0 must be non-negative, not -2", reshape(zeros({2, 3}), {-2, 3})),
      WRONG(Invalid, "Value for attr 'Tshape' of float is not in the list of allowed values: int32, int64", reshape(zeros({2}), floats({1.5}))),
      WRONG(Invalid, "sizes input must be 1-D, not [1,1]", reshape(zeros({2}), fill({1, 1}, 2))),
      WRONG(Invalid, "too many elements", reshape(zeros({4}), {kHuge, kHuge})),
      WRONG(Invalid, "Can not squeeze dim[0], expected a dimension of 1, got 2", squeeze(zeros({2, 3}), 0)),
      WRONG(Invalid, "Can not squeeze dim[0], expected a dimension of 1, got 0", squeeze(zeros({0, 3}), 0)),
      WRONG(Invalid, "Tried to squeeze dim index 5 for tensor with 2 dimensions", squeeze(zeros({2, 3}), 5)),
      WRONG(Invalid, "Tried to squeeze dim index -2 for tensor with 1 dimensions", squeeze(zeros({1}), -2)),
      WRONG(Invalid, "Tried to expand dim index 3 for tensor with 1 dimensions", expand_dims(zeros({2}), 3)),
      WRONG(Invalid, "Tried to expand dim index -3 for tensor with 1 dimensions", expand_dims(zeros({2}), -3)),
      WRONG(Invalid, "'dim' must be a tensor with a single value", expand_dims(zeros({2}), ints({0, 1}))),
      WRONG(Invalid, "transpose expects a vector of size 2. But input(1) is a vector of size 1", transpose(zeros({2, 3}), {0})),
      WRONG(Invalid, "1 is missing from {0,0}", transpose(zeros({2, 3}), {0, 0})),
      WRONG(Invalid, "2 is out of range [0 .. 2)", transpose(zeros({2, 3}), {0, 2})),
      WRONG(Invalid, "perm must be rank 1, got shape [1,1]", transpose(zeros({2}), fill({1, 1}, 0))),
      WRONG(Invalid, "Value for attr 'Tperm' of float is not in the list of allowed values: int32, int64", transpose(zeros({2, 3}), floats({1, 0}))),
      WRONG(Invalid, "Incompatible shapes: [3] vs. [2,4]", broadcast_to(zeros({3}), {2, 4})),
      WRONG(Invalid, "Rank of input (2) must be no greater than rank of output shape (1)", broadcast_to(zeros({2, 3}), {3})),
      WRONG(Exhausted, "OOM when allocating tensor", broadcast_to(zeros({1}), {kTooMuch})),
      WRONG(Invalid, "would have more than 2**63 - 1 elements", broadcast_to(zeros({1}), {kHuge, kHuge})),
      WRONG(Invalid, "Shape of tensor input [2,3] is not compatible with expected shape [2,4]", ensure_shape(zeros({2, 3}), {2, 4})),
      WRONG(ValueError, "must have rank at least 2", PartialShape({1}).with_rank_at_least(2)),
      WRONG(ValueError, "are incompatible", PartialShape({2}).merge_with({3})),
  };
  check_wrong(table);
}

TEST_CASE("wrong joining and cutting raise TensorFlow's errors") {
  const WrongCall table[] = {
      WRONG(Invalid, "ConcatOp : Dimension 1 in both shapes must be equal: shape[0] = [2,3] vs. shape[1] = [3,2]", concat({zeros({2, 3}), zeros({3, 2})}, 0)),
      WRONG(Invalid, "ConcatOp : Ranks of all input tensors should match: shape[0] = [2] vs. shape[1] = [2,2]", concat({zeros({2}), zeros({2, 2})}, 0)),
      WRONG(Invalid, "ConcatOp : Expected concatenating dimensions in the range [-1, 1), but got 1", concat({zeros({2}), zeros({2})}, 1)),
      WRONG(Invalid, "ConcatOp : Can't concatenate scalars (use tf.stack instead)", concat({zeros({}), zeros({})}, 0)),
      WRONG(Invalid, "ConcatV2", concat({}, 0)),
      WRONG(TypeError, "Cannot convert 0.5 to EagerTensor of dtype int32", concat({zeros({2}), zeros({2})}, 0.5)),
      WRONG(Invalid, "cannot compute ConcatV2 as input #1(zero-based) was expected to be a float tensor but is a int32 tensor", concat({zeros({2}), ints({1})}, 0)),
      WRONG(Invalid, "Shapes of all inputs must match: values[0].shape = [2] != values[1].shape = [3]", stack({zeros({2}), zeros({3})})),
      WRONG(Invalid, "cannot compute Pack as input #1(zero-based) was expected to be a float tensor but is a int32 tensor", stack({zeros({2}), ints({1, 2})})),
      WRONG(ValueError, "Argument `axis` = 5 not in range [-2, 2)", stack({zeros({2})}, 5)),
      WRONG(ValueError, "Argument `axis` = -4 not in range [-2, 2)", stack({zeros({2})}, -4)),
      WRONG(ValueError, "Argument `axis` = 4 not in range [-2, 2)", unstack(zeros({2, 3}), {}, 4)),
      WRONG(ValueError, "Argument `axis` = 0 not in range [0, 0)", unstack(Tensor::scalar(1.f))),
      WRONG(Invalid, "Input shape axis 0 must equal 3, got shape [2,3]", unstack(zeros({2, 3}), 3)),
      WRONG(Invalid, "Number of ways to split should evenly divide the split dimension, but got split_dim 0 (size = 5) and num_split 2", split(zeros({5}), 2)),
      WRONG(Invalid, "Value for attr 'num_split' of 0 must be at least minimum 1", split(zeros({4}), 0)),
      WRONG(Invalid, "Value for attr 'num_split' of -1 must be at least minimum 1", split(zeros({4}), -1)),
      WRONG(Invalid, "Determined shape must either match input shape along split_dim exactly if fully specified", split(zeros({5}), {2, 2})),
      WRONG(Invalid, "-input rank(-1) <= split_dim < input rank (1), but got 3", split(zeros({5}), 2, 3)),
      WRONG(Invalid, "The first dimension of paddings must be the rank of inputs", pad(zeros({2, 3}), {{1, 1}})),
      WRONG(Invalid, "Paddings must be non-negative: -1 0", pad(zeros({2}), {{-1, 0}})),
      WRONG(Invalid, "paddings must be less than the dimension size: 3, 0 not less than 2", pad(zeros({2}), {{3, 0}}, "REFLECT")),
      WRONG(ValueError, "Value of argument `mode` expected to be one of \"CONSTANT\", \"REFLECT\", or \"SYMMETRIC\". Received `mode` = AROUND", pad(zeros({2}), {{1, 0}}, "AROUND")),
      WRONG(Exhausted, "OOM when allocating tensor", pad(zeros({2}), {{kTooMuch, 0}})),
      WRONG(Invalid, "Expected multiples argument to be a vector of length 2 but got length 1", tile(zeros({2, 3}), {2})),
      WRONG(Invalid, "Expected multiples[0] >= 0, but got -1", tile(zeros({2}), {-1})),
      WRONG(Invalid, "would have more than 2**63 - 1 elements", tile(zeros({2}), {int64_t(1) << 62})),
      WRONG(Invalid, "Expected multiples[1] >= 0, but got -1", repeat(zeros({3}), -1)),
      WRONG(Invalid, "'axis'[0] = 1 is out of valid range [0, 0", reverse(zeros({2}), {1})),
      WRONG(Invalid, "axis 0 specified more than once", reverse(zeros({2}), {0, 0})),
      WRONG(Invalid, "axis 3 is out of range", roll(zeros({2}), 1, 3)),
  };
  check_wrong(table);
}
