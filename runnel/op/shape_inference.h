// The shapes that an operator's outputs would have, without running it.
#pragma once

#include <deque>

#include "runnel/op/context.h"
#include "runnel/op/partial_value.h"

namespace runnel::inline v0 {

/// Unknown rank for every output of an operator whose shapes only its data tells.
std::vector<PartialShape> infer_shapes(const Op& op, std::span<const Tensor> inputs, const Attrs& attrs, int outputs);

/// Runs nothing: every operator answers with symbolic tensors of the inferred shapes.
///   ShapeTracer tracer;  Scoped guard(thread_context().tracer, tracer.as_tracer());  ... tracer.placeholder(float32, {-1, 3})
class ShapeTracer : public RefCounted, public Tracer, public KeepsPartialValues {
 public:
  /// `value`: what is known of the elements.
  Tensor placeholder(DType dtype, const PartialShape& shape, const Tensor& value = Tensor());
  void trace(const Op& op, std::span<const Tensor> inputs, const Attrs& attrs, std::span<const DType> dtypes,
             std::span<Tensor> outputs) override;
  const Tensor* known_part(const detail::Symbol& symbol) const override;

 private:
  std::deque<Tensor> values_;  // of the symbols that have one, by their number less 1
};

}  // namespace runnel::inline v0
