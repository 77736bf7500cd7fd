// Loops for all elements of a batch: at once where the condition is shared, else for those elements that go on.
#include "runnel/graph/batch_runner.h"
#include "runnel/graph/control_flow.h"
#include "runnel/ops/array.h"
#include "runnel/ops/math.h"

namespace runnel::inline v0 {

namespace {

std::vector<Tensor> values_of(std::span<const Batched> list) {
  std::vector<Tensor> out;
  for (const Batched& b : list) out.push_back(b.value);
  return out;
}
std::vector<Batched> with_values(std::vector<Batched> list, const std::vector<Tensor>& values) {
  for (size_t i = 0; i < list.size(); ++i) list[i].value = values[i];
  return list;
}
Tensor new_list(DType dtype) {
  return run(get_op("EmptyTensorList"), {Tensor::scalar(int32_t(-1)), Tensor::scalar(int32_t(-1))}, {{"element_dtype", dtype}});
}
std::vector<Tensor> part_of(const std::vector<Tensor>& list, size_t count) { return {list.begin(), list.begin() + std::ptrdiff_t(count)}; }
const GraphFunction& function_named(const Attrs& attrs, const char* name) { return function_of(std::get<FunctionAttr>(*attrs.find(name))); }

}  // namespace

// Which variables differ from element to element once the loop has run: marked by tracing the step until nothing is added.
// False where the condition does.
bool BatchRunner::find_changing(const GraphFunction& condition, const Step& step, std::vector<Batched>& variables) const {
  bool goes_on = true, found = true;
  size_t arguments_of_condition = condition.inputs().size();
  auto trace = [&](const std::vector<Tensor>& values) {
    std::vector<Batched> in = with_values(variables, values);
    goes_on = !replay(condition, 1, std::span(in).first(arguments_of_condition))[0].stacked;
    std::vector<Batched> out = step(in);
    found = false;
    for (size_t i = 0; i < in.size(); ++i) {
      if (!out[i].stacked || variables[i].stacked) continue;
      variables[i].stacked = found = true;
    }
    return std::vector<Tensor>();
  };
  while (found && goes_on) {
    std::vector<Argument> arguments;
    for (const Batched& b : variables) arguments.push_back({b.value.dtype(), b.value.partial_shape(), "loop_var"});
    std::vector<Batched> before = variables;
    trace_function(unique_function_name("vectorized_body"), arguments, trace);
    for (size_t i = 0; i < before.size(); ++i) variables[i].value = variables[i].stacked ? stack(before[i]) : before[i].value;
  }
  return goes_on;
}

// One iteration, from the variables to the next ones. With a history these are followed by a counter, and by the lists that each
// further output of the body is appended to.
BatchRunner::Step BatchRunner::step_of(const GraphFunction& body, size_t lists) const {
  return [this, &body, lists](const std::vector<Batched>& variables) {
    size_t count = size_t(body.num_results());
    std::vector<Batched> out = replay(body, count + lists, std::span(variables).first(count));
    if (variables.size() == count) return out;
    std::vector<Batched> next(out.begin(), out.begin() + std::ptrdiff_t(count));
    next.push_back({add(variables[count].value, 1), false});
    for (size_t i = 0; i < lists; ++i) {
      Attrs attrs{{"element_dtype", out[count + i].value.dtype()}};
      next.push_back(call(get_op("TensorListPushBack"), std::vector{variables[count + 1 + i], out[count + i]}, attrs)[0]);
    }
    return next;
  };
}

namespace {

// Whether each variable of a loop keeps its shape, no list among them, and a body may run for some elements alone.
bool keeps_shapes(const GraphFunction& body) {
  for (int i = 0; i < body.num_results(); ++i) {
    const PartialShape& before = body.inputs()[size_t(i)]->shapes[0];
    if (body.inputs()[size_t(i)]->dtypes[0] == variant || !before.is_fully_known() || !(body.output_shape(i) == before)) return false;
  }
  return !body.runs_once();
}

}  // namespace

// Elements stop at different times: each iteration runs for those that go on, whose numbers are the loop's first variable.
std::vector<Batched> BatchRunner::run_own_loops(const GraphFunction& condition, const GraphFunction& body, std::span<const Batched> inputs) const {
  if (!keeps_shapes(body)) return {};
  auto those_that_go_on = [&](const BatchRunner& part, const std::vector<Tensor>& values, const Tensor& numbers) {
    Tensor holds = part.stack(part.replay(condition, 1, stacked(part_of(values, condition.inputs().size())))[0]);
    return gather(numbers, reshape(where(holds), Ints{-1}), 0);
  };
  std::vector<Tensor> variables;
  for (const Batched& b : inputs) variables.push_back(stack(b));
  variables.insert(variables.begin(), those_that_go_on(*this, variables, range(count_)));
  auto more = [](const std::vector<Tensor>& v) { return greater(size(v[0]), 0); };
  auto step = [&](const std::vector<Tensor>& v) {
    BatchRunner part = *this;
    part.count_ = size(v[0]);
    std::vector<Tensor> chosen, values, next;
    for (size_t i = 1; i < v.size(); ++i) chosen.push_back(gather(v[i], v[0], 0));
    for (const Batched& b : part.replay(body, inputs.size(), stacked(chosen))) values.push_back(part.stack(b));
    for (size_t i = 1; i < v.size(); ++i) next.push_back(tensor_scatter_nd_update(v[i], expand_dims(v[0], 1), values[i - 1]));
    next.insert(next.begin(), those_that_go_on(part, values, v[0]));
    return next;
  };
  WhileOptions options;
  for (const Tensor& t : variables) options.shape_invariants.push_back(t.partial_shape());
  options.shape_invariants[0] = PartialShape({-1});
  std::vector<Tensor> last = while_loop(more, step, variables, options);
  return stacked({last.begin() + 1, last.end()});
}

std::vector<Batched> BatchRunner::run_while(std::span<const Batched> inputs, const Attrs& attrs) const {
  const GraphFunction &condition = function_named(attrs, "cond"), &body = function_named(attrs, "body");
  std::vector<Batched> variables(inputs.begin(), inputs.end());
  const AttrValue* outputs = attrs.find("Tout");
  size_t lists = outputs ? std::get<std::vector<DType>>(*outputs).size() - inputs.size() - 1 : 0;
  if (outputs) variables.push_back({Tensor::scalar(int32_t(0)), false});
  std::vector<DType> types = body.output_types(int(inputs.size() + lists));
  for (size_t i = 0; i < lists; ++i) variables.push_back({new_list(types[inputs.size() + i]), false});
  Step step = step_of(body, lists);
  if (!find_changing(condition, step, variables)) return lists > 0 ? std::vector<Batched>() : run_own_loops(condition, body, inputs);
  auto more = [&](const std::vector<Tensor>& v) {
    std::vector<Batched> now = with_values(variables, v);
    return replay(condition, 1, std::span(now).first(inputs.size()))[0].value;
  };
  WhileOptions options;
  for (size_t i = 0; i < variables.size(); ++i) {
    PartialShape one = i < inputs.size() ? body.inputs()[i]->shapes[0] : PartialShape();
    bool has_rows = variables[i].stacked && variables[i].value.dtype() != variant;
    options.shape_invariants.push_back(has_rows ? PartialShape({-1}).concatenate(one) : one);
  }
  auto next = [&](const std::vector<Tensor>& v) {
    std::vector<Batched> out = step(with_values(variables, v));
    std::vector<Tensor> values;
    for (size_t i = 0; i < out.size(); ++i) {
      values.push_back(variables[i].stacked ? stack(out[i]) : out[i].value);
      if (values[i].is_symbolic()) refine_shape(values[i], options.shape_invariants[i]);
    }
    return values;
  };
  return with_values(variables, while_loop(more, next, values_of(variables), options));
}

}  // namespace runnel::inline v0
