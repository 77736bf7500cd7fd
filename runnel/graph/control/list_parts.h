// What the operators of lists share: tensor_list.cc has TensorFlow's, list_sums.cc those that gradients and batches need.
#pragma once

#include "runnel/graph/control/tensor_list.h"
#include "runnel/op/gradient_context.h"

namespace runnel::inline v0 {

/// What an item reads as that nobody wrote.
Tensor zero_item(DType dtype, const Shape& shape);
Shape shape_of_rows(const Tensor& t);
/// Row i of a tensor, without its first dimension.
Tensor row(const Tensor& t, int64_t i);
/// Output 0: the items as (n, element...).
void stack_items(OpContext& c, const TensorList& list, const Shape& element);

using Grads = std::vector<Tensor>;
inline Tensor list_op(const char* name, std::initializer_list<Tensor> inputs, const Attrs& attrs = {}) { return run(get_op(name), inputs, attrs); }
/// The gradient of a list that none has arrived at.
inline Tensor nothing() { return Tensor(variant, Shape()); }
inline Tensor any_shape() { return Tensor::scalar(int32_t(-1)); }
inline Tensor put(const Tensor& list, const Tensor& index, const Tensor& item) { return list_op("_TensorListPut", {list, index, item}); }

}  // namespace runnel::inline v0
