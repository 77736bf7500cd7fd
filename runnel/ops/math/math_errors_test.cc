// Wrong calls of arithmetic, comparisons, reductions, segments and counting.
#include "runnel/ops/bitwise.h"
#include "runnel/ops/math.h"
#include "runnel/ops/wrong_calls.h"

using namespace runnel;
using namespace runnel::testing;

TEST_CASE("wrong arithmetic raises TensorFlow's errors") {
  const WrongCall table[] = {
      WRONG(Invalid, "cannot compute AddV2 as input #1(zero-based) was expected to be a float tensor but is a int32 tensor", add(floats({2}), ints({40}))),
      WRONG(ValueError, "a default-constructed tensor holds no values", Tensor() + Tensor()),
      WRONG(ValueError, "a default-constructed tensor holds no values", maximum(zeros({2, 2}), Tensor())),
      WRONG(Invalid, "Incompatible shapes: [2] vs. [3]", add(zeros({2}), zeros({3}))),
      WRONG(Invalid, "Incompatible shapes: [2,3] vs. [3,2]", add(zeros({2, 3}), zeros({3, 2}))),
      WRONG(Invalid, "cannot compute Mul as input #1(zero-based) was expected to be a int32 tensor but is a int64 tensor", multiply(ints({1}), longs({1}))),
      WRONG(Invalid, "Value for attr 'T' of string is not in the list of allowed values", subtract(text("a"), text("b"))),
      WRONG(Invalid, "cannot compute AddV2 as input #1(zero-based) was expected to be a int32 tensor but is a string tensor", add(ints({1}), "a")),
      WRONG(Invalid, "Integer division by zero", floordiv(ints({1, 2}), 0)),
      WRONG(Invalid, "Integer division by zero", mod(ints({1, 2}), ints({0, 1}))),
      WRONG(Invalid, "Incompatible shapes: [3] vs. [2]", floordiv(ints({1, 2, 3}), ints({0, 1}))),
      WRONG(Invalid, "Integers to negative integer powers are not allowed", pow(ints({2}), -1)),
      WRONG(Invalid, "Value for attr 'T' of string is not in the list of allowed values", pow(text("a"), text("b"))),
      WRONG(Invalid, "Value for attr 'T' of int32 is not in the list of allowed values", sqrt(ints({4}))),
      WRONG(Invalid, "Value for attr 'T' of int32 is not in the list of allowed values", exp(ints({1, 2}))),
      WRONG(Invalid, "Value for attr 'T' of string is not in the list of allowed values", sin(text("x"))),
      WRONG(Invalid, "Value for attr 'T' of string is not in the list of allowed values", abs(text("a"))),
      WRONG(Invalid, "Value for attr 'T' of bool is not in the list of allowed values", abs(bools({true}))),
      WRONG(Invalid, "Value for attr 'T' of string is not in the list of allowed values", negative(text("a"))),
      WRONG(Invalid, "Value for attr 'T' of string is not in the list of allowed values", sign(text("a"))),
      WRONG(Invalid, "Value for attr 'T' of string is not in the list of allowed values: bfloat16, half, float, double", erf(text("a"))),
      WRONG(Invalid, "Value for attr 'T' of int32 is not in the list of allowed values: bfloat16, half, float, double", lgamma(ints({1}))),
      WRONG(Invalid, "Value for attr 'T' of int32 is not in the list of allowed values: float, double", polygamma(ints({1}), ints({2}))),
      WRONG(Invalid, "Value for attr 'T' of int32 is not in the list of allowed values: float, double", zeta(1, 2)),
      WRONG(Invalid, "Incompatible shapes: [2] vs. [3]", igamma(zeros({2}), zeros({3}))),
      WRONG(Invalid, "Incompatible shapes: [2] vs. [3]", atan2(zeros({2}), zeros({3}))),
      WRONG(Invalid, "Incompatible shapes: [2] vs. [3]", maximum(zeros({2}), zeros({3}))),
      WRONG(TypeError, "Cannot convert 1.0 to EagerTensor of dtype int32", mod(1.0, ints({2}))),
      WRONG(TypeError, "incorrect types: float32 float64", complex(1.0, Tensor::scalar(1.0))),
      WRONG(ValueError, "Inputs must be an iterable of at least one Tensor/IndexedSlices with the same dtype and shape", add_n({})),
      WRONG(Invalid, "Input 0: [2] != input 1: [3]", add_n({zeros({2}), zeros({3})})),
      WRONG(Invalid, "cannot compute AddN as input #1(zero-based) was expected to be a int32 tensor but is a float tensor", add_n({ints({1}), floats({1})})),
      WRONG(Invalid, "Incompatible shapes: [2] vs. [3]", clip_by_value(zeros({2}), zeros({3}), 1.0)),
      WRONG(TypeError, "Cannot convert 1.5 to EagerTensor of dtype int32", clip_by_value(ints({1, 2}), 0, 1.5)),
      WRONG(Invalid, "Incompatible shapes: [2] vs. [3]", clip_by_norm(zeros({2}), zeros({3}))),
      WRONG(Invalid, "here : Tensor had NaN values", check_numerics(floats({1, std::numeric_limits<float>::quiet_NaN()}), "here")),
      WRONG(Invalid, "here : Tensor had Inf values", check_numerics(floats({std::numeric_limits<float>::infinity()}), "here")),
  };
  check_wrong(table);
}

