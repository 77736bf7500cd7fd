#include "runnel/op/shape_inference.h"

#include "runnel/op/gradient_context.h"

namespace runnel::inline v0 {

std::vector<PartialShape> infer_shapes(const Op& op, std::span<const Tensor> inputs, const Attrs& attrs, int outputs) {
  ResolvedTypes types = resolve_types(op, inputs, attrs);
  ShapeContext context(op, inputs, attrs, types, outputs);
  if (op.def().shape) op.def().shape(context);
  return std::move(context.outputs());
}

Tensor ShapeTracer::placeholder(DType dtype, const PartialShape& shape, const Tensor& value) {
  detail::Symbol symbol{.graph = Ref<RefCounted>(this), .shape = shape};
  if (value) {
    values_.push_back(value);
    symbol.output = int(values_.size());
    if (is_complete(value)) symbol.constant = &values_.back();
  }
  return Tensor::symbolic(dtype, std::move(symbol));
}

const Tensor* ShapeTracer::known_part(const detail::Symbol& symbol) const {
  return symbol.output > 0 ? &values_[size_t(symbol.output - 1)] : nullptr;
}

void ShapeTracer::trace(const Op& op, std::span<const Tensor> inputs, const Attrs& attrs, std::span<const DType> dtypes,
                        std::span<Tensor> outputs) {
  std::vector<PartialShape> shapes = infer_shapes(op, inputs, attrs, int(dtypes.size()));
  std::vector<Tensor> values = infer_values(op, inputs, attrs, dtypes, shapes);
  values.resize(outputs.size());
  for (size_t i = 0; i < outputs.size(); ++i) outputs[i] = placeholder(dtypes[i], shapes[i], values[i]);
}

}  // namespace runnel::inline v0
