#include "runnel/op/shape_check.h"

#include <cstdlib>

#include "runnel/op/gradient_context.h"
#include "runnel/op/shape_inference.h"

namespace runnel::inline v0 {

namespace {

enum class Hidden { kNothing, kSizes, kRanks };

/// The inputs as a trace would see them: no data, and as much of the shape as `hidden` leaves.
std::vector<Tensor> veil(std::span<const Tensor> inputs, Hidden hidden, const Ref<ShapeTracer>& tracer) {
  std::vector<Tensor> out;
  for (const Tensor& input : inputs) {
    if (hidden == Hidden::kNothing) {
      out.push_back(input);
      continue;
    }
    PartialShape shape = hidden == Hidden::kSizes ? PartialShape::unknown_dims(input.rank()) : PartialShape::unknown_rank();
    out.push_back(tracer->placeholder(input.dtype(), shape));
  }
  return out;
}

const char* name_of(Hidden hidden) {
  return hidden == Hidden::kNothing ? "known shapes" : hidden == Hidden::kSizes ? "unknown sizes" : "unknown ranks";
}

void check(const Op& op, std::span<const Tensor> inputs, const Attrs& attrs, std::span<const Tensor> outputs, Hidden hidden) {
  auto tracer = make_ref<ShapeTracer>();
  std::vector<PartialShape> inferred;
  try {
    inferred = infer_shapes(op, veil(inputs, hidden, tracer), attrs, int(outputs.size()));
  } catch (const std::exception& error) {
    fail<errors::InternalError>(op.name(), cat("the shape function throws with ", name_of(hidden), ": ", error.what()));
  }
  for (size_t i = 0; i < outputs.size(); ++i)
    if (!inferred[i].is_compatible_with(outputs[i].partial_shape()))
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
    for (Hidden hidden : {Hidden::kNothing, Hidden::kSizes, Hidden::kRanks}) check(op, inputs, attrs, outputs, hidden);
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
