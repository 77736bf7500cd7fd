#include "runnel/keras/layer.h"

#include <algorithm>

#include "runnel/base/error.h"
#include "runnel/base/files.h"
#include "runnel/keras/functional_graph.h"
#include "runnel/keras/input_spec.h"
#include "runnel/keras/layer_errors.h"
#include "runnel/keras/model.h"
#include "runnel/keras/name_scope.h"
#include "runnel/keras/remat.h"
#include "runnel/keras/saving/saveable.h"
#include "runnel/keras/tensor_notes.h"
#include "runnel/keras/tracing.h"
#include "runnel/op/shape_inference.h"
#include "runnel/ops/array.h"
#include "runnel/ops/math.h"
#include "runnel/ops/variable_notes.h"
#include "runnel/summary/scope.h"

namespace runnel::inline v0::keras {

namespace {

struct Frame {
  LayerBody* layer;
  std::optional<bool> training;
};
thread_local std::vector<Frame> frames;

struct FrameGuard {
  FrameGuard(LayerBody* layer, std::optional<bool> training) { frames.push_back({layer, training}); }
  ~FrameGuard() { frames.pop_back(); }
};

std::vector<PartialShape> shapes_of(const Nest& nest) {
  std::vector<PartialShape> out;
  for (const Tensor& t : nest.flatten()) out.push_back(t.partial_shape());
  return out;
}

void append(std::vector<Variable>& to, const std::vector<Variable>& items) {
  for (const Variable& v : items)
    if (std::none_of(to.begin(), to.end(), [&](const Variable& w) { return w.is(v); })) to.push_back(v);
}

// The mask that the first input carries.
Tensor first_mask(const Nest& inputs) {
  if (inputs.is_tensor()) return mask_of(inputs.tensor());
  std::vector<Tensor> flat = inputs.flatten();
  return flat.empty() ? Tensor() : mask_of(flat[0]);
}

// Keras 3 hands the inputs' mask to no call that is given states to begin with: there it would have to be named `sequences_mask`.
bool begins_with_states(const CallArgs& args) {
  return std::any_of(args.more.begin(), args.more.end(), [](const auto& item) { return item.first == "initial_state"; });
}

// Layers that compute with weights of floats take no text.
void check_no_text(const LayerBody& layer, const Nest& inputs) {
  if (inputs.is_tensor() && inputs.tensor().dtype() != string) return;
  for (const Tensor& t : inputs.flatten())
    if (t.dtype() == string && !layer.own_weights().empty())
      fail<ValueError>("", cat("Invalid dtype: layer '", layer.name(), "' cannot compute with text"),
                       {.got = "an input of dtype string", .expected = "numbers", .hint = "turn words into numbers first, and check how the data were read"});
}

// A layer may have set masks of its own already.
void pass_on(const Nest& masks, const Nest& outputs) {
  const std::vector<Tensor> flat = outputs.flatten();
  for (size_t i = 0; i < flat.size(); ++i) {
    const Nest mask = !masks.is_list() ? masks : i < masks.list().size() ? masks[i] : Nest();
    if (mask && !mask_of(flat[i])) set_mask(flat[i], mask.tensor());
  }
}

}  // namespace

NameScope::NameScope(LayerBody* layer) { frames.push_back({layer, {}}); }
NameScope::~NameScope() { frames.pop_back(); }

std::string current_layer_path() {
  std::string path;
  const LayerBody* above = nullptr;  // a layer that is built in its call stands there twice
  for (const Frame& f : frames)
    if (f.layer != std::exchange(above, f.layer)) path += (path.empty() ? "" : "/") + f.layer->name();
  return path;
}

bool is_in_call(const LayerBody& layer) {
  return layer.built() && std::any_of(frames.begin(), frames.end(), [&](const Frame& f) { return f.layer == &layer; });
}

void LayerBody::build(const std::vector<PartialShape>& input_shapes) {
  if (!input_shapes.empty()) build(input_shapes[0]);
}
Tensor LayerBody::call(const Tensor& input, const CallArgs& args) {
  fail<NotImplementedError>("", cat("Layer ", class_name(), " does not have a `call()` method implemented."));
}
Nest LayerBody::call(const Nest& inputs, const CallArgs& args) { return call(inputs.tensor(), args); }

PartialShape LayerBody::compute_output_shape(const PartialShape& input_shape) {
  auto tracer = make_ref<ShapeTracer>();
  Scoped guard(thread_context().tracer, static_cast<Tracer*>(tracer.get()));
  ensure_built({input_shape});
  return call(Nest(tracer->placeholder(compute_dtype(), input_shape)), {}).tensor().partial_shape();
}

std::vector<PartialShape> LayerBody::compute_output_shapes(const std::vector<PartialShape>& input_shapes) {
  if (input_shapes.size() == 1 && !dynamic_cast<FunctionalBody*>(this)) return {compute_output_shape(input_shapes[0])};  // a graph may have several outputs
  auto tracer = make_ref<ShapeTracer>();
  Scoped guard(thread_context().tracer, static_cast<Tracer*>(tracer.get()));
  ensure_built(input_shapes);
  Nest::List inputs;
  for (const PartialShape& shape : input_shapes) inputs.emplace_back(tracer->placeholder(compute_dtype(), shape));
  return shapes_of(call(Nest(inputs), {}));
}

std::vector<PartialShape> LayerBody::compute_call_shapes(const Nest& inputs, const CallArgs&) { return compute_output_shapes(shapes_of(inputs)); }

void LayerBody::set_base(const std::string& name, bool trainable, const DTypePolicy& dtype) {
  name_ = name;
  trainable_ = trainable;
  dtype_ = dtype.pinned();
}

void LayerBody::constructed() {
  if (name_.empty()) name_ = unique_name(to_snake_case(class_name()));
  note_remat_scope(*this);
}

void LayerBody::set_trainable(bool trainable) {
  for (LayerBody* layer : all_layers()) {
    layer->trainable_ = trainable;
    for (const Variable& v : layer->trainable_own_) v.set_trainable(trainable);
  }
}

Nest LayerBody::compute_masks(const Nest& inputs, const Tensor& mask) {
  const Tensor made = compute_mask(inputs, mask);
  return made ? Nest(made) : Nest();
}

void LayerBody::build_for_call(const Nest& inputs, const CallArgs&) { build(shapes_of(inputs)); }

void LayerBody::ensure_built(const std::vector<PartialShape>& input_shapes) {
  build_once(input_shapes, [&] { build(input_shapes); });
}

void LayerBody::build_once(const std::vector<PartialShape>& input_shapes, const std::function<void()>& build) {
  if (built_) return;
  FrameGuard frame(this, {});
  outside_of_traces(build);
  built_ = true;
  build_shapes_ = input_shapes;
  if (!initial_weights_.empty()) set_weights(std::exchange(initial_weights_, {}));
}

Nest LayerBody::cast_inputs(const Nest& inputs) const {
  DType compute = compute_dtype();
  if (!autocast_ || !compute.is_floating()) return inputs;
  auto differs = [&](const Tensor& t) { return t.dtype().is_floating() && t.dtype() != compute; };
  std::vector<Tensor> flat = inputs.flatten();
  if (std::none_of(flat.begin(), flat.end(), differs)) return inputs;
  return inputs.map([&](const Tensor& t) { return differs(t) ? cast(t, compute) : t; });
}

Nest LayerBody::operator()(const Nest& inputs, const CallArgs& args) {
  if (frames.empty()) {
    static const bool told = summary::set_enclosing(current_layer_path);  // tags of summaries begin with the layers around
    static_cast<void>(told);
    clear_losses();
    drop_stale_notes();
  }
  CallArgs resolved = args;
  if (!resolved.training && !frames.empty()) resolved.training = frames.back().training;
  FrameGuard frame(this, resolved.training);
  try {
    if (!thread_context().tracer && has_keras_tensor(inputs, args)) return call_symbolic(inputs, args);
    return call_eager(inputs, resolved);
  } catch (...) {
    rethrow_from(*this, inputs, resolved);
  }
}

// As a layer of one's own gets it that looks at it; without the tracer, for it is a Keras tensor.
static Tensor mask_of_keras_tensor(const Tensor& t) {
  Scoped no_tracer(thread_context().tracer, static_cast<Tracer*>(nullptr));
  return symbolic_mask(t);
}

Nest LayerBody::symbolic_outputs(const Nest& inputs, const CallArgs& args) {
  auto tracer = make_ref<ShapeTracer>();
  auto stand_in = [&](const Tensor& t) {
    if (!is_keras_tensor(t)) return t;
    const Tensor* known = partial_value(t);
    return tracer->placeholder(t.dtype(), t.partial_shape(), known ? *known : Tensor());
  };
  if (knows_output_shapes()) {
    std::vector<Tensor> outputs;
    for (const PartialShape& shape : compute_call_shapes(inputs, args)) outputs.push_back(tracer->placeholder(compute_dtype(), shape));
    return outputs.size() == 1 ? Nest(outputs[0]) : Nest(outputs);
  }
  Scoped guard(thread_context().tracer, static_cast<Tracer*>(tracer.get()));
  CallArgs stand_in_args = args;
  for (auto& [name, nest] : stand_in_args.more) nest = nest.map(stand_in);
  const Nest stand_ins = inputs.map(stand_in);
  if (foreign_class() && !args.mask && inputs.is_tensor() && is_keras_tensor(inputs.tensor()))
    if (Tensor mask = mask_of_keras_tensor(inputs.tensor())) set_mask(stand_ins.tensor(), tracer->placeholder(mask.dtype(), mask.partial_shape()));
  Nest outputs = call_eager(stand_ins, stand_in_args);
  clear_losses();  // those of stand-ins mean nothing
  return outputs;
}

Nest LayerBody::call_symbolic(const Nest& inputs, const CallArgs& args) {
  check_inputs(input_spec(*this), inputs, name_);
  build_once(shapes_of(inputs), [&] { build_for_call(inputs, args); });
  Nest like = symbolic_outputs(inputs, args);
  auto node = KerasNode::make(Ref<LayerBody>(this), inputs, args);
  return node->make_outputs(like);
}

namespace {
// A penalty on outputs (batch, ...) as that of one sample, on average.
Tensor for_each_sample(const Tensor& penalty, const Tensor& outputs) {
  PartialShape s = outputs.partial_shape();
  if (s.has_rank() && s.rank() == 0) return penalty;
  return divide(penalty, cast(gather(shape(outputs), 0, 0), penalty.dtype()));
}
}  // namespace

Nest LayerBody::call_eager(const Nest& inputs, const CallArgs& args) {
  CallArgs with_mask = args;
  Tensor first = args.mask ? args.mask : first_mask(inputs);
  if (!begins_with_states(args)) with_mask.mask = first;
  Nest cast = cast_inputs(inputs);
  check_inputs(input_spec(*this), cast, name_);
  if (!built_) build_once(shapes_of(cast), [&] { build_for_call(cast, args); });
  check_no_text(*this, cast);
  Nest outputs = call_in_remat_scope(*this, cast, with_mask);
  if (supports_masking_)
    if (Nest masks = compute_masks(inputs, first)) pass_on(masks, outputs);
  if (!supports_masking_ && has_saved_state()) warn_of_lost_mask(*this, inputs);  // the operations of a graph have no such duty
  if (activity_regularizer_)
    for (const Tensor& t : outputs.flatten()) add_loss(for_each_sample(activity_regularizer_(t), t));
  return outputs;
}

namespace {
// "model/dense" while the layer is being built or called, else its name below whatever is.
std::string path_here(const LayerBody& layer) {
  return !frames.empty() && frames.back().layer == &layer ? current_layer_path() : join_path(current_layer_path(), layer.name());
}

/// What a weight is held to. The layer owns it and the Variable refers to it, so that no Variable, which many things own, leads back to
/// another language. What C++ made, the Variable keeps as well.
class WeightRules final : public KerasObject {
 public:
  explicit WeightRules(const WeightSpec& spec) : held_(new VariableRules{spec.regularizer.body(), spec.constraint.body()}) {}
  std::string class_name() const override { return "WeightRules"; }
  std::string module() const override { return "keras"; }
  std::weak_ptr<const VariableRules> notes() const { return held_; }
  std::function<Tensor(const Tensor&)> function_of(const Constraint& constraint) const {
    ConstraintBody* body = constraint.body().get();
    const bool is_own = body->foreign_class() || (body->foreign() && dynamic_cast<FromFunction<ConstraintBody>*>(body));
    if (!is_own) return [constraint](const Tensor& w) { return constraint(w); };
    return [body, notes = notes()](const Tensor& w) {
      if (auto held = notes.lock()) return body->call(w);
      fail<RuntimeError>("Variable", "the layer that holds the constraint of this Variable is gone", {.hint = "keep the layer."});
    };
  }
  void visit_owned(OwnedVisitor& visitor) const override {
    visitor.owned(held_->regularizer.get());
    visitor.owned(held_->constraint.get());
  }

