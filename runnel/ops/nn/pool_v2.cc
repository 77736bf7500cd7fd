// MaxPoolV2 and its gradient operators: MaxPool's, with the window and the strides as inputs.
#include "runnel/op/gradient_context.h"
#include "runnel/ops/array.h"
#include "runnel/ops/nn/delegate.h"
#include "runnel/ops/nn/pool.h"

namespace runnel::inline v0 {

namespace {

using List = std::vector<int64_t>;

Delegate with_window(const char* name, const AttrReader& c, const Dims& ksize, const Dims& strides) {
  return {name, c.type("T"),
          {{"ksize", List(ksize.begin(), ksize.end())},
           {"strides", List(strides.begin(), strides.end())},
           {"padding", c.string_attr("padding")},
           {"data_format", c.string_attr("data_format")}}};
}

Dims ints_of(const Tensor& t) {
  Dims out;
  for (int64_t i = 0; i < t.num_elements(); ++i) out.push_back(t.data<int32_t>()[i]);
  return out;
}

template <const char* const& kName>
void kernel(OpContext& c) {
  int n = c.num_inputs() - 2;
  Delegate pool = with_window(kName, c, ints_of(c.input(n)), ints_of(c.input(n + 1)));
  c.set_output(0, pool.run(c.inputs().first(size_t(n))));
}

// Like the first input, or like what MaxPool makes of it.
void same_shape(ShapeContext& c) { c.set_output(0, c.with_rank(0, 4)); }
void pooled_shape(ShapeContext& c) {
  Dims ksize, strides;
  int n = c.num_inputs() - 2;
  if (!c.constant_ints(n, ksize) || !c.constant_ints(n + 1, strides)) return c.set_output(0, PartialShape::unknown_dims(4));
  c.set_output(0, pool_geometry(with_window("MaxPool", c, ksize, strides).reader(), 2, c.input(0)).output());
}

constexpr const char *kForward = "MaxPool", *kGrad = "MaxPoolGrad", *kGradGrad = "MaxPoolGradGrad";

Tensor gradient_call(const GradientContext& c, const char* op, const Tensor& output) {
  int n = op == std::string_view("MaxPoolGradV2") && c.num_inputs() == 3 ? 1 : 3;
  return run(get_op(op), {c.input(0), output, c.grad(), c.input(n), c.input(n + 1)},
             {{"padding", c.string_attr("padding")}, {"data_format", c.string_attr("data_format")}});
}
std::vector<Tensor> gradient(const GradientContext& c) {
  return {gradient_call(c, "MaxPoolGradV2", c.output()), Tensor(), Tensor()};
}
// Where the largest elements are is taken as fixed.
template <const char* const& kOp>
std::vector<Tensor> gradient_of_gradient(const GradientContext& c) {
  auto zeros = [&](int i) { return c.needs(i) ? zeros_like(c.input(i)) : Tensor(); };
  return {zeros(0), zeros(1), gradient_call(c, kOp, c.input(1)), Tensor(), Tensor()};
}
constexpr const char *kGradV2 = "MaxPoolGradV2", *kGradGradV2 = "MaxPoolGradGradV2";

#define ATTRS "padding: {'SAME', 'VALID'}; data_format: {'NHWC', 'NCHW'} = 'NHWC'; " \
              "T: {float, double, int32, uint8, int16, int8, int64, bfloat16, uint16, half, uint32, uint64}"
constexpr const char* kGradInputs = "orig_input: T, orig_output: T, grad: T, ksize: int32, strides: int32 -> output: T";

/// MaxPoolGradV2: MaxPoolGrad whose window and strides are tensors.
/// MaxPoolGradGradV2: MaxPoolGradGrad whose window and strides are tensors.
constexpr OpDef kOps[] = {
    {.name = "MaxPoolV2", .signature = "input: T, ksize: int32, strides: int32 -> output: T", .attrs = ATTRS " = float",
     .shape = pooled_shape, .gradient = gradient, .kernel = kernel<kForward>},
    {.name = kGradV2, .signature = kGradInputs, .attrs = ATTRS " = float", .shape = same_shape,
     .gradient = gradient_of_gradient<kGradGradV2>, .kernel = kernel<kGrad>},
    {.name = kGradGradV2, .signature = kGradInputs, .attrs = ATTRS, .shape = pooled_shape,
     .gradient = gradient_of_gradient<kGradV2>, .kernel = kernel<kGradGrad>},
};

}  // namespace
RUNNEL_OPS(nn_pool_v2, kOps)

}  // namespace runnel::inline v0
