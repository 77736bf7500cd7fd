#include "runnel/data/late.h"

#include <atomic>

#include "runnel/base/error.h"
#include "runnel/data/body.h"
#include "runnel/graph/control/host_call.h"
#include "runnel/graph/shapes.h"
#include "runnel/graph/traces.h"

namespace runnel::inline v0::data {

Ref<BoundValues>& bound_values() {
  thread_local Ref<BoundValues> values;
  return values;
}

namespace {

Tensor value_of(const Tensor& t) {
  if (!t.is_symbolic()) return t;
  if (bound_values())
    for (const auto& [number, value] : bound_values()->values)
      if (number == t.symbol().output) return value;
  fail<errors::InvalidArgumentError>("Dataset", "the data set depends on a tensor of a function that was traced",
                                     {.hint = "walk through it in that function, or return it"});
}

// The tensor itself where its value is known; else a stand-in, and what it stands for goes into `late`.
Tensor keep(const Tensor& t, LateTensors& late) {
  static std::atomic<int> next{0};
  if (!t.is_symbolic()) return t;
  if (t.symbol().constant) return *t.symbol().constant;
  Graph* graph = current_graph();
  if (!graph) fail<TypeError>("Dataset", "a symbolic tensor has no value outside of the function that it belongs to", {.got = to_text(t)});
  auto made = make_ref<LateTensor>();
  made->number = next++;
  made->symbol = t;
  graph->at_end([made] { made->symbol = Tensor(); });
  late.push_back(made);
  return Tensor::symbolic(t.dtype(), {.output = made->number, .shape = t.partial_shape()});
}

class LateBody : public DatasetBody {
 public:
  LateBody(const std::vector<Tensor>& tensors, BuildDataset build, const Nest& spec, const std::vector<Dataset>& uses)
      : build_(std::move(build)), spec_(spec) {
    for (const Tensor& t : tensors) tensors_.push_back(keep(t, late_));
    for (const Dataset& d : uses) depend_on(d);
  }
  Nest element_spec() const override { return spec_; }
  Ref<IteratorBody> iterator() const override {
    std::vector<Tensor> values;
    for (const Tensor& t : tensors_) values.push_back(value_of(t));
    return build_(values).iterator();
  }

 private:
  std::vector<Tensor> tensors_;
  BuildDataset build_;
  Nest spec_;
};

/// A data set with the values of a run.
class BoundBody : public DatasetBody {
 public:
  BoundBody(const Dataset& input, Ref<BoundValues> values) : input_(input), values_(std::move(values)) {}
  Nest element_spec() const override { return input_.element_spec(); }
  int64_t cardinality() const override { return input_.cardinality(); }
  Ref<IteratorBody> iterator() const override {
    Scoped scope(bound_values(), values_);
    return iterate([input = input_.iterator(), values = values_](Nest& element) {
      Scoped scope(bound_values(), values);
      return input->next(element);
    });
  }

 private:
  Dataset input_;
  Ref<BoundValues> values_;
};

std::vector<Argument> arguments_of(const std::vector<Tensor>& tensors) {
  std::vector<Argument> out;
  for (const Tensor& t : tensors) out.push_back({t.dtype(), t.partial_shape(), "args"});
  return out;
}

}  // namespace

DatasetBody::DatasetBody() = default;
DatasetBody::~DatasetBody() = default;
void DatasetBody::depend_on(const Dataset& other) { late_.insert(late_.end(), other.body()->late_.begin(), other.body()->late_.end()); }

Dataset late_dataset(const std::vector<Tensor>& tensors, BuildDataset build, const Nest& element_spec, const std::vector<Dataset>& uses) {
  for (const Tensor& t : tensors)
    if (t.is_symbolic()) return Dataset(make_ref<LateBody>(tensors, std::move(build), element_spec, uses));
  return build(tensors);
}

Tensor dataset_tensor(const Dataset& dataset) {
  const LateTensors& late = dataset.body()->late();
  if (late.empty()) return dataset.to_variant();
  std::vector<Tensor> symbols;
  std::vector<int> numbers;
  for (const Ref<LateTensor>& t : late) {
    if (!t->symbol) fail<errors::InvalidArgumentError>("Dataset", "the data set belongs to a function whose trace has ended");
    symbols.push_back(t->symbol);
    numbers.push_back(t->number);
  }
  auto f = make_ref<HostFunction>();
  f->name = "bind_dataset";
  f->outputs = {variant};
  f->stateful = false;
  f->body = [dataset, numbers](std::vector<Tensor> inputs) {
    auto values = make_ref<BoundValues>();
    for (size_t i = 0; i < inputs.size(); ++i) values->values.emplace_back(numbers[i], inputs[i]);
    return std::vector{Dataset(make_ref<BoundBody>(dataset, std::move(values))).to_variant()};
  };
  Tensor out = host_call(f, symbols)[0];
  refine_shape(out, PartialShape(Shape()));
  return out;
}

// --- specs of elements that are data sets ---

namespace {
struct NestedSpec : RefCounted {
  explicit NestedSpec(const Nest& spec) : spec(spec) {}
  Nest spec;
};
}  // namespace

Tensor dataset_spec(const Nest& element_spec) {
  return Tensor::symbolic(variant, {.graph = make_ref<NestedSpec>(element_spec), .shape = PartialShape(Shape())});
}
Nest nested_spec(const Tensor& t) {
  if (t.dtype() != variant) return {};
  if (!t.is_symbolic()) return Dataset::from_variant(t).element_spec();
  auto* nested = dynamic_cast<const NestedSpec*>(t.symbol().graph.get());
  return nested ? nested->spec : Nest();
}
Tensor spec_of(const Tensor& t) {
  Nest nested = nested_spec(t);
  return nested ? dataset_spec(nested) : spec(t.dtype(), t.partial_shape());
}

Dataset Dataset::from_variant(const Tensor& tensor, const Nest& element_spec) {
  return late_dataset({tensor}, [](const std::vector<Tensor>& values) { return from_variant(values[0]); }, element_spec);
}

// --- functions of elements ---

Nest TracedFunction::operator()(const Nest& element) const {
  std::vector<Tensor> inputs = element.flatten();
  inputs.insert(inputs.end(), captures.begin(), captures.end());
  return result_spec.pack(call_function(function, std::move(inputs)));
}

TracedFunction trace_elements(const Nest& element_spec, const std::function<Nest(const Nest&)>& f) {
  TracedFunction out;
  auto body = [&](const std::vector<Tensor>& inputs) {
    Nest result = f(element_spec.pack(inputs));
    out.result_spec = result.map(spec_of);
    return result.flatten();
  };
  Traced traced = trace_function(unique_function_name("element"), arguments_of(element_spec.flatten()), body);
  out.function = traced.function();
  out.captures = std::move(traced.captures);
  return out;
}

Dataset with_values(const Dataset& input, const TracedFunction& f, std::function<Dataset(const Dataset&, const TracedFunction&)> make) {
  TracedFunction bare{f.function, {}, f.result_spec};
  Nest spec = make(input, bare).element_spec();
  return late_dataset(f.captures, [input, bare, make](const std::vector<Tensor>& values) {
    return make(input, {bare.function, values, bare.result_spec});
  }, spec, {input});
}

// --- arguments of functions ---

void flatten_argument(const Dataset& dataset, FlatArguments& out) {
  out.structure += cat("D", shapes_text(dataset.element_spec()));
  out.tensors.push_back(dataset_tensor(dataset));
}
Dataset replaced(const Dataset& dataset, const Tensor*& from) { return Dataset::from_variant(*from++, dataset.element_spec()); }

}  // namespace runnel::inline v0::data
