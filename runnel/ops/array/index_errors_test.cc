// Wrong calls of slices, gathering, scattering and Variables.
#include "runnel/ops/variable.h"
#include "runnel/ops/wrong_calls.h"

using namespace runnel;
using namespace runnel::testing;

namespace {
Tensor pairs(std::initializer_list<int64_t> values) { return reshape(Tensor::from(std::vector<int64_t>(values)), {1, -1}); }
}  // namespace

TEST_CASE("wrong slices raise TensorFlow's errors") {
  const WrongCall table[] = {
      WRONG(Invalid, "Expected size[0] in [0, 1], but got 2", slice(zeros({3}), {2}, {2})),
      WRONG(Invalid, "Expected size[0] in [0, 3], but got 4", slice(zeros({3}), {0}, {4})),
      WRONG(Invalid, "Expected begin[0] in [0, 3], but got -1", slice(zeros({3}), {-1}, {1})),
      WRONG(Invalid, "Expected begin[0] in [0, 3], but got 4", slice(zeros({3}), {4}, {0})),
      WRONG(Invalid, "Expected begin and size arguments to be 1-D tensors of size 2, but got shapes [1] and [1] instead", slice(zeros({3, 2}), {0}, {1})),
      WRONG(Invalid, "Value for attr 'Index' of float is not in the list of allowed values: int32, int64", slice(zeros({3}), floats({0.5}), floats({1}))),
      WRONG(Invalid, "Expected begin, end, and strides to be 1D equal size tensors, but got shapes [1], [2], and [1] instead.", strided_slice(zeros({3}), {0}, {1, 2}, {1})),
      WRONG(Invalid, "strides[0] must be non-zero", strided_slice(zeros({3}), {0}, {1}, {0})),
      WRONG(Invalid, "slice index 2 of dimension 0 out of bounds", strided_slice(zeros({2}), {2}, {3}, {1}, 0, 0, 0, 0, 1)),
      WRONG(Invalid, "slice index -1 of dimension 0 out of bounds", strided_slice(zeros({2}), {-3}, {-2}, {1}, 0, 0, 0, 0, 1)),
      WRONG(Invalid, "Index out of range using input dim 1; input has only 1 dims", strided_slice(zeros({2}), {0, 0}, {1, 1}, {1, 1}, 0, 0, 0, 0, 3)),
      WRONG(Invalid, "Attempting to slice scalar input", strided_slice(zeros({}), {0}, {1}, {1}, 0, 0, 0, 0, 1)),
      WRONG(Invalid, "Multiple ellipses in slice spec not allowed", strided_slice(zeros({2, 2}), {0, 0}, {0, 0}, {1, 1}, 0, 0, 3)),
      WRONG(ValueError, "Shapes (3,) and (2,) are incompatible", boolean_mask(zeros({3}), bools({true, false}))),
      WRONG(ValueError, "mask cannot be scalar", boolean_mask(zeros({3}), true)),
  };
  check_wrong(table);
}