 private:
  std::shared_ptr<const VariableRules> held_;
};
}  // namespace

Variable LayerBody::add_weight(const WeightSpec& spec) {
  Variable variable;
  auto rules = make_ref<WeightRules>(spec);
  outside_of_traces([&] {
    DType dtype = spec.dtype ? spec.dtype : variable_dtype();
    Initializer initializer = spec.initializer ? spec.initializer : Initializer(dtype.is_floating() ? "glorot_uniform" : "zeros");
    VariableOptions options{.trainable = spec.trainable && trainable_, .name = cat(path_here(*this), "/", spec.name)};
    if (spec.constraint) options.constraint = rules->function_of(spec.constraint);
    variable = Variable(initializer(spec.shape, dtype), options);
  });
  if (spec.regularizer) regularized_.emplace_back(variable, spec.regularizer);
  if (spec.regularizer || spec.constraint) track_object(rules);
  notes_of(variable) = {rules->notes(), true};
  track_variable(variable, spec.trainable);
  return variable;
}

void LayerBody::track_variable(const Variable& variable, bool trainable) {
  (trainable ? trainable_own_ : other_own_).push_back(variable);
}

void LayerBody::untrack_variable(const Variable& variable) {
  auto same = [&](const Variable& v) { return v.is(variable); };
  std::erase_if(trainable_own_, same);
  std::erase_if(other_own_, same);
  std::erase_if(regularized_, [&](const auto& item) { return same(item.first); });
}
void LayerBody::untrack(const LayerBody* layer) {
  std::erase_if(attributes_, [&](const auto& item) { return item.second == layer; });
  auto found = std::find_if(sublayers_.begin(), sublayers_.end(), [&](const Ref<LayerBody>& l) { return l.get() == layer; });
  if (found != sublayers_.end()) sublayers_.erase(found);
}
bool LayerBody::tracks(const LayerBody* layer) const {
  return std::any_of(sublayers_.begin(), sublayers_.end(), [&](const Ref<LayerBody>& l) { return l.get() == layer; });
}
void LayerBody::visit_owned(OwnedVisitor& visitor) const {
  for (const auto& layer : sublayers_) visitor.owned(layer.get());
  for (const auto& object : tracked_objects_) visitor.owned(object.get());
  for (const auto& [variable, regularizer] : regularized_) visitor.owned(regularizer.body().get());
  visitor.owned(activity_regularizer_.body().get());
}
void LayerBody::clear_owned() {
  auto layers = std::move(sublayers_);
  auto objects = std::move(tracked_objects_);
  auto rules = std::move(regularized_);
}
void LayerBody::set_initial_weights(std::vector<Tensor> values) {
  initial_weights_ = std::move(values);
  if (built_) set_weights(std::exchange(initial_weights_, {}));
}

std::vector<Variable> LayerBody::own_weights() const {
  std::vector<Variable> out = trainable_own_;
  append(out, other_own_);
  return out;
}
std::vector<Variable> LayerBody::trainable_weights() const {
  if (!trainable_) return {};
  std::vector<Variable> out = weights();
  std::erase_if(out, [](const Variable& v) { return !v.trainable(); });
  return out;
}
std::vector<Variable> LayerBody::non_trainable_weights() const {
  std::vector<Variable> out = weights();
  if (trainable_) std::erase_if(out, [](const Variable& v) { return v.trainable(); });
  return out;
}
std::vector<Variable> LayerBody::weights() const {
  std::vector<Variable> out;
  for (const LayerBody* layer : const_cast<LayerBody*>(this)->all_layers()) append(out, layer->own_weights());
  if (!dynamic_cast<const ModelBody*>(this)) return out;
  // As in Keras 2, plain Variables that a model keeps stand after the weights of its layers.
  const std::vector<Variable> own = own_weights();
  auto is_plain = [&](const Variable& v) {
    return !notes_of(v).is_weight && std::any_of(own.begin(), own.end(), [&](const Variable& w) { return w.is(v); });
  };
  std::stable_partition(out.begin(), out.end(), [&](const Variable& v) { return !is_plain(v); });
  return out;
}

std::vector<Tensor> LayerBody::get_weights() const {
  std::vector<Tensor> out;
  for (const Variable& v : weights()) out.push_back(v.value());
  return out;
}

void LayerBody::set_weights(const std::vector<Tensor>& values) {
  std::vector<Variable> variables = weights();
  if (values.size() != variables.size())
    fail<ValueError>("", cat("You called `set_weights(weights)` on layer '", name_, "' with a weight list of length ", values.size(),
                             ", but the layer was expecting ", variables.size(), " weights."));
  for (size_t i = 0; i < values.size(); ++i)
    if (!variables[i].shape().is_compatible_with(values[i].shape()))
      fail<ValueError>("", cat("Layer ", name_, " weight shape ", to_text(variables[i].shape()), " is not compatible with provided weight shape ",
                               to_text(values[i].shape()), "."));
  for (size_t i = 0; i < values.size(); ++i) variables[i].assign(cast(values[i], variables[i].dtype()));
}

int64_t LayerBody::count_params() const {
  if (!built_) fail<ValueError>("", cat("You tried to call `count_params` on layer '", name_, "', but the layer isn't built. "
                                        "You can build it manually via: `layer.build(input_shape)`."));
  int64_t n = 0;
  for (const Variable& v : weights()) n += v.shape().num_elements();
  return n;
}

std::vector<SavedVariable> LayerBody::saved_variables() const { return numbered(own_weights()); }

std::vector<SavedMember> LayerBody::named_members() const {
  std::vector<SavedMember> out;
  for (const auto& [attribute, layer] : attributes_) out.push_back({attribute, Ref<LayerBody>(layer)});
  for (const auto& [attribute, layers] : lists_) {
    SavedMember& list = out.emplace_back(SavedMember{attribute});
    for (LayerBody* layer : layers) list.items.push_back({{}, Ref<LayerBody>(layer)});
  }
  return out;
}

std::vector<SavedMember> LayerBody::saved_members() const {
  std::vector<SavedMember> out = named_members();
  sort_members(out);
  if (!sublayers_.empty()) out.push_back({"layers", {}, list_of(sublayers_)});
  return out;
}

namespace {
void collect(LayerBody* layer, std::vector<LayerBody*>& out) {
  if (std::find(out.begin(), out.end(), layer) != out.end()) return;  // shared, or it holds one that holds it
  out.push_back(layer);
  for (const auto& below : layer->sublayers()) collect(below.get(), out);
}
}  // namespace

std::vector<LayerBody*> LayerBody::all_layers() {
  std::vector<LayerBody*> out;
  collect(this, out);
  return out;
}

std::vector<Tensor> LayerBody::own_losses() const {
  std::vector<Tensor> out = losses_;
  if (!trainable_) return out;
  for (const auto& [variable, regularizer] : regularized_) out.push_back(regularizer(variable.value()));
  return out;
}

std::vector<Tensor> LayerBody::losses() {
  std::vector<Tensor> out;
  for (LayerBody* layer : all_layers())
    for (const Tensor& loss : layer == this ? own_losses() : layer->own_losses()) out.push_back(loss);
  return out;
}

void LayerBody::clear_losses() {
  for (LayerBody* layer : all_layers()) layer->losses_.clear();
}

LayerBaseBody::LayerBaseBody(const LayerBaseOptions& options) : LayerWith(options) { supports_masking_ = false; }

// Keras's base saves the regularizer where there is one, and never whether inputs are cast.
Config LayerBaseBody::get_config() const {
  Config all = LayerWith::get_config(), out = Config::dict();
  for (const char* name : {"name", "trainable", "dtype"}) out.set(name, all.at(name));
  if (options_.activity_regularizer) out.set("activity_regularizer", all.at("activity_regularizer"));
  return out;
}

RUNNEL_KERAS_CLASS(layers, Layer, LayerBaseBody)

}  // namespace runnel::inline v0::keras
