#include "runnel/graph/concrete_function.h"

#include "runnel/base/error.h"
#include "runnel/graph/explain.h"
#include "runnel/graph/graph_trace.h"
#include "runnel/graph/shapes.h"

namespace runnel::inline v0 {

ConcreteFunction::ConcreteFunction(Ref<GraphFunction> function, std::vector<Argument> arguments, std::vector<Tensor> captures)
    : function_(std::move(function)), arguments_(std::move(arguments)), captures_(std::move(captures)) {
  for (const Tensor& t : captures_)  // what only stands for a shape (in Keras, say) never gets a value
    if (t.is_symbolic() && !dynamic_cast<Graph*>(t.symbol().graph.get())) function_->graph().fail_out_of_scope(t);
  for (const Variable& v : variables())
    if (v.trainable()) trainable_.push_back(v.handle());
}

std::vector<Variable> ConcreteFunction::variables() const {
  std::vector<Variable> out;
  for (const Tensor& t : captures_) {
    const Tensor* handle = t.is_symbolic() ? t.symbol().constant : &t;
    if (!handle || handle->dtype() != resource) continue;
    if (std::optional<Variable> v = Variable::try_from_handle(*handle)) out.push_back(*v);
  }
  return out;
}

std::vector<Tensor> ConcreteFunction::call_unchecked(std::vector<Tensor> arguments) const {
  graph_trace::note(function_);
  for (const Tensor& handle : trainable_) note_variable_read(handle);
  arguments.insert(arguments.end(), captures_.begin(), captures_.end());
  return call_function(function_, std::move(arguments));
}

std::vector<Tensor> ConcreteFunction::operator()(std::vector<Tensor> arguments) const {
  check(arguments);
  return call_unchecked(std::move(arguments));
}

void ConcreteFunction::check(std::span<const Tensor> given) const {
  const std::string& name = function_->name();
  if (given.size() != arguments_.size())
    fail<TypeError>("", cat(name, " takes ", arguments_.size(), " arguments but ", given.size(), " were given"));
  for (size_t i = 0; i < given.size(); ++i) {
    const Argument& a = arguments_[i];
    if (given[i].dtype() != a.dtype)
      fail<errors::InvalidArgumentError>("", cat("cannot compute ", name, " as input #", i, "(zero-based) was expected to be a ",
                                                 a.dtype.short_name(), " tensor but is a ", given[i].dtype().short_name(), " tensor [Op:", name, "]"));
    if (!a.shape.is_compatible_with(given[i].partial_shape()))
      fail<errors::InvalidArgumentError>(name, cat("the argument ", a.name, " has another shape"),
                                         {.got = to_text(given[i].partial_shape()), .expected = to_text(a.shape)});
  }
}

namespace {

bool same_dtypes(std::span<const Argument> a, std::span<const Argument> b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i)
    if (a[i].dtype != b[i].dtype) return false;
  return true;
}

bool same_shapes(std::span<const Argument> a, std::span<const Argument> b) {
  for (size_t i = 0; i < a.size(); ++i)
    if (!(a[i].shape == b[i].shape)) return false;
  return true;
}

}  // namespace

bool ConcreteFunction::accepts(std::span<const Argument> given) const {
  if (!same_dtypes(given, arguments_)) return false;
  for (size_t i = 0; i < given.size(); ++i)
    if (!is_narrower(given[i].shape, arguments_[i].shape)) return false;
  return true;
}

// The trace of exactly these shapes, else the latest one that accepts them: later ones are more relaxed.
Ref<ConcreteFunction> TraceCache::find(const std::string& structure, std::span<const Argument> arguments) const {
  Ref<ConcreteFunction> found;
  for (const Trace& t : traces_) {
    if (t.structure != structure || !t.function->accepts(arguments)) continue;
    found = t.function;
    if (same_shapes(arguments, t.function->arguments())) break;
  }
  return found;
}

void TraceCache::relax(const std::string& structure, std::vector<Argument>& arguments) const {
  for (const Trace& t : traces_) {
    if (t.structure != structure || !same_dtypes(arguments, t.function->arguments())) continue;
    for (size_t i = 0; i < arguments.size(); ++i) arguments[i].shape = common_shape(arguments[i].shape, t.function->arguments()[i].shape);
  }
}

std::string TraceCache::cause(const std::string& structure, std::span<const Argument> arguments) const {
  if (traces_.empty()) return "the first call";
  for (const Trace& t : traces_) {
    if (t.structure != structure) continue;
    const std::vector<Argument>& old = t.function->arguments();
    for (size_t i = 0; i < arguments.size() && i < old.size(); ++i) {
      if (arguments[i].dtype != old[i].dtype) return cat("argument ", arguments[i].name, " has dtype ", arguments[i].dtype, " instead of ", old[i].dtype);
      if (!(arguments[i].shape == old[i].shape))
        return cat("argument ", arguments[i].name, " has shape ", to_text(arguments[i].shape), " instead of ", to_text(old[i].shape));
    }
  }
  return "another structure of arguments, or other values of arguments that are no tensors";
}

Ref<ConcreteFunction> TraceCache::trace(std::span<const Argument> arguments, Body body, bool allow_variables, bool& created) {
  auto graph = make_ref<FuncGraph>(unique_function_name("__inference_" + options_.name));
  graph->allow_variables = allow_variables;
  graph->relaxed = options_.jit_compile;
  TraceScope scope(*graph);
  std::vector<Tensor> inputs;
  for (const Argument& a : arguments) inputs.push_back(graph->add_input(a.dtype, a.shape, a.name));
  Traced traced = finish_trace(graph, body(inputs));
  created = graph->created_variables();
  return make_ref<ConcreteFunction>(traced.function(), std::vector<Argument>(arguments.begin(), arguments.end()), traced.captures);
}

Ref<ConcreteFunction> TraceCache::find_or_trace(const std::string& structure, std::vector<Argument> arguments, Body body,
                                               std::shared_ptr<void> results) {
  std::lock_guard lock(mutex_);
  if (Ref<ConcreteFunction> found = find(structure, arguments)) return found;
  std::string why = cause(structure, arguments);
  if (options_.reduce_retracing) relax(structure, arguments);
  bool created = false;
  Ref<ConcreteFunction> function = trace(arguments, body, traces_.empty(), created);
  if (created) function = trace(arguments, body, false, created);
  function->cause = why;
  function->results = std::move(results);
  traces_.push_back({structure, function});
  return function;
}

int TraceCache::count() const {
  std::lock_guard lock(mutex_);
  return int(traces_.size());
}

std::string TraceCache::explain() const {
  std::lock_guard lock(mutex_);
  std::string out = cat("function ", options_.name, ": ", traces_.size(), traces_.size() == 1 ? " trace\n" : " traces\n");
  for (size_t i = 0; i < traces_.size(); ++i) {
    const ConcreteFunction& f = *traces_[i].function;
    out += cat("trace ", i + 1, ": ", f.cause, "\n");
    for (const Argument& a : f.arguments()) out += cat("  ", a.name, ": ", a.dtype, " ", to_text(a.shape), "\n");
    out += explain_program(*f.function());
  }
  return out;
}

}  // namespace runnel::inline v0
