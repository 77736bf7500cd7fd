// Wrong calls of matrix products, convolutions, pooling, activations, losses and random numbers.
#include "runnel/autodiff/gradient_tape.h"
#include "runnel/op/op.h"
#include "runnel/ops/linalg.h"
#include "runnel/ops/nn.h"
#include "runnel/ops/random.h"
#include "runnel/ops/wrong_calls.h"

using namespace runnel;
using namespace runnel::testing;

TEST_CASE("wrong products raise TensorFlow's errors") {
  const WrongCall table[] = {
      WRONG(Invalid, "Matrix size-incompatible: In[0]: [2,3], In[1]: [2,3]", matmul(zeros({2, 3}), zeros({2, 3}))),
      WRONG(Invalid, "Matrix size-incompatible: In[0]: [1,2,3], In[1]: [2,2]", matmul(zeros({1, 2, 3}), zeros({2, 2}))),
      WRONG(Invalid, "In[0] and In[1] has different ndims: [3] vs. [3,2]", matmul(zeros({3}), zeros({3, 2}))),
      WRONG(Invalid, "In[0] ndims must be >= 2", matmul(1.0, 2.0)),
      WRONG(Invalid, "In[0] and In[1] must have compatible batch dimensions: [2,2,3] vs. [3,3,2]", matmul(zeros({2, 2, 3}), zeros({3, 3, 2}))),
      WRONG(Invalid, "cannot compute MatMul as input #1(zero-based) was expected to be a float tensor but is a int32 tensor", matmul(zeros({2, 3}), zeros({3, 2}, int32))),
      WRONG(Invalid, "Value for attr 'T' of bool is not in the list of allowed values: bfloat16, half, float, double, int32, int64, uint8, uint16, uint32, uint64, complex64, complex128", matmul(zeros({2, 2}, bool_), zeros({2, 2}, bool_))),
      WRONG(ValueError, "Only one of `transpose_a` and `adjoint_a` can be True. Received `transpose_a`=True, `adjoint_a`=True", matmul(zeros({2, 3}), zeros({3, 2}), true, false, true)),
      WRONG(Invalid, "Matrix size-incompatible: In[0]: [2,3], In[1]: [2,1]", linalg::matvec(zeros({2, 3}), zeros({2}))),
      WRONG(Invalid, "Matrix size-incompatible: In[0]: [2,3], In[1]: [2,3]", tensordot(zeros({2, 3}), zeros({2, 3}), 1)),
      WRONG(ValueError, "`axes` must be at least 0. Received: -1.", tensordot(zeros({2, 3}), zeros({3, 2}), -1)),
      WRONG(ValueError, "`axes` must not be larger than the number of dimensions of tensor", tensordot(zeros({2, 3}), zeros({3, 2}), 3)),
      WRONG(Invalid, "Expected dimension 3 at axis 0 of the input shaped [2,3] but got dimension 2", einsum("ij,jk->ik", {zeros({2, 3}), zeros({2, 3})})),
      WRONG(Invalid, "Expected dimension 2 at axis 1 of the input shaped [2,3] but got dimension 3", einsum("ii->i", {zeros({2, 3})})),
      WRONG(ValueError, "Output subscripts contain the label k not present in the input subscripts", einsum("ij->ik", {zeros({2, 3})})),
      WRONG(ValueError, "Got 1 inputs for equation \"ij,jk->ik\", expecting 2", einsum("ij,jk->ik", {zeros({2, 3})})),
      WRONG(Invalid, "input must be at least 2-dim, received shape: [3]", linalg::band_part(zeros({3}), 0, 0)),
      WRONG(Invalid, "num_lower must be negative or less or equal to number of rows (2) got: 3", linalg::band_part(zeros({2, 2}), 3, 0)),
      WRONG(Invalid, "input must be at least 2-dim, received shape: [3]", linalg::trace(zeros({3}))),
      WRONG(errors::FailedPreconditionError, "Cross-products are only defined for 3-element vectors", linalg::cross(zeros({2}), zeros({2}))),
      WRONG(ValueError, "'axis' must be None, an integer, or a tuple of 2 unique integers", norm(zeros({2, 2, 2}), 2, {0, 1, 2})),
  };
  check_wrong(table);
}

