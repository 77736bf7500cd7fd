#include "runnel/data/walk.h"

#include "runnel/data/late.h"

#include <mutex>
#include <set>

#include "runnel/base/error.h"
#include "runnel/base/stop.h"
#include "runnel/graph/control/host_call.h"
#include "runnel/graph/control_flow.h"
#include "runnel/graph/graph.h"
#include "runnel/graph/graph_function.h"
#include "runnel/graph/shapes.h"
#include "runnel/ops/array.h"

namespace runnel::inline v0::data {

namespace {

struct OpenWalks {
  std::mutex mutex;
  std::set<OpenWalk*> all;
};
OpenWalks& open_walks() {
  static auto& walks = *new OpenWalks;
  return walks;
}

OpenWalk::Guard& guard() {
  static auto& set = *new OpenWalk::Guard;
  return set;
}

}  // namespace

void OpenWalk::set_guard(Guard set) { guard() = std::move(set); }

OpenWalk::OpenWalk(Ref<IteratorBody> body) : body_(guard() ? guard()(std::move(body)) : std::move(body)) {
  std::lock_guard lock(open_walks().mutex);
  open_walks().all.insert(this);
}
OpenWalk::~OpenWalk() {
  std::lock_guard lock(open_walks().mutex);
  open_walks().all.erase(this);
}

bool OpenWalk::next(Nest& element) {
  Ref<IteratorBody> body;  // kept for this step: end_all() may come from another thread
  {
    std::lock_guard lock(open_walks().mutex);
    body = body_;
  }
  return body && body->next(element);
}

void OpenWalk::end_all() {
  std::vector<Ref<IteratorBody>> bodies;  // they go when the lock has gone: a walk may hold another one
  std::lock_guard lock(open_walks().mutex);
  for (OpenWalk* walk : open_walks().all) bodies.push_back(std::move(walk->body_));
}

Tensor OpenWalk::to_variant() {
  Tensor out(variant, Shape());
  *static_cast<ResourceRef*>(out.mutable_raw()) = Ref<RefCounted>(this);
  return out;
}

namespace {

OpenWalk& walk_of(const Tensor& tensor) {
  if (tensor.dtype() == variant && tensor.rank() == 0)
    if (auto* walk = dynamic_cast<OpenWalk*>(static_cast<const ResourceRef*>(tensor.raw())->get())) return *walk;
  fail<errors::InvalidArgumentError>("Dataset", "the tensor is no walk through a dataset", {.got = to_text(tensor)});
}

// Unknown sizes are 0 then.
Tensor zeros_like_spec(const Tensor& spec) {
  Dims dims;
  PartialShape shape = spec.partial_shape();
  for (int i = 0; shape.has_rank() && i < shape.rank(); ++i) dims.push_back(std::max<int64_t>(shape[i], 0));
  return spec.dtype() == variant ? Tensor(variant, Shape(dims)) : zeros(Shape(dims), spec.dtype());
}

Ref<HostFunction> host_function(const char* name, std::vector<DType> outputs, HostFunction::Body body) {
  auto f = make_ref<HostFunction>();
  f->name = name;
  f->outputs = std::move(outputs);
  f->body = std::move(body);
  return f;
}

}  // namespace

Tensor start_walk(const Dataset& dataset) {
  bool is_late = !dataset.body()->late().empty();
  auto begin = [known = is_late ? Dataset() : dataset](std::vector<Tensor> inputs) {
    Dataset from = known ? known : Dataset::from_variant(inputs[0]);
    return std::vector{make_ref<OpenWalk>(from.iterator())->to_variant()};
  };
  std::vector<Tensor> inputs;
  if (is_late) inputs.push_back(dataset_tensor(dataset));
  Tensor walk = host_call(host_function("start_walk", {variant}, begin), inputs)[0];
  if (walk.is_symbolic()) refine_shape(walk, PartialShape());
  return walk;
}

namespace {

std::vector<Tensor> with_shapes(std::vector<Tensor> tensors, const std::vector<Tensor>& specs) {
  for (size_t i = 0; i < tensors.size(); ++i)
    if (tensors[i].is_symbolic()) refine_shape(tensors[i], specs[i].partial_shape());
  return tensors;
}
std::vector<DType> dtypes_of(const std::vector<Tensor>& specs) {
  std::vector<DType> out;
  for (const Tensor& spec : specs) out.push_back(spec.dtype());
  return out;
}

}  // namespace

std::vector<Tensor> advance_walk(const Tensor& walk, const Nest& element_spec) {
  std::vector<Tensor> specs = element_spec.flatten();
  specs.insert(specs.begin(), spec(bool_, PartialShape()));
  auto take = [specs](std::vector<Tensor> inputs) {
    Nest element;
    bool found = walk_of(inputs[0]).next(element);
    std::vector<Tensor> out;
    if (found) out = element.flatten();
    else
      for (const Tensor& spec : std::span(specs).subspan(1)) out.push_back(zeros_like_spec(spec));
    out.insert(out.begin(), Tensor::scalar(found));
    return out;
  };
  return with_shapes(host_call(host_function("advance_walk", dtypes_of(specs), take), {walk}), specs);
}

std::vector<Tensor> next_of_walk(const Tensor& walk, const Nest& element_spec) {
  std::vector<Tensor> specs = element_spec.flatten();
  auto take = [](std::vector<Tensor> inputs) {
    Nest element;
    if (!walk_of(inputs[0]).next(element)) fail<errors::OutOfRangeError>("", "End of sequence");
    return element.flatten();
  };
  return with_shapes(host_call(host_function("next_of_walk", dtypes_of(specs), take), {walk}), specs);
}

namespace {

using ReduceFunction = std::function<Nest(const Nest&, const Nest&)>;

std::vector<Argument> arguments_like(const std::vector<Tensor>& tensors) {
  std::vector<Argument> out;
  for (const Tensor& t : tensors) out.push_back({t.dtype(), t.partial_shape(), "args"});
  return out;
}

// The shapes of the state in all steps: traces of f tell which sizes change, and those are unknown. The loop checks the rest.
std::vector<PartialShape> shapes_of_state(const Nest& initial_state, const Nest& element_spec, const ReduceFunction& f) {
  std::vector<Argument> arguments = arguments_like(initial_state.flatten()), more = arguments_like(element_spec.flatten());
  const size_t count = arguments.size();
  arguments.insert(arguments.end(), more.begin(), more.end());
  auto body = [&](const std::vector<Tensor>& now) {
    auto element = now.begin() + std::ptrdiff_t(count);
    return f(initial_state.pack({now.begin(), element}), element_spec.pack({element, now.end()})).flatten();
  };
  for (bool changed = true; changed;) {
    changed = false;
    Traced traced = trace_function(unique_function_name("reduce"), arguments, body);
    for (size_t i = 0; i < std::min(count, traced.outputs.size()); ++i) {
      const PartialShape& made = traced.outputs[i].node->shapes[size_t(traced.outputs[i].output)];
      if (is_narrower(made, arguments[i].shape)) continue;
      arguments[i].shape = common_shape(arguments[i].shape, made);
      changed = true;
    }
  }
  std::vector<PartialShape> out;
  for (size_t i = 0; i < count; ++i) out.push_back(arguments[i].shape);
  return out;
}

// The loop's variables: whether there is an element, its tensors, the state's.
Nest reduce_in_graph(const Dataset& dataset, const Nest& initial_state, const ReduceFunction& f) {
  Nest spec = dataset.element_spec();
  WhileOptions options{.shape_invariants = shapes_of_state(initial_state, spec, f)};
  Tensor walk = start_walk(dataset);
  std::vector<Tensor> variables = advance_walk(walk, spec), state = initial_state.flatten();
  auto first_state = std::ptrdiff_t(variables.size());
  for (size_t i = 0; i < variables.size(); ++i)
    options.shape_invariants.insert(options.shape_invariants.begin() + std::ptrdiff_t(i), variables[i].partial_shape());
  variables.insert(variables.end(), state.begin(), state.end());
  auto step = [&](const std::vector<Tensor>& now) {
    Nest old = initial_state.pack({now.begin() + first_state, now.end()});
    Nest changed = f(old, spec.pack({now.begin() + 1, now.begin() + first_state}));
    std::vector<Tensor> next = advance_walk(walk, spec), values = changed.flatten();
    next.insert(next.end(), values.begin(), values.end());
    return next;
  };
  std::vector<Tensor> last = while_loop([](const std::vector<Tensor>& now) { return now[0]; }, step, variables, options);
  return initial_state.pack({last.begin() + first_state, last.end()});
}

}  // namespace

Nest Dataset::reduce(const Nest& initial_state, const std::function<Nest(const Nest&, const Nest&)>& f) const {
  if (current_graph()) return reduce_in_graph(*this, initial_state, f);
  Nest state = initial_state;
  for (const Nest& element : *this) {
    poll_stop();
    state = f(state, element);
  }
  return state;
}

}  // namespace runnel::inline v0::data
