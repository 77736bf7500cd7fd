// Variables and their basic operators: ReadVariableOp, Assign*VariableOp, VariableShape.
#include "runnel/ops/variable.h"

#include <map>

#include "runnel/op/context.h"
#include "runnel/op/gradient_context.h"
#include "runnel/ops/math.h"
#include "runnel/ops/state/variable_state.h"
#include "runnel/ops/stateless_scope.h"

namespace runnel::inline v0 {

Tensor VariableState::held() const {
  if (!value) fail<errors::FailedPreconditionError>("", cat("Could not find variable ", name, ". It has no value yet"));
  return value.alias();
}

void VariableState::check_fits(const Tensor& new_value) const {
  if (new_value.dtype() != dtype)
    fail<errors::InvalidArgumentError>("", cat("Trying to assign variable with wrong dtype. Expected ", dtype.short_name(), " got ",
                                               new_value.dtype().short_name()));
  if (!shape.is_compatible_with(new_value.partial_shape()))
    fail<ValueError>("", cat("Cannot assign value to variable '", name, "': Shape mismatch. The variable shape ", to_text(shape),
                             ", and the assigned value shape ", to_text(new_value.partial_shape()), " are incompatible."));
}

void VariableState::put(const Tensor& new_value) {
  check_fits(new_value);
  value = new_value.alias();
  ++version;
}

Tensor VariableState::snapshot() {
  std::lock_guard lock(mutex);
  return held();
}
void VariableState::set(const Tensor& new_value) {
  std::lock_guard lock(mutex);
  put(new_value);
}
void VariableState::set_by(function_ref<Tensor(const Tensor&)> change) {
  std::lock_guard lock(mutex);
  put(change(held()));
}

namespace {
constexpr const char* kEmpty = "the Variable was made without a value";
VariableState& checked(VariableState* state) {
  if (!state) fail<RuntimeError>("Variable", kEmpty);
  return *state;
}
}  // namespace

VariableState& variable_state(const Tensor& handle, const char* where) {
  if (!handle) fail<RuntimeError>(where, kEmpty);
  auto* state = dynamic_cast<VariableState*>(handle.data<ResourceRef>()->get());
  if (!state) fail<errors::InvalidArgumentError>(where, "the resource is not a Variable");
  return *state;
}

namespace {

Tensor handle_of(const Ref<VariableState>& state) {
  Tensor handle(resource, {});
  *handle.mutable_data<ResourceRef>() = state;
  return handle;
}

// The anonymous name of TensorFlow's: each such handle is a Variable of its own. Others are shared by all who name them.
constexpr const char* kAnonymous = "cd2c89b7-88b7-44c8-ad83-06c2a9158347";

Ref<VariableState> named_variable(const OpContext& c) {
  static std::mutex guard;
  static auto& known = *new std::map<std::pair<std::string, std::string>, Ref<VariableState>>;
  const std::string& name = c.string_attr("shared_name");
  std::lock_guard lock(guard);
  Ref<VariableState> fresh;
  Ref<VariableState>& state = name == kAnonymous ? fresh : known[{c.string_attr("container"), name}];
  if (state) return state;
  state = make_ref<VariableState>();
  state->dtype = c.type("dtype");
  state->shape = c.attr<PartialShape>("shape");
  state->name = name == kAnonymous ? c.string_attr("debug_name") : name;
  return state;
}

void handle_kernel(OpContext& c) {
  Ref<VariableState> state = named_variable(c);
  if (DType wanted = c.type("dtype"); state->dtype != wanted)
    c.invalid(cat("Trying to access resource using the wrong type: ", state->name, " holds ", state->dtype, ", not ", wanted));
  c.set_output(0, handle_of(state));
}
void handle_shape(ShapeContext& c) { c.set_output(0, PartialShape()); }

void read_kernel(OpContext& c) { c.set_output(0, variable_state(c.input(0), "ReadVariableOp").snapshot()); }

void read_shape(ShapeContext& c) {
  if (const Tensor* handle = c.constant(0)) c.set_output(0, variable_state(*handle, "ReadVariableOp").shape);
}

std::vector<Tensor> read_gradient(const GradientContext& c) { return {c.grad()}; }

void assign_kernel(OpContext& c) { variable_state(c.input(0), "AssignVariableOp").set(c.input(1)); }

// value += sign * delta, by the operators themselves so that dtypes and rounding agree with eager arithmetic.
void assign_changed(OpContext& c, const Op& arithmetic) {
  VariableState& state = variable_state(c.input(0), c.op().name());
  if (state.shape.has_rank() && !state.shape.is_compatible_with(c.input(1).shape()))
    c.invalid(cat("Cannot update variable with shape ", bracketed(state.shape), " using a Tensor with shape ",
                  bracketed(c.input(1).shape()), ", shapes must be equal."),
              {.got = cat("variable '", state.name, "'")});
  Scoped silent(thread_context().recorders, std::vector<Recorder*>{});
  state.set_by([&](const Tensor& value) { return run(arithmetic, {value, c.input(1)}); });
}
void assign_add_kernel(OpContext& c) {
  static const Op& op = get_op("AddV2");
  assign_changed(c, op);
}
void assign_sub_kernel(OpContext& c) {
  static const Op& op = get_op("Sub");
  assign_changed(c, op);
}

void scalar_shape(ShapeContext& c) { c.set_output(0, PartialShape()); }
void initialized_kernel(OpContext& c) { c.set_output(0, Tensor::scalar(bool(variable_state(c.input(0), "VarIsInitializedOp").value))); }

// Reads, compares and adds at one go, whoever else counts.
void count_up_to_kernel(OpContext& c) {
  VariableState& state = variable_state(c.input(0), "ResourceCountUpTo");
  DType type = c.type("T");
  state.set_by([&](const Tensor& value) {
    if (value.dtype() != type || value.rank() != 0) c.invalid(cat("a scalar of ", type, " is counted, not ", value.dtype(), " of shape ", value.shape()));
    int64_t count = type == int32 ? *value.data<int32_t>() : *value.data<int64_t>(), limit = c.int_attr("limit");
    if (count >= limit) fail<errors::OutOfRangeError>("", cat("Reached limit of ", limit));
    c.set_output(0, value);
    return type == int32 ? Tensor::scalar(int32_t(count + 1)) : Tensor::scalar(count + 1);
  });
}

void shape_kernel(OpContext& c) {
  Tensor value = variable_state(c.input(0), "VariableShape").snapshot();
  Tensor& out = c.allocate(0, {value.rank()});
  for (int i = 0; i < value.rank(); ++i) {
    if (out.dtype() == int32) out.mutable_data<int32_t>()[i] = int32_t(value.dim(i));
    else out.mutable_data<int64_t>()[i] = value.dim(i);
  }
}

void no_outputs(ShapeContext&) {}
void variable_shape_shape(ShapeContext& c) {
  PartialShape s = c.constant(0) ? variable_state(*c.constant(0), "VariableShape").shape : PartialShape::unknown_rank();
  c.set_output(0, s.has_rank() ? PartialShape({s.rank()}) : PartialShape({-1}));
}

constexpr const char* kState = "it changes state and has no output";

/// VarHandleOp: The handle of a Variable: by a shared name, or a new one.
/// VarIsInitializedOp: Whether the Variable has a value.
/// VariableShape: The shape of a Variable's value.
/// ReadVariableOp: The value of a Variable.
/// AssignVariableOp: Gives a Variable a value.
/// AssignAddVariableOp: Adds to a Variable's value.
/// AssignSubVariableOp: Subtracts from a Variable's value.
/// ResourceCountUpTo: Adds 1 to a Variable's value and gives what it was; OutOfRangeError where that has reached the limit.
constexpr OpDef kOps[] = {
    {.name = "VarHandleOp", .signature = " -> resource: resource",
     .attrs = "container: string = ''; shared_name: string = ''; debug_name: string = ''; dtype: type; shape: shape; allowed_devices: list(string) = []",
     .shape = handle_shape, .no_gradient = "it has no input", .kernel = handle_kernel, .traits = {.stateful = true}},
    {.name = "ReadVariableOp", .signature = "resource: resource -> value: dtype", .attrs = "dtype: type",
     .shape = read_shape, .gradient = read_gradient, .kernel = read_kernel, .traits = {.stateful = true, .reads_only = true}},
    {.name = "AssignVariableOp", .signature = "resource: resource, value: dtype -> ", .attrs = "dtype: type; validate_shape: bool = false",
     .shape = no_outputs, .no_gradient = kState, .kernel = assign_kernel, .traits = {.stateful = true}},
    {.name = "AssignAddVariableOp", .signature = "resource: resource, value: dtype -> ", .attrs = "dtype: type",
     .shape = no_outputs, .no_gradient = kState, .kernel = assign_add_kernel, .traits = {.stateful = true}},
    {.name = "AssignSubVariableOp", .signature = "resource: resource, value: dtype -> ", .attrs = "dtype: type",
     .shape = no_outputs, .no_gradient = kState, .kernel = assign_sub_kernel, .traits = {.stateful = true}},
    {.name = "ResourceCountUpTo", .signature = "resource: resource -> output: T", .attrs = "limit: int; T: index",
     .shape = scalar_shape, .no_gradient = "its output is an integer", .kernel = count_up_to_kernel, .traits = {.stateful = true}},
    {.name = "VarIsInitializedOp", .signature = "resource: resource -> is_initialized: bool", .shape = scalar_shape,
     .no_gradient = "its output is a bool", .kernel = initialized_kernel, .traits = {.stateful = true}},
    {.name = "VariableShape", .signature = "input: resource -> output: out_type", .attrs = "out_type: index = int32",
     .shape = variable_shape_shape, .no_gradient = "its output is an integer", .kernel = shape_kernel, .traits = {.stateful = true, .reads_only = true}},
};

}  // namespace
RUNNEL_OPS(state_variable, kOps)

Variable Variable::from_handle(const Tensor& handle) {
  Variable out;
  out.state_ = &variable_state(handle, "Variable");
  out.handle_ = handle;
  return out;
}

std::optional<Variable> Variable::try_from_handle(const Tensor& handle) {
  if (!dynamic_cast<VariableState*>(handle.data<ResourceRef>()->get())) return std::nullopt;
  return from_handle(handle);
}

Variable::Variable(const Operand& initial_value, VariableOptions options) {
  Tensor initial = initial_value.tensor(initial_value.is_weak() ? options.dtype : DType());
  if (Tracer* tracer = thread_context().tracer) {
    tracer->variable_created();
    if (initial.is_symbolic()) initial = tracer->initial_value(initial);
  }
  if (options.dtype && initial.dtype() != options.dtype)
    fail<ValueError>("Variable", "the initial value has another dtype", {.got = initial.dtype().name(), .expected = options.dtype.name()});
  auto state = make_ref<VariableState>();
  handle_ = handle_of(state);
  state_ = state.get();
  state_->dtype = initial.dtype();
  state_->name = (options.name.empty() ? "Variable" : options.name) + ":0";
  state_->shape = options.shape.has_rank() ? options.shape : initial.partial_shape();
  state_->trainable = options.trainable.value_or(options.synchronization != VariableSynchronization::kOnRead);
  state_->constraint = std::move(options.constraint);
  state_->synchronization = options.synchronization;
  state_->aggregation = options.aggregation;
  state_->set(initial);
}

VariableNotes& notes_of(const Variable& variable) { return variable_state(variable.handle(), "Variable").notes; }

Tensor Variable::value() const {
  if (StatelessScope* scope = StatelessScope::current())
    if (const Tensor* value = scope->find(*this)) return *value;
  if (checked(state_).trainable) note_variable_read(handle());
  static const Op& op = get_op("ReadVariableOp");
  return run(op, {handle()}, {{"dtype", checked(state_).dtype}});
}

DType Variable::dtype() const { return checked(state_).dtype; }
PartialShape Variable::shape() const { return checked(state_).shape; }
const std::string& Variable::name() const { return checked(state_).name; }
bool Variable::trainable() const { return checked(state_).trainable; }
void Variable::set_trainable(bool trainable) const { checked(state_).trainable = trainable; }
const std::function<Tensor(const Tensor&)>& Variable::constraint() const { return checked(state_).constraint; }
VariableSynchronization Variable::synchronization() const { return checked(state_).synchronization; }
VariableAggregation Variable::aggregation() const { return checked(state_).aggregation; }
uint64_t Variable::version() const { return checked(state_).version; }

namespace {
void change(const Variable& variable, const char* op, const Operand& value) {
  run(get_op(op), {variable.handle(), value.tensor(variable.dtype())}, {{"dtype", variable.dtype()}});
}
void scatter(const Variable& variable, const char* op, const Tensor& indices, const Operand& updates) {
  run(get_op(op), {variable.handle(), indices, updates.tensor(variable.dtype())}, {{"dtype", variable.dtype()}});
}
void scatter_nd(const Variable& variable, const char* op, const Tensor& indices, const Operand& updates) {
  run(get_op(op), {variable.handle(), indices, updates.tensor(variable.dtype())});
}
}  // namespace

const Variable& Variable::assign(const Operand& value) const {
  if (StatelessScope* scope = StatelessScope::current()) scope->set(*this, value.tensor(dtype()));
  else change(*this, "AssignVariableOp", value);
  return *this;
}
const Variable& Variable::assign_add(const Operand& delta) const {
  if (StatelessScope::current()) return assign(add(value(), delta));
  return change(*this, "AssignAddVariableOp", delta), *this;
}
const Variable& Variable::assign_sub(const Operand& delta) const {
  if (StatelessScope::current()) return assign(subtract(value(), delta));
  return change(*this, "AssignSubVariableOp", delta), *this;
}

#define RUNNEL_SCATTER(METHOD, CALL, OP)                                                          \
  const Variable& Variable::METHOD(const Tensor& indices, const Operand& updates) const {         \
    return CALL(*this, OP, indices, updates), *this;                                              \
  }
RUNNEL_SCATTER(scatter_update, scatter, "ResourceScatterUpdate")
RUNNEL_SCATTER(scatter_add, scatter, "ResourceScatterAdd")
RUNNEL_SCATTER(scatter_sub, scatter, "ResourceScatterSub")
RUNNEL_SCATTER(scatter_mul, scatter, "ResourceScatterMul")
RUNNEL_SCATTER(scatter_div, scatter, "ResourceScatterDiv")
RUNNEL_SCATTER(scatter_min, scatter, "ResourceScatterMin")
RUNNEL_SCATTER(scatter_max, scatter, "ResourceScatterMax")
RUNNEL_SCATTER(scatter_nd_update, scatter_nd, "ResourceScatterNdUpdate")
RUNNEL_SCATTER(scatter_nd_add, scatter_nd, "ResourceScatterNdAdd")
RUNNEL_SCATTER(scatter_nd_sub, scatter_nd, "ResourceScatterNdSub")
#undef RUNNEL_SCATTER

}  // namespace runnel::inline v0