TEST_CASE("wrong windows raise TensorFlow's errors") {
  const WrongCall table[] = {
      WRONG(ValueError, "strides and dilations must be positive", nn::pool(zeros({1, 4, 4, 1}), {2, 2}, "MAX", {1, 1}, "VALID", "NHWC", {2, 0})),
      WRONG(ValueError, "strides and dilations must be positive", nn::pool(zeros({1, 4, 4, 1}), {2, 2}, "MAX", {1, -1}, "VALID", "NHWC", {1, 1})),
      WRONG(Invalid, "an explicit padding needs two spatial axes", run(get_op("Conv"), {zeros({1, 2, 2, 2, 1}), zeros({1, 1, 1, 1, 1})}, {{"strides", std::vector<int64_t>(5, 1)}, {"padding", "EXPLICIT"}})),
      WRONG(Invalid, "`groups` must be the input's depth divided by the filter's", run(get_op("Conv"), {zeros({1, 2, 2, 4}), zeros({1, 1, 2, 2})}, {{"strides", std::vector<int64_t>(4, 1)}, {"padding", "VALID"}, {"groups", int64_t(4)}})),
      WRONG(ValueError, "the input must have a batch, a channel and the axes of the window", nn::pool(zeros({4}), {2, 2}, "MAX", {1, 1}, "VALID", "NHWC", {2, 2})),
      WRONG(Invalid, "input depth must be evenly divisible by filter depth: 3 vs 2", nn::conv2d(zeros({1, 4, 4, 3}), zeros({2, 2, 2, 2}), 1, "SAME")),
      WRONG(Invalid, "convolution input must be 4-dimensional: [4,4]", nn::conv2d(zeros({4, 4}), zeros({2, 2, 3, 2}), 1, "SAME")),
      WRONG(Invalid, "convolution filter must be 4-dimensional: [2,2,1]", nn::conv2d(zeros({1, 4, 4, 1}), zeros({2, 2, 1}), 1, "SAME")),
      WRONG(Invalid, "Value for attr 'padding' of \"NONE\" is not in the list of allowed values: \"SAME\", \"VALID\", \"EXPLICIT\"", nn::conv2d(zeros({1, 4, 4, 1}), zeros({2, 2, 1, 1}), 1, "NONE")),
      WRONG(Invalid, "Row and column strides should be larger than 0", nn::conv2d(zeros({1, 4, 4, 1}), zeros({2, 2, 1, 1}), 0, "SAME")),
      WRONG(ValueError, "strides should be of length 1, 2 or 4", nn::conv2d(zeros({1, 4, 4, 1}), zeros({2, 2, 1, 1}), {1, 2, 3}, "SAME")),
      WRONG(errors::UnimplementedError, "Current implementation does not yet support strides in the batch and depth dimensions.", nn::conv2d(zeros({1, 4, 4, 1}), zeros({2, 2, 1, 1}), {2, 1, 1, 1}, "SAME")),
      WRONG(Invalid, "Dilated rates should be larger than 0.", nn::conv2d(zeros({1, 4, 4, 1}), zeros({2, 2, 1, 1}), 1, "SAME", "NHWC", 0)),
      WRONG(Invalid, "Value for attr 'data_format' of \"NWHC\" is not in the list of allowed values: \"NHWC\", \"NCHW\"", nn::conv2d(zeros({1, 4, 4, 1}), zeros({2, 2, 1, 1}), 1, "SAME", "NWHC")),
      WRONG(Invalid, "Value for attr 'T' of bool is not in the list of allowed values: half, bfloat16, float, double, int32", nn::conv2d(zeros({1, 4, 4, 1}, bool_), zeros({2, 2, 1, 1}, bool_), 1, "SAME")),
      WRONG(Invalid, "tensor_in_shape must have 2 spatial dimensions", nn::max_pool2d(zeros({2, 2}), 1, 1, "SAME")),
      WRONG(Invalid, "Sliding window ksize must be positive. The specified or inferred ksize is: 1,0,0,1", nn::max_pool2d(zeros({1, 2, 2, 1}), 0, 1, "SAME")),
      WRONG(Invalid, "Stride must be > 0, but got 0", nn::avg_pool2d(zeros({1, 2, 2, 1}), 2, 0, "SAME")),
      WRONG(Invalid, "Computed output size would be negative", nn::max_pool2d(zeros({1, 2, 2, 1}), 4, 1, "VALID")),
  };
  check_wrong(table);
}

