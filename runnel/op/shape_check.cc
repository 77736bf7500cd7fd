#include "runnel/op/shape_check.h"

#include <cstdlib>

#include "runnel/core/named_size.h"
#include "runnel/op/gradient_context.h"
#include "runnel/op/shape_inference.h"

namespace runnel::inline v0 {

namespace {

enum class Hidden { kNothing, kSizes, kNames, kRanks };

// The sizes of all inputs have names: 1, 2, ... Integers are shown, because shapes depend on them.
Tensor named(const Tensor& input, Dims& sizes, ShapeTracer& tracer) {
  if (input.dtype().is_integer() && input.dtype().size() >= 4) return input;
  PartialShape shape = input.shape();
  for (int i = 0; i < input.rank(); ++i) {
    sizes.push_back(input.dim(i));
    shape.set_dim(i, named_size(sizes.size()));
  }
  return tracer.placeholder(input.dtype(), shape);
}

/// The inputs as a trace would see them: no data, and as much of the shape as `hidden` leaves.
std::vector<Tensor> veil(std::span<const Tensor> inputs, Hidden hidden, const Ref<ShapeTracer>& tracer, Dims& sizes) {
  std::vector<Tensor> out;
  for (const Tensor& input : inputs) {
    if (hidden == Hidden::kNothing || hidden == Hidden::kNames) {
      out.push_back(hidden == Hidden::kNothing ? input : named(input, sizes, *tracer));
      continue;
    }
    PartialShape shape = hidden == Hidden::kSizes ? PartialShape::unknown_dims(input.rank()) : PartialShape::unknown_rank();
    out.push_back(tracer->placeholder(input.dtype(), shape));
  }
  return out;
}

const char* name_of(Hidden hidden) {
  constexpr const char* kNames[] = {"known shapes", "unknown sizes", "named sizes", "unknown ranks"};
  return kNames[int(hidden)];
}

// The shape with the sizes that its names stand for.
PartialShape unnamed(PartialShape shape, const Dims& sizes) {
  for (int i = 0; i < shape.rank(); ++i)
    if (is_named(shape[i])) {
      SizeName size = name_of_size(shape[i]);
      shape.set_dim(i, size.factor * sizes[int(size.name) - 1]);
    }
  return shape;
}

void check(const Op& op, std::span<const Tensor> inputs, const Attrs& attrs, std::span<const Tensor> outputs, Hidden hidden) {
  auto tracer = make_ref<ShapeTracer>();
  std::vector<PartialShape> inferred;
  Dims sizes;
  try {
    inferred = infer_shapes(op, veil(inputs, hidden, tracer, sizes), attrs, int(outputs.size()));
  } catch (const std::exception& error) {
    fail<errors::InternalError>(op.name(), cat("the shape function throws with ", name_of(hidden), ": ", error.what()));
  }
  for (size_t i = 0; i < outputs.size(); ++i)
    if (!unnamed(inferred[i], sizes).is_compatible_with(outputs[i].partial_shape()))
      fail<errors::InternalError>(op.name(), cat("the shape function is wrong with ", name_of(hidden), ", output ", i),
                                  {.got = to_text(inferred[i]), .expected = to_text(outputs[i].partial_shape())});
}

class ShapeChecker : public Recorder {
 public:
  bool wants(std::span<const Tensor>) const override { return true; }
  void record(const Op& op, std::span<const Tensor> inputs, const Attrs& attrs, std::span<const Tensor> outputs) override {
    if (!op.def().shape) return;
    for (const Tensor& output : outputs)
      if (!output || output.is_symbolic()) return;
    for (Hidden hidden : {Hidden::kNothing, Hidden::kSizes, Hidden::kNames, Hidden::kRanks}) check(op, inputs, attrs, outputs, hidden);
  }
  void record_custom(std::span<const Tensor>, std::span<const Tensor>, Backward) override {}
  void variable_read(const Tensor&) override {}
  int order() const override { return 0; }
};

}  // namespace

std::vector<Recorder*> initial_recorders() {
  static ShapeChecker checker;
  static const bool on = [] {
    const char* text = std::getenv("RUNNEL_CHECK_SHAPES");
    return text && *text == '1';
  }();
  return on ? std::vector<Recorder*>{&checker} : std::vector<Recorder*>{};
}

}  // namespace runnel::inline v0
