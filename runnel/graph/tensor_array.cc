#include "runnel/graph/tensor_array.h"

#include "runnel/base/error.h"
#include "runnel/graph/shapes.h"
#include "runnel/op/op.h"
#include "runnel/ops/array.h"

namespace runnel::inline v0 {

namespace {

Tensor as_int32(const Operand& index) { return cast(index.is_weak() ? index.tensor(int32) : index.tensor(), int32); }

PartialShape row_shape(const PartialShape& shape) { return shape.has_rank() && shape.rank() > 0 ? shape.slice(1, shape.rank()) : PartialShape::unknown_rank(); }

}  // namespace

TensorArray::TensorArray(DType dtype, const TensorArrayOptions& options)
    : dtype_(dtype), element_shape_(options.element_shape), dynamic_size_(options.dynamic_size), infer_shape_(options.infer_shape) {
  static const Op& reserve = get_op("TensorListReserve");
  flow_ = run(reserve, {shape_tensor(element_shape_), as_int32(options.size)}, {{"element_dtype", dtype}});
}

TensorArray TensorArray::with_flow(const Tensor& flow) const {
  TensorArray out = *this;
  out.flow_ = flow;
  return out;
}

TensorArray TensorArray::changed(const Tensor& flow, const PartialShape& element) const {
  TensorArray out = with_flow(flow);
  if (infer_shape_ && !element_shape_.has_rank()) out.element_shape_ = element;
  return out;
}

Tensor TensorArray::checked(const Operand& value) const {
  Tensor t = value.is_weak() ? value.tensor(dtype_) : value.tensor();
  if (t.dtype() != dtype_)
    fail<errors::InvalidArgumentError>("", cat("TensorArray dtype is ", dtype_, " but Op is trying to write dtype ", t.dtype()));
  if (!element_shape_.is_compatible_with(t.partial_shape()))
    fail<ValueError>("", cat("Incompatible shape for value (", to_text(t.partial_shape()), "), expected (", to_text(element_shape_), ")"));
  return t;
}

TensorArray TensorArray::write(const Operand& index, const Operand& value) const {
  static const Op& op = get_op("TensorListSetItem");
  Tensor item = checked(value);
  Tensor flow = run(op, {flow_, as_int32(index), item}, {{"element_dtype", dtype_}, {"resize_if_index_out_of_bounds", dynamic_size_}});
  return changed(flow, item.partial_shape());
}

Tensor TensorArray::read(const Operand& index) const {
  static const Op& op = get_op("TensorListGetItem");
  return run(op, {flow_, as_int32(index), shape_tensor(element_shape_)}, {{"element_dtype", dtype_}});
}

Tensor TensorArray::stack(int64_t size) const {
  static const Op& op = get_op("TensorListStack");
  return run(op, {flow_, shape_tensor(element_shape_)}, {{"element_dtype", dtype_}, {"num_elements", size}});
}

Tensor TensorArray::gather(const Tensor& indices) const {
  static const Op& op = get_op("TensorListGather");
  return run(op, {flow_, cast(indices, int32), shape_tensor(element_shape_)}, {{"element_dtype", dtype_}});
}

Tensor TensorArray::concat() const {
  static const Op& op = get_op("TensorListConcatV2");
  return run_all(op, {flow_, shape_tensor(element_shape_), Tensor(int64, Shape({0}))}, {{"element_dtype", dtype_}})[0];
}

Tensor TensorArray::size() const {
  static const Op& op = get_op("TensorListLength");
  return run(op, {flow_});
}

TensorArray TensorArray::unstack(const Tensor& value) const {
  static const Op& op = get_op("TensorListFromTensor");
  return changed(run(op, {value, shape_tensor(element_shape_)}), row_shape(value.partial_shape()));
}

TensorArray TensorArray::scatter(const Tensor& indices, const Tensor& value) const {
  static const Op& op = get_op("TensorListScatterIntoExistingList");
  return changed(run(op, {flow_, value, cast(indices, int32)}), row_shape(value.partial_shape()));
}

TensorArray TensorArray::split(const Tensor& value, const Tensor& lengths) const {
  static const Op& op = get_op("TensorListSplit");
  return with_flow(run(op, {value, shape_tensor(element_shape_), cast(lengths, int64)}));
}

}  // namespace runnel::inline v0
