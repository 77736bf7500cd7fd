#include "runnel/op/shape_inference.h"

#include "runnel/op/gradient_context.h"

namespace runnel::inline v0 {

std::vector<PartialShape> infer_shapes(const Op& op, std::span<const Tensor> inputs, const Attrs& attrs, int outputs) {
  ResolvedTypes types = resolve_types(op, inputs, attrs);
  ShapeContext context(op, inputs, attrs, types, outputs);
  if (op.def().shape) op.def().shape(context);
  return std::move(context.outputs());
}

namespace {
thread_local const KnownSizes* sizes_of_caller = nullptr;
}

const KnownSizes* known_sizes() { return sizes_of_caller; }

std::vector<PartialShape> infer_shapes(const Op& op, std::span<const Tensor> inputs, const Attrs& attrs, int outputs, const KnownSizes& sizes) {
  Scoped scope(sizes_of_caller, &sizes);
  return infer_shapes(op, inputs, attrs, outputs);
}

Tensor ShapeTracer::placeholder(DType dtype, const PartialShape& shape) {
  return Tensor::symbolic(dtype, {.graph = Ref<RefCounted>(this), .shape = shape});
}

void ShapeTracer::trace(const Op& op, std::span<const Tensor> inputs, const Attrs& attrs, std::span<const DType> dtypes,
                        std::span<Tensor> outputs) {
  std::vector<PartialShape> shapes = infer_shapes(op, inputs, attrs, int(dtypes.size()));
  for (size_t i = 0; i < outputs.size(); ++i) outputs[i] = placeholder(dtypes[i], shapes[i]);
}

}  // namespace runnel::inline v0
