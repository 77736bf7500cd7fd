#include "runnel/autodiff/tape.h"

#include <algorithm>

#include "runnel/autodiff/continued_sums.h"
#include "runnel/autodiff/gradient_errors.h"
#include "runnel/op/gradient_context.h"
#include "runnel/ops/indexed_slices.h"
#include "runnel/ops/variable.h"

namespace runnel::inline v0 {

void Tape::watch(const Tensor& tensor) {
  if (tracked_.contains(tensor.id())) return;
  tracked_[tensor.id()] = true;
  watched_.push_back(tensor);
}

void Tape::variable_read(const Tensor& handle) {
  if (!watch_variables_ || is_tracked(handle)) return;
  watch(handle);
  auto known = [&](const Tensor& v) { return v.id() == handle.id(); };  // from before the records were dropped
  if (std::none_of(variables_.begin(), variables_.end(), known)) variables_.push_back(handle);
}

void Tape::reset() {
  drop_records();
  variables_.clear();
}

void Tape::drop_records() {
  entries_.clear();
  watched_.clear();
  tracked_.clear();
}

bool Tape::wants(std::span<const Tensor> inputs) const {
  if (tracked_.size() == 0) return false;
  for (const Tensor& t : inputs)
    if (t.dtype().is_differentiable() && is_tracked(t)) return true;
  return false;
}

bool refuses_gradient(const Op& op) {
  const char* reason = op.def().no_gradient;
  return reason && std::string_view(reason).starts_with("TensorFlow declares none");
}

void Tape::record(const Op& op, std::span<const Tensor> inputs, const Attrs& attrs, std::span<const Tensor> outputs) {
  if (!op.def().gradient && !refuses_gradient(op)) return;
  add_entry({&op, attrs, {inputs.begin(), inputs.end()}, {outputs.begin(), outputs.end()}, nullptr});
}

void Tape::record_custom(std::span<const Tensor> inputs, std::span<const Tensor> outputs, Backward backward) {
  add_entry({nullptr, {}, {inputs.begin(), inputs.end()}, {outputs.begin(), outputs.end()}, std::move(backward)});
}

void Tape::add_entry(Entry entry) {
  for (const Tensor& t : entry.outputs)
    if (t.dtype().is_differentiable()) tracked_[t.id()] = true;
  entries_.push_back(std::move(entry));
}

namespace {

Tensor ones_like(const Tensor& t) {
  static const Op& op = get_op("OnesLike");
  return run(op, {t});
}
Tensor zeros_like(const Tensor& t) {
  static const Op& op = get_op("ZerosLike");
  if (t.dtype() == resource) return run(op, {Variable::from_handle(t.is_symbolic() && t.symbol().constant ? *t.symbol().constant : t).value()});
  return run(op, {t});
}
// Constants of a graph as eager tensors: gradient functions look at the values of axes and sizes. What may be differentiated
// again stays what it is.
std::vector<Tensor> with_known_values(std::span<const Tensor> given) {
  std::vector<Tensor> tensors(given.begin(), given.end());
  for (Tensor& t : tensors)
    if (t.is_symbolic() && t.symbol().constant && (!t.dtype().is_differentiable() || t.dtype() == resource)) t = Tensor(*t.symbol().constant);
  return tensors;
}
void accumulate(Tensor& into, const Tensor& grad) {
  static const Op& add_lists = get_op("_TensorListAdd");
  if (!into) into = grad;
  else if (grad.dtype() == variant && !IndexedSlices::is_slices(grad)) into = run(add_lists, {into, grad});
  else into = add_gradients(into, grad);
}
// Passes its gradient on as it is, so slices may go through it to the Variable.
bool keeps_slices(const Op* op) {
  static const Op& read = get_op("ReadVariableOp");
  return op == &read;
}

}  // namespace

std::vector<Tensor> input_gradients(const Op& op, std::span<const Tensor> inputs, const Attrs& attrs, std::span<const Tensor> outputs,
                                    std::span<const Tensor> grads, std::span<const bool> needed) {
  if (!op.def().gradient)
    fail<LookupError>("", cat("gradient registry has no entry for: ", op.name()), {.hint = op.def().no_gradient});
  std::vector<Tensor> known = with_known_values(inputs);
  ResolvedTypes types = resolve_types(op, known, attrs);
  return op.def().gradient(GradientContext(op, known, attrs, types, outputs, grads, needed));
}

std::vector<Tensor> Tape::run_backward(const Entry& entry, std::span<const Tensor> grads, std::span<const bool> needed) const {
  if (entry.op) return input_gradients(*entry.op, entry.inputs, entry.attrs, entry.outputs, grads, needed);
  std::vector<Tensor> filled(grads.begin(), grads.end());
  for (size_t i = 0; i < filled.size(); ++i)
    if (!filled[i]) filled[i] = zeros_like(entry.outputs[i]);
  return entry.backward(filled);
}

namespace {

// A branch, a loop, a call of a function: an attribute holds the code.
bool stands_for_code(const Op& op) {
  auto is_code = [](const AttrSpec& attr) { return attr.kind == AttrSpec::kFunc || attr.kind == AttrSpec::kListFunc; };
  return op.schema().has_sequences && std::any_of(op.schema().attrs.begin(), op.schema().attrs.end(), is_code);
}

// Each tensor's sum stands at its last place among the inputs: captured tensors come behind a loop's variables.
std::vector<Tensor> sums_so_far(std::span<const Tensor> inputs, const bool* needed, PointerMap<Tensor>& grads) {
  std::vector<Tensor> out(inputs.size());
  PointerMap<bool> seen;
  for (size_t i = inputs.size(); i-- > 0;) {
    const Tensor* sum = needed[i] && !seen.contains(inputs[i].id()) ? grads.find(inputs[i].id()) : nullptr;
    seen[inputs[i].id()] = true;
    if (sum && *sum && sum->dtype() != variant) out[i] = *sum;
  }
  return out;
}

}  // namespace

std::vector<Tensor> Tape::gradient(std::span<const Tensor> targets, std::span<const Tensor> sources, std::span<const Tensor> seeds,
                                   UnconnectedGradients unconnected) {
  // Forward: which tensors depend on the sources, and which entries carry the dependence.
  PointerMap<bool> relevant;
  for (const Tensor& s : sources) relevant[s.id()] = true;
  std::vector<char> carries(entries_.size(), 0);
  for (size_t e = 0; e < entries_.size(); ++e) {
    for (const Tensor& t : entries_[e].inputs) carries[e] |= t.dtype().is_differentiable() && relevant.contains(t.id());
    if (!carries[e]) continue;
    for (const Tensor& t : entries_[e].outputs)
      if (t.dtype().is_differentiable()) relevant[t.id()] = true;
  }

  PointerMap<Tensor> grads;
  for (size_t i = 0; i < targets.size(); ++i) {
    if (!relevant.contains(targets[i].id())) continue;
    accumulate(grads[targets[i].id()], i < seeds.size() && seeds[i] ? seeds[i] : ones_like(targets[i]));
  }

  // Backward: from the last entry to the first.
  PointerMap<bool> is_source;
  for (const Tensor& s : sources) is_source[s.id()] = true;
  for (size_t e = entries_.size(); e-- > 0;) {
    if (!carries[e]) continue;
    const Entry& entry = entries_[e];
    std::vector<Tensor> out_grads;
    bool any = false;
    for (const Tensor& t : entry.outputs) {
      Tensor* g = grads.find(t.id());
      out_grads.push_back(!g ? Tensor() : keeps_slices(entry.op) ? *g : dense(*g));
      any |= bool(out_grads.back());
      if (g && !is_source.contains(t.id())) *g = Tensor();  // not needed again: its memory is free
    }
    if (!any) continue;
    std::unique_ptr<bool[]> needed(new bool[entry.inputs.size()]);
    for (size_t i = 0; i < entry.inputs.size(); ++i)
      needed[i] = entry.inputs[i].dtype().is_differentiable() && relevant.contains(entry.inputs[i].id());
    ContinuedSums sums(entry.op && stands_for_code(*entry.op) ? sums_so_far(entry.inputs, needed.get(), grads) : std::vector<Tensor>());
    std::vector<Tensor> in_grads = run_backward(entry, out_grads, {needed.get(), entry.inputs.size()});
    RUNNEL_ASSERT(in_grads.size() == entry.inputs.size());
    for (size_t i = 0; i < in_grads.size(); ++i)
      if (sums.taken(i)) grads[entry.inputs[i].id()] = in_grads[i];
    for (size_t i = 0; i < in_grads.size(); ++i)
      if (needed[i] && in_grads[i] && !sums.taken(i)) accumulate(grads[entry.inputs[i].id()], in_grads[i]);
  }

  std::vector<Tensor> out;
  for (const Tensor& s : sources) {
    Tensor* g = grads.find(s.id());
    out.push_back(g && *g ? (KeepSlices::active() ? *g : dense(*g)) : unconnected == UnconnectedGradients::kZero ? zeros_like(s) : Tensor());
  }
  return out;
}

}  // namespace runnel::inline v0