TEST_CASE("wrong comparisons and bits raise TensorFlow's errors") {
  const WrongCall table[] = {
      WRONG(TypeError, "Cannot convert 1 to EagerTensor of dtype bool", logical_and(1, 2)),
      WRONG(Invalid, "cannot compute LogicalOr as input #1(zero-based) was expected to be a bool tensor but is a int32 tensor", logical_or(true, ints({1}))),
      WRONG(Invalid, "cannot compute LogicalNot as input #0(zero-based) was expected to be a bool tensor but is a float tensor", logical_not(floats({1}))),
      WRONG(Invalid, "cannot compute Less as input #1(zero-based) was expected to be a int32 tensor but is a float tensor", less(ints({1}), floats({1}))),
      WRONG(Invalid, "cannot compute Equal as input #1(zero-based) was expected to be a float tensor but is a int32 tensor", equal(zeros({2}), ints({1, 2}))),
      WRONG(Invalid, "Incompatible shapes: [2] vs. [3]", equal(zeros({2}), zeros({3}))),
      WRONG(Invalid, "Value for attr 'T' of float is not in the list of allowed values", bitwise::bitwise_and(1.0, 2.0)),
      WRONG(Invalid, "cannot compute BitwiseAnd as input #1(zero-based) was expected to be a int32 tensor but is a int64 tensor", bitwise::bitwise_and(ints({1}), longs({1}))),
      WRONG(Invalid, "cannot compute LeftShift as input #1(zero-based) was expected to be a int32 tensor but is a float tensor", bitwise::left_shift(ints({1}), floats({1}))),
      WRONG(Invalid, "Value for attr 'T' of float is not in the list of allowed values: int8, int16, int32, int64, uint8, uint16, uint32, uint64", bitwise::invert(floats({1.5}))),
  };
  check_wrong(table);
}

TEST_CASE("wrong reductions raise TensorFlow's errors") {
  const WrongCall table[] = {
      WRONG(Invalid, "Invalid reduction dimension (2 for input with 2 dimension(s)", reduce_sum(zeros({2, 3}), 2)),
      WRONG(Invalid, "Invalid reduction dimension (-2 for input with 1 dimension(s)", reduce_mean(zeros({2}), -2)),
      WRONG(Invalid, "Invalid reduction arguments: Axes contains duplicate dimension: 0", reduce_sum(zeros({2, 3}), {0, 0})),
      WRONG(Invalid, "Value for attr 'T' of string is not in the list of allowed values", reduce_max(text("a"))),
      WRONG(Invalid, "Value for attr 'T' of bool is not in the list of allowed values", reduce_prod(bools({true}))),
      WRONG(Invalid, "cannot compute All as input #0(zero-based) was expected to be a bool tensor but is a float tensor", reduce_all(floats({1}))),
      WRONG(Invalid, "cannot compute Any as input #0(zero-based) was expected to be a bool tensor but is a int32 tensor", reduce_any(ints({1}))),
      WRONG(Invalid, "ScanOp: Expected scan axis in the range [-1, 1), but got 1", cumsum(zeros({2}), 1)),
      WRONG(Invalid, "Value for attr 'T' of string is not in the list of allowed values", cumsum(text("a"))),
      WRONG(Invalid, "Value for attr 'T' of int32 is not in the list of allowed values: bfloat16, half, float, double", cumulative_logsumexp(ints({1}))),
      WRONG(Invalid, "Expected dimension in the range [-1, 1), but got 1", argmax(zeros({3}), 1)),
      WRONG(Invalid, "Reduction axis 0 is empty in shape [0,3]", argmax(zeros({0, 3}), 0)),
      WRONG(Invalid, "Expected dimension in the range [0, 0), but got 0", argmin(Tensor::scalar(1.f))),
  };
  check_wrong(table);
}

TEST_CASE("wrong segments and counts raise TensorFlow's errors") {
  const WrongCall table[] = {
      WRONG(Invalid, "segment ids are not increasing", segment_sum(zeros({3}), ints({1, 0, 2}))),
      WRONG(Invalid, "segment_ids should be the same size as dimension 0 of input", segment_sum(zeros({3}), ints({0, 1}))),
      WRONG(Invalid, "segment_ids[2] = 2 is out of range [0, 2)", unsorted_segment_sum(zeros({3}), ints({0, 1, 2}), 2)),
      WRONG(Invalid, "data.shape = [3] does not start with segment_ids.shape = [2]", unsorted_segment_sum(zeros({3}), ints({0, 1}), 2)),
      WRONG(Invalid, "Input arr must be non-negative!", bincount(ints({-1, 2}))),
      WRONG(Invalid, "First dimension of predictions 2 must match length of targets 1", nn::in_top_k(ints({1}), zeros({2, 2}), 1)),
  };
  check_wrong(table);
}