TEST_CASE("wrong gathering and scattering raise TensorFlow's errors") {
  const WrongCall table[] = {
      WRONG(Invalid, "indices[0] = 3 is not in [0, 3)", gather(zeros({3}), ints({3}))),
      WRONG(Invalid, "indices[0] = -1 is not in [0, 3)", gather(zeros({3}), ints({-1}))),
      WRONG(Invalid, "indices[0] = 0 is not in [0, 0)", gather(zeros({0}), ints({0}))),
      WRONG(Invalid, "Shape must be at least rank 3 but is rank 1", gather(zeros({3}), ints({0}), 2)),
      WRONG(Invalid, "Shape must be at least rank 3 but is rank 2", gather(zeros({2, 3}), ints({0}), -3)),
      WRONG(Invalid, "params.shape[0]: 2 should be equal to indices.shape[0]: 3", gather(zeros({2, 3}), zeros({3, 1}, int32), 1, 1)),
      WRONG(Invalid, "Value for attr 'Tindices' of float is not in the list of allowed values: int16, int32, int64", gather(zeros({3}), floats({0.5}))),
      WRONG(Invalid, "params must be at least 1 dimensional", gather(zeros({}), ints({0}))),
      WRONG(Invalid, "indices[0] = [0, 2] does not index into param shape [2,2]", gather_nd(zeros({2, 2}), pairs({0, 2}))),
      WRONG(Invalid, "indices[0] = [-1] does not index into param shape [2]", gather_nd(zeros({2}), pairs({-1}))),
      WRONG(Invalid, "index innermost dimension length must be <= params rank; saw: 2 vs. 1", gather_nd(zeros({2}), pairs({0, 0}))),
      WRONG(Invalid, "indices must be at least a vector", gather_nd(zeros({2}), 0)),
      WRONG(Invalid, "indices[0] = [5] does not index into shape [3]", scatter_nd(pairs({5}), floats({1}), longs({3}))),
      WRONG(Invalid, "Dimensions [0,1) of indices[shape=[1,1]] must match dimensions [0,1) of updates[shape=[2]]", scatter_nd(pairs({1}), floats({1, 2}), longs({3}))),
      WRONG(Invalid, "Dimension -1 must be >= 0", scatter_nd(pairs({0}), floats({1}), longs({-1}))),
      WRONG(Invalid, "indices[0] = [4] does not index into shape [3]", tensor_scatter_nd_update(zeros({3}), pairs({4}), floats({1}))),
      WRONG(Invalid, "indices[0] = [-1] does not index into shape [3]", tensor_scatter_nd_sub(zeros({3}), pairs({-1}), floats({1}))),
      WRONG(Invalid, "condition [2], then [3], and else [3] must be broadcastable", where(bools({true, false}), zeros({3}), zeros({3}))),
      WRONG(TypeError, "Cannot convert 1.0 to EagerTensor of dtype bool", where(1.0, 1.0, 2.0)),
      WRONG(ValueError, "x and y must both be non-None or both be None", where(bools({true}), zeros({1}))),
      WRONG(Invalid, "cannot compute SelectV2 as input #2(zero-based) was expected to be a int32 tensor but is a float tensor", where(bools({true}), ints({1}), floats({1}))),
  };
  check_wrong(table);
}

TEST_CASE("wrong use of Variables raises TensorFlow's errors") {
  const WrongCall table[] = {
      WRONG(ValueError, "the assigned value shape (1,) are incompatible", Variable(zeros({2})).assign(zeros({1}))),
      WRONG(Invalid, "cannot compute AssignVariableOp as input #1(zero-based) was expected to be a float tensor but is a int32 tensor", Variable(zeros({2})).assign(ints({1, 2}))),
      WRONG(Invalid, "Cannot update variable with shape [1] using a Tensor with shape [2], shapes must be equal", Variable(zeros({1})).assign_add(zeros({2}))),
      WRONG(Invalid, "Cannot update variable with shape [1] using a Tensor with shape [1,1], shapes must be equal", Variable(zeros({1})).assign_sub(zeros({1, 1}))),
      WRONG(Invalid, "indices[0] = [5] does not index into shape [1]", Variable(zeros({1})).scatter_nd_update(pairs({5}), floats({1}))),
      WRONG(Invalid, "indices[0] = 5 is not in [0, 2)", Variable(zeros({2})).scatter_update(ints({5}), floats({1}))),
      WRONG(Invalid, "Must have updates.shape = indices.shape + params.shape[1:]", Variable(zeros({2})).scatter_add(ints({0}), floats({1, 2}))),
      WRONG(ValueError, "the initial value has another dtype", Variable(zeros({2}), {.dtype = int32})),
      WRONG(ValueError, "are incompatible", Variable(zeros({2}), {.shape = PartialShape({3})})),
  };
  check_wrong(table);
}
