#include "runnel/graph/traces.h"

#include <unordered_map>

#include "runnel/base/error.h"
#include "runnel/graph/concrete_function.h"
#include "runnel/graph/explain.h"

namespace runnel::inline v0 {

std::string structure_text(const Nest& nest) {
  if (!nest) return "N";
  if (nest.is_tensor()) return "T";
  std::string out = nest.is_dict() ? "{" : nest.is_tuple() ? "(" : "[";
  if (nest.is_dict())
    for (const auto& [key, item] : nest.dict()) out += cat(key, ":", structure_text(item), ",");
  else
    for (const Nest& item : nest.list()) out += structure_text(item);
  return out + (nest.is_dict() ? "}" : nest.is_tuple() ? ")" : "]");
}

struct Traces::Result {
  Ref<ConcreteFunction> function;
  Nest structure;
};

struct Traces::State {
  State(const std::string& name, std::vector<TensorSpec> signature, bool reduce_retracing, bool jit_compile)
      : cache({.name = name, .reduce_retracing = reduce_retracing, .jit_compile = jit_compile}), signature(std::move(signature)) {}
  TraceCache cache;
  std::vector<TensorSpec> signature;
  std::mutex mutex;
  std::unordered_map<std::string, std::shared_ptr<Result>> known;  // by structure, dtypes and shapes
};

Traces::Traces(const std::string& name, std::vector<TensorSpec> signature, bool reduce_retracing, bool jit_compile)
    : state_(std::make_unique<State>(name, std::move(signature), reduce_retracing, jit_compile)) {}
Traces::~Traces() = default;

namespace {

void append_bytes(std::string& key, int64_t value) { key.append(reinterpret_cast<const char*>(&value), sizeof value); }

std::string key_of(const FlatArguments& arguments) {
  std::string key = arguments.structure;
  for (const Tensor& t : arguments.tensors) {
    key += char(t.dtype().code());
    PartialShape shape = t.partial_shape();
    key += char(shape.has_rank() ? shape.rank() : -1);
    for (int64_t dim : shape) append_bytes(key, dim);
  }
  return key;
}

std::vector<Argument> arguments_of(const std::vector<Tensor>& tensors, const std::vector<TensorSpec>& signature) {
  std::vector<Argument> out;
  if (!signature.empty() && signature.size() != tensors.size())
    fail<TypeError>("function", "another number of tensors than the input_signature has",
                    {.got = to_text(tensors.size()), .expected = to_text(signature.size())});
  for (size_t i = 0; i < tensors.size(); ++i) {
    Argument a{tensors[i].dtype(), tensors[i].partial_shape(), cat("arg_", i)};
    if (!signature.empty()) {
      const TensorSpec& spec = signature[i];
      if (spec.dtype != a.dtype || !spec.shape.is_compatible_with(a.shape))
        fail<TypeError>("", cat("Binding inputs to tf.function failed due to `Can not cast TensorSpec(shape=", to_text(a.shape), ", dtype=tf.",
                                a.dtype, ", name=None) to TensorSpec(shape=", to_text(spec.shape), ", dtype=tf.", spec.dtype, ", name=None)`"));
      a = {spec.dtype, spec.shape, spec.name.empty() ? a.name : spec.name};
    }
    out.push_back(std::move(a));
  }
  return out;
}

}  // namespace

const Traces::Result& Traces::find(FlatArguments& arguments, Body body) {
  std::string key = key_of(arguments);
  {
    std::lock_guard lock(state_->mutex);
    auto it = state_->known.find(key);
    if (it != state_->known.end()) return *it->second;
  }
  auto results = std::make_shared<Nest>();  // only the structure is kept: the tensors would keep the graph alive in a circle
  auto flat = [&](const std::vector<Tensor>& inputs) {
    FuncGraph::current().set_first_values(arguments.tensors);
    Nest nest = body(inputs);
    *results = nest.map([](const Tensor&) { return Tensor::scalar(false); });
    return nest.flatten();
  };
  Ref<ConcreteFunction> f = state_->cache.find_or_trace(arguments.structure, arguments_of(arguments.tensors, state_->signature), flat, results);
  std::lock_guard lock(state_->mutex);
  std::shared_ptr<Result>& result = state_->known[key];
  if (!result) result = std::make_shared<Result>(Result{f, *static_cast<Nest*>(f->results.get())});
  return *result;
}

Nest Traces::call(FlatArguments& arguments, Body body) {
  const Result& result = find(arguments, body);
  return result.structure.pack(result.function->call_unchecked(std::move(arguments.tensors)));
}

Tensor Traces::call_for_tensor(FlatArguments& arguments, Body body) {
  const Result& result = find(arguments, body);
  std::vector<Tensor> out = result.function->call_unchecked(std::move(arguments.tensors));
  return out.empty() ? Tensor() : std::move(out[0]);
}

void Traces::prepare(FlatArguments& arguments, Body body) { find(arguments, body); }
int Traces::count() const { return state_->cache.count(); }
std::string Traces::optimised_text(FlatArguments& arguments, Body body) { return runnel::optimised_text(*find(arguments, body).function->function()); }
std::string Traces::explain() const { return state_->cache.explain(); }

}  // namespace runnel::inline v0
