#include "runnel/graph/control/host_call.h"

#include "runnel/base/error.h"
#include "runnel/op/context.h"
#include "runnel/op/gradient_context.h"

namespace runnel::inline v0 {

namespace {

const HostFunction& host_function(const AttrReader& c) { return static_cast<const HostFunction&>(*c.attr<FunctionAttr>("f").function); }

void host_shape(ShapeContext&) {}

void host_kernel(OpContext& c) {
  const HostFunction& f = host_function(c);
  std::vector<Tensor> results = f.body({c.inputs().begin(), c.inputs().end()});
  if (results.size() != f.outputs.size())
    c.invalid(cat(f.name, " returned ", results.size(), " values, but expects to see ", f.outputs.size(), " values."));
  for (size_t i = 0; i < results.size(); ++i) {
    if (results[i].dtype() != f.outputs[i])
      c.invalid(cat("the ", i, "-th value returned by ", f.name, " is ", results[i].dtype(), ", but expects ", f.outputs[i]));
    c.set_output(int(i), results[i].alias());
  }
}

std::vector<Tensor> host_gradient(const GradientContext& c) {
  const HostFunction& f = host_function(c);
  std::vector<Tensor> out(size_t(c.num_inputs()));
  if (!f.gradient) return out;
  std::vector<Tensor> inputs(c.inputs().begin(), c.inputs().end());
  for (int i = 0; i < c.num_outputs(); ++i)
    if (c.output(i).dtype().is_differentiable()) inputs.push_back(c.grad(i));
  std::vector<Tensor> grads = host_call(f.gradient, inputs);
  size_t next = 0;
  for (size_t i = 0; i < out.size(); ++i)
    if (c.input(int(i)).dtype().is_differentiable() && next < grads.size()) out[i] = grads[next++];
  return out;
}

constexpr const char* kSignature = "input: list(Tin) -> output: list(Tout)";
constexpr const char* kAttrs = "Tin: list(type); Tout: list(type); f: func";

constexpr OpDef kOps[] = {
    {.name = "_HostCall", .signature = kSignature, .attrs = kAttrs, .shape = host_shape, .gradient = host_gradient, .kernel = host_kernel,
     .traits = {.stateful = true}},
    {.name = "_HostCallStateless", .signature = kSignature, .attrs = kAttrs, .shape = host_shape, .gradient = host_gradient,
     .kernel = host_kernel},
};

}  // namespace
RUNNEL_OPS(control_host_call, kOps)

std::vector<Tensor> host_call(const Ref<HostFunction>& f, const std::vector<Tensor>& inputs) {
  static const Op &stateful = get_op("_HostCall"), &stateless = get_op("_HostCallStateless");
  std::vector<DType> types;
  for (const Tensor& t : inputs) types.push_back(t.dtype());
  Attrs attrs{{"Tin", types}, {"Tout", f->outputs}, {"f", FunctionAttr{f->name, f}}};
  return run_all(f->stateful ? stateful : stateless, inputs, attrs);
}

}  // namespace runnel::inline v0