TEST_CASE("wrong layers of numbers raise TensorFlow's errors") {
  const WrongCall table[] = {
      WRONG(Invalid, "Must provide as many biases as the last dimension of the input tensor: [4] vs. [2,3]", nn::bias_add(zeros({2, 3}), zeros({4}))),
      WRONG(Invalid, "Input tensor must be at least 2D: [3]", nn::bias_add(zeros({3}), zeros({3}))),
      WRONG(Invalid, "`dim` must be in the range [-2, 2) where 2 is the number of dimensions in the input. Received: dim=2", nn::softmax(zeros({2, 3}), 2)),
      WRONG(Invalid, "`dim` must be in the range [-1, 1) where 1 is the number of dimensions in the input. Received: dim=-3", nn::log_softmax(zeros({2}), -3)),
      WRONG(Invalid, "Value for attr 'T' of int32 is not in the list of allowed values: half, bfloat16, float, double", nn::softmax(ints({1, 2}))),
      WRONG(Invalid, "Value for attr 'T' of string is not in the list of allowed values", nn::relu(text("a"))),
      WRONG(Invalid, "Value for attr 'T' of int32 is not in the list of allowed values: half, bfloat16, float, double", nn::elu(ints({1}))),
      WRONG(Invalid, "ConcatOp : Expected concatenating dimensions in the range [-1, 1), but got 3", nn::crelu(zeros({2}), 3)),
      WRONG(Invalid, "Received a label value of 3 which is outside the valid range of [0, 3)", nn::sparse_softmax_cross_entropy_with_logits(ints({0, 3}), zeros({2, 3}))),
      WRONG(ValueError, "`labels.shape` must equal `logits.shape` except for the last dimension. Received: labels.shape=(1,) and logits.shape=(2, 3)", nn::sparse_softmax_cross_entropy_with_logits(ints({0}), zeros({2, 3}))),
      WRONG(Invalid, "logits and labels must be broadcastable: logits_size=[2,4] labels_size=[2,3]", nn::softmax_cross_entropy_with_logits(zeros({2, 3}), zeros({2, 4}))),
      WRONG(ValueError, "`logits` and `labels` must have the same shape, received ((3,) vs (2,))", nn::sigmoid_cross_entropy_with_logits(zeros({2}), zeros({3}))),
      WRONG(ValueError, "`rate` must be a scalar tensor or a float in the range [0, 1). Received: rate=1.5", nn::dropout(zeros({3}), 1.5)),
      WRONG(ValueError, "`rate` must be a scalar tensor or a float in the range [0, 1). Received: rate=-0.5", nn::dropout(zeros({3}), -0.5)),
      WRONG(ValueError, "`x.dtype` must be a floating point tensor as `x` will be scaled. Received: x_dtype=<dtype: 'int32'>", nn::dropout(ints({1, 2}), 0.5)),
      WRONG(Invalid, "Invalid reduction dimension (3 for input with 1 dimension(s)", nn::moments(zeros({2}), 3)),
  };
  check_wrong(table);
}

TEST_CASE("wrong random numbers and tapes raise TensorFlow's errors") {
  const WrongCall table[] = {
      WRONG(ValueError, "Must specify maxval for integer dtype tf.int32", random::uniform({2}, 0, {}, int32)),
      WRONG(ValueError, "Argument `dtype` got invalid value <dtype: 'string'>", random::uniform({2}, 0, {}, string)),
      WRONG(Invalid, "Need minval < maxval, got 5 >= 5", random::uniform({2}, 5, 5, int32)),
      WRONG(Invalid, "Dimension -1 must be >= 0", random::normal({-1})),
      WRONG(Exhausted, "OOM when allocating tensor", random::normal({int64_t(1) << 45})),
      WRONG(Invalid, "would have more than 2**63 - 1 elements", random::uniform({int64_t(1) << 40, int64_t(1) << 40})),
      WRONG(TypeError, "Cannot convert 0.0 to EagerTensor of dtype int32", random::normal({2}, 0.0, 1.0, int32)),
      WRONG(Invalid, "seed must have shape [2], not [1]", random::stateless_uniform({2}, ints({1}))),
      WRONG(Invalid, "of float is not in the list of allowed values: int32, int64", random::stateless_uniform({2}, floats({1.5, 2}))),
      WRONG(Invalid, "logits should be a matrix, got shape [2]", random::categorical(zeros({2}), 3)),
      WRONG(Invalid, "num_samples should be non-negative, got -1", random::categorical(zeros({1, 2}), -1)),
      WRONG(ValueError, "must be floating or complex", GradientTape().watch(ints({1}))),
  };
  check_wrong(table);
}

TEST_CASE("a tape that is not persistent gives one set of gradients") {
  GradientTape tape;
  Tensor x = zeros({1});
  tape.watch(x);
  Tensor y = identity(x);
  tape.gradient(y, x);
  CHECK_THROWS_WITH_AS(tape.gradient(y, x), doctest::Contains("A non-persistent GradientTape can only be used to compute one set of gradients"), RuntimeError);
}
