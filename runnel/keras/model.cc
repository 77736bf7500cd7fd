// How models are put together: functional graphs, sequences.
#include "runnel/keras/model.h"

#include <algorithm>
#include <map>

#include "runnel/base/error.h"
#include "runnel/base/pointer_map.h"
#include "runnel/keras/collected.h"
#include "runnel/keras/functional_graph.h"
#include "runnel/keras/kept_masks.h"
#include "runnel/keras/layers/input.h"
#include "runnel/keras/name_scope.h"
#include "runnel/keras/tensor_notes.h"
#include "runnel/op/shape_inference.h"
#include "runnel/ops/array.h"

namespace runnel::inline v0::keras {

namespace {

std::vector<PartialShape> shapes_in(const Nest& nest) {
  std::vector<PartialShape> out;
  for (const Tensor& t : nest.flatten()) out.push_back(t.partial_shape());
  return out;
}

PartialShape with_batch(const LayerBody& first) { return PartialShape({first.batch_size_option()}).concatenate(first.input_shape_option().shape()); }

// Nodes in depth-first order: what a node reads comes before it.
void visit(const std::vector<Tensor>& tensors, PointerMap<bool>& seen, std::vector<Ref<KerasNode>>& order) {
  for (const Tensor& t : tensors) {
    KerasNode* node = keras_node(t);
    if (!node || seen.contains(node)) continue;
    seen[node] = true;
    visit(node->reads(), seen, order);
    order.push_back(Ref<KerasNode>(node));
  }
}

// All tensors of the nest, dicts by the order of their keys: Keras numbers layers that way.
void collect_by_key(const Nest& nest, std::vector<Tensor>& out) {
  if (nest.is_dict()) {
    std::map<std::string, const Nest*> sorted;
    for (const auto& [key, item] : nest.dict()) sorted[key] = &item;
    for (const auto& [key, item] : sorted) collect_by_key(*item, out);
  } else if (nest.is_list()) {
    for (const Nest& item : nest.list()) collect_by_key(item, out);
  } else if (nest) {
    out.push_back(nest.tensor());
  }
}
std::vector<Tensor> by_key(const Nest& nest) {
  std::vector<Tensor> out;
  collect_by_key(nest, out);
  return out;
}

// Longest distance of each node to an output, for the order of layers that Keras saves.
std::vector<Ref<LayerBody>> layers_by_depth(const std::vector<Ref<KerasNode>>& order) {
  PointerMap<int> depth;
  for (size_t i = order.size(); i-- > 0;)
    for (const Tensor& t : order[i]->reads())
      if (KerasNode* from = keras_node(t)) depth[from] = std::max(depth[from], depth[order[i].get()] + 1);
  std::vector<std::pair<int, Ref<LayerBody>>> ranked;
  for (const auto& node : order) {
    int d = depth[node.get()];
    auto known = std::find_if(ranked.begin(), ranked.end(), [&](const auto& item) { return item.second == node->layer(); });
    if (known == ranked.end()) ranked.emplace_back(d, node->layer());
    else known->first = std::max(known->first, d);
  }
  std::stable_sort(ranked.begin(), ranked.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<Ref<LayerBody>> out;
  for (const auto& [d, layer] : ranked) out.push_back(layer);
  return out;
}

void check_keras_tensors(const Nest& nest, const char* which) {
  for (const Tensor& t : nest.flatten())
    if (!is_keras_tensor(t))
      fail<ValueError>("", cat("All `", which, "` values must be KerasTensors."), {.got = to_text(t), .hint = "they come from keras.Input() and from layers called on such tensors."});
}

}  // namespace

FunctionalBody::FunctionalBody(const Nest& inputs, const Nest& outputs, const std::string& name)
    : inputs_(own_handles(inputs)), outputs_(own_handles(outputs.is_list() && outputs.list().size() == 1 ? outputs[0] : outputs)) {  // [y] gives y, as in Keras
  set_base(name, true, DTypePolicy());
  check_keras_tensors(inputs, "inputs");
  check_keras_tensors(outputs, "outputs");
  PointerMap<bool> seen;
  visit(by_key(outputs), seen, order_);
  visit(by_key(inputs), seen, order_);  // those that no output depends on
  layers_ = layers_by_depth(order_);
  for (const auto& layer : layers_) {
    bool clash = std::any_of(layers_.begin(), layers_.end(), [&](const auto& l) { return l != layer && l->name() == layer->name(); });
    if (clash) fail<ValueError>("Model", cat("The name \"", layer->name(), "\" is used 2 times in the model. All layer names should be unique."));
    track(layer);
  }
  for (const auto& node : order_) {
    bool given = false;
    for (const Tensor& t : inputs.flatten()) given |= keras_node(t) == node.get();
    if (!given && node->reads().empty())
      fail<ValueError>("Model", cat("`outputs` depend on the input \"", node->layer()->name(), "\", which is not among `inputs`"));
  }
  takes_masks_off_ = takes_masks_off(*this);
  set_built(true);
}

// Batches may have any size, also where the graph was made with a certain one.
static bool fits(const PartialShape& wanted, const PartialShape& given) {
  if (!given.has_rank() || wanted.rank() == 0) return true;
  return given.rank() == wanted.rank() && wanted.slice(1, wanted.rank()).is_compatible_with(given.slice(1, given.rank()));
}

static std::string in_quotes(const std::vector<std::string>& names) { return cat("['", join(names, "', '"), "']"); }

// Those of a dict in the order of their names; others may be there as well.
static Nest::List inputs_by_name(const Nest& given, const std::vector<std::string>& names) {
  Nest::List out;
  std::vector<std::string> keys;
  for (const auto& [key, value] : given.dict()) keys.push_back(key);
  for (const std::string& name : names) {
    if (std::find(keys.begin(), keys.end(), name) == keys.end())
      fail<ValueError>("", cat("Missing data for input \"", name, "\". You passed a data dictionary with keys ", in_quotes(keys),
                               ". Expected the following keys: ", in_quotes(names)));
    out.push_back(given[name]);
  }
  return out;
}

// Dicts by key or by the names of the inputs, everything else by position.
Nest FunctionalBody::match_inputs(const Nest& given) const {
  return given.is_dict() ? Nest(inputs_by_name(given, names_of(inputs_))) : given;
}

void FunctionalBody::visit_owned(OwnedVisitor& visitor) const {
  ModelBody::visit_owned(visitor);
  for (const auto& layer : layers_) visitor.owned(layer.get());
  for (const auto& node : order_) visitor.owned(node.get());
  for (const Nest* ends : {&inputs_, &outputs_}) visit_nest(*ends, visitor);
  for (const auto& [tensor, tell] : watched_) visit_tensor(tensor, visitor);
}

namespace {
// As in Keras, an array of whole numbers becomes one of floats where the Input says so, and the other way round.
// Complex numbers stay, for a cast would drop half of them.
Tensor with_kind_of(const Tensor& input, const Tensor& given) {
  bool alike = given.dtype() == string || given.dtype().is_complex() || given.dtype().is_floating() == input.dtype().is_floating();
  return alike ? given : cast(given, input.dtype());
}

// As in Keras, a last axis of one is added or dropped where the Input has it otherwise: (batch,) is taken as (batch, 1). The mask goes along.
Tensor with_rank_of(const Tensor& input, const Tensor& given) {
  const PartialShape wanted = input.partial_shape(), found = given.partial_shape();
  if (!wanted.has_rank() || !found.has_rank() || wanted.rank() == 0 || wanted.rank() == found.rank()) return given;
  const bool adds = found.rank() + 1 == wanted.rank() && wanted.dim(-1) == 1;
  const bool drops = found.rank() == wanted.rank() + 1 && found.dim(-1) == 1;
  if (!adds && !drops) return given;
  Tensor out = adds ? expand_dims(given, -1) : squeeze(given, {-1});
  if (Tensor mask = mask_of(given)) set_mask(out, mask);
  return out;
}

Tensor as_input(const Tensor& given, const Tensor& input) { return with_rank_of(input, with_kind_of(input, given)); }
}  // namespace

Nest FunctionalBody::call(const Nest& inputs, const CallArgs& args) {
  std::vector<Tensor> given = match_inputs(inputs).flatten(), wanted = inputs_.flatten();
  if (given.size() != wanted.size())
    fail<ValueError>("", cat("Layer \"", name(), "\" expects ", wanted.size(), " input(s), but it received ", given.size(), " input tensors."),
                     {.got = shapes_text(inputs), .expected = shapes_text(inputs_)});
  PointerMap<std::vector<Tensor>> values;  // of each node's outputs
  KeptMasks kept;
  for (size_t i = 0; i < given.size(); ++i) {
    const Tensor x = as_input(given[i], wanted[i]);
    if (!fits(wanted[i].partial_shape(), x.partial_shape()))
      fail<ValueError>("", cat("Input ", i, " with name '", keras_node(wanted[i])->layer()->name(), "' of layer '", name(), "' is incompatible with the layer: expected shape=",
                               to_text(wanted[i].partial_shape()), ", found shape=", to_text(given[i].partial_shape())));
    values[keras_node(wanted[i])] = {x};
    if (takes_masks_off_) kept.add_input(wanted[i], x);
  }
  auto value_of = [&](const Tensor& t) {
    KerasNode* node = keras_node(t);
    return node ? (*values.find(node))[size_t(t.symbol().output)] : t;
  };
  for (const auto& node : order_) {
    if (values.contains(node.get())) continue;
    CallArgs call_args = node->args();
    if (!call_args.training) call_args.training = args.training;
    if (call_args.mask) call_args.mask = value_of(call_args.mask);
    for (auto& [name, nest] : call_args.more) nest = nest.map(value_of);
    const Nest read = node->inputs().map(value_of);
    const bool lent = takes_masks_off_ && kept.lend(*node, read, call_args);
    std::vector<Tensor>& made = values[node.get()] = (*node->layer())(read, call_args).flatten();
    if (takes_masks_off_) kept.add(*node, read, made, lent);
  }
  for (const auto& [tensor, tell] : watched_) tell(value_of(tensor));
  return outputs_.map(value_of);
}

void FunctionalBody::watch(const Tensor& tensor, std::function<void(const Tensor&)> tell) {
  PointerMap<bool> seen;
  for (const auto& node : order_) seen[node.get()] = true;
  visit({tensor}, seen, order_);
  watched_.emplace_back(own_handle(tensor), std::move(tell));
}

void FunctionalBody::add_loss(const Tensor& loss) {
  if (!is_keras_tensor(loss)) return ModelBody::add_loss(loss);
  watch(loss, [this](const Tensor& value) { ModelBody::add_loss(value); });
}

void FunctionalBody::add_metric(const Tensor& value, const Metric& metric) {
  track_object(metric.body());
  watch(value, [held = metric.body().get()](const Tensor& now) { Metric(Ref<MetricBody>(held)).update_state(now); });
}

SequentialBody::SequentialBody(const std::vector<Layer>& layers, const std::string& name) {
  set_base(name, true, DTypePolicy());
  for (const Layer& layer : layers) sequence_.push_back(layer.body());
}

// The layers are added once the model has its name, which begins the paths of their weights.
void SequentialBody::constructed() {
  ModelBody::constructed();
  for (const auto& layer : std::exchange(sequence_, {})) append(layer);
  count_graph();
}

// Keras's name of the next functional model counts the graphs inside sequential ones.
void SequentialBody::count_graph() const {
  if (outputs_ && !layers().empty()) unique_name("functional");
}

void SequentialBody::add(const Ref<LayerBody>& layer) {
  append(layer);
  count_graph();
}

void SequentialBody::append(const Ref<LayerBody>& layer) {
  if (layer.get() == this) fail<ValueError>(name(), "a model cannot be added to itself");
  const bool again = tracks(layer.get());  // one layer may stand in several places
  for (const auto& other : sublayers())
    if (!again && other->name() == layer->name())
      fail<ValueError>("", cat("All layers added to a Sequential model should have unique names. Name '", layer->name(),
                               "' is already the name of a layer in this model. Update the `name` argument to pass a unique name."));
  sequence_.push_back(layer);
  if (!again) track(layer);
  NameScope scope(this);
  if (!outputs_) return build_if_shape_known();
  outputs_ = (*layer)(outputs_);
}

void SequentialBody::pop() {
  if (sequence_.empty()) fail<IndexError>("", "There are no layers in the model.");
  const Ref<LayerBody> last = sequence_.back();
  sequence_.pop_back();
  if (std::find(sequence_.begin(), sequence_.end(), last) == sequence_.end()) untrack(last.get());
  Nest input = inputs_;
  inputs_ = outputs_ = Nest();
  if (input && !sequence_.empty()) build_graph(input.tensor());
}

// A first layer that knows its input's shape builds all.
void SequentialBody::build_if_shape_known() {
  LayerBody& first = *sequence_.front();
  if (auto* input = dynamic_cast<InputLayerBody*>(&first))
    return build_graph(input->nodes().empty() ? input->make_tensor() : input->nodes().front()->output(0));
  if (auto* model = dynamic_cast<ModelBody*>(&first); model && model->inputs().is_tensor()) {
    PartialShape shape = model->inputs().tensor().partial_shape();
    return build_for(shape);
  }
  if (first.input_shape_option().is_set()) build_for(with_batch(first));
}

void SequentialBody::build(const PartialShape& input_shape) {
  build_for(input_shape);
  count_graph();
}

void SequentialBody::build_for(const PartialShape& input_shape) {
  if (!input_shape.has_rank() || input_shape.rank() == 0) fail<ValueError>("", cat("Sequential model '", name(), "' needs an input of a known rank"));
  build_graph(Input(input_shape.slice(1, input_shape.rank()), compute_dtype(), "", {.batch_size = input_shape[0]}));
}

void SequentialBody::build_graph(const Tensor& input) {
  NameScope scope(this);
  inputs_ = input;
  set_build_shapes({input.partial_shape()});
  Nest x = input;
  for (const auto& layer : layers()) x = (*layer)(x);
  outputs_ = x;
  set_built(true);
}

Nest SequentialBody::call(const Nest& inputs, const CallArgs& args) {
  if (sequence_.empty()) fail<ValueError>("", cat("Sequential model '", name(), "' has no layers"), {.hint = "add() some before it is called."});
  Nest x = inputs.is_list() && inputs.list().size() == 1 ? inputs[0] : inputs;
  if (x.is_dict() && inputs_.is_tensor() && inputs_.tensor()) x = inputs_by_name(x, {keras_node(inputs_.tensor())->layer()->name()})[0];
  if (x.is_tensor() && inputs_.is_tensor() && inputs_.tensor()) x = as_input(x.tensor(), inputs_.tensor());
  for (const auto& layer : sequence_)
    if (!dynamic_cast<InputLayerBody*>(layer.get())) x = (*layer)(x, args);
  return x;
}

std::vector<Ref<LayerBody>> SequentialBody::layers() const {
  std::vector<Ref<LayerBody>> out;
  for (const auto& layer : sequence_)
    if (!dynamic_cast<InputLayerBody*>(layer.get())) out.push_back(layer);
  return out;
}

static thread_local const ModelBody* called_model = nullptr;

// A model defined by its call() alone is built by tracing it.
void ModelBody::build(const std::vector<PartialShape>& input_shapes) {
  if (called_model == this) return;
  auto tracer = make_ref<ShapeTracer>();
  Scoped guard(thread_context().tracer, static_cast<Tracer*>(tracer.get()));
  Nest::List inputs;
  for (const PartialShape& shape : input_shapes) inputs.emplace_back(tracer->placeholder(compute_dtype(), shape));
  set_built(true);
  try {
    call(inputs.size() == 1 ? inputs[0] : Nest(inputs), {});
    clear_losses();  // those of stand-ins mean nothing
  } catch (const NotImplementedError&) {  // no call(): warn_of_unbuilt_parts() tells who built it by hand
  } catch (...) {
    set_built(false);
    throw;
  }
}

// The call itself comes next, with the values, and makes what is missing.
void ModelBody::build_for_call(const Nest& inputs, const CallArgs&) {
  Scoped calling(called_model, static_cast<const ModelBody*>(this));
  build(shapes_in(inputs));
}

Ref<LayerBody> layer_of(const Tensor& keras_tensor) {
  KerasNode* node = keras_node(keras_tensor);
  if (!node) fail<ValueError>("", "a Keras tensor is needed", {.got = to_text(keras_tensor)});
  return node->layer();
}

std::vector<std::string> names_of(const Nest& tensors) {
  std::vector<std::string> names;
  if (tensors.is_dict())
    for (const auto& [key, value] : tensors.dict()) names.push_back(key);
  else
    for (const Tensor& t : tensors.flatten()) names.push_back(layer_of(t)->name());
  return names;
}

std::vector<std::string> ModelBody::output_names(size_t count) const {
  std::vector<std::string> names = names_of(outputs());
  for (size_t i = names.size(); i < count; ++i) names.push_back(cat("output_", i + 1));
  return names;
}

void ModelBody::visit_owned(OwnedVisitor& visitor) const {
  LayerBody::visit_owned(visitor);
  if (compiled_) compiled_->visit_owned(visitor);
}
void ModelBody::clear_owned() {
  LayerBody::clear_owned();
  compiled_.reset();
}
void SequentialBody::visit_owned(OwnedVisitor& visitor) const {
  ModelBody::visit_owned(visitor);
  for (const auto& layer : sequence_) visitor.owned(layer.get());
  for (const Nest* ends : {&inputs_, &outputs_}) visit_nest(*ends, visitor);
}
void SequentialBody::clear_owned() {
  ModelBody::clear_owned();
  auto layers = std::move(sequence_);
  inputs_ = outputs_ = Nest();
}
void FunctionalBody::clear_owned() {
  ModelBody::clear_owned();
  auto layers = std::move(layers_);
  auto nodes = std::move(order_);
  auto watched = std::move(watched_);
  inputs_ = outputs_ = Nest();
}

RUNNEL_KERAS_CLASS(models, Model, SubclassedModelBody)

Model::Model(const Nest& inputs, const Nest& outputs, const std::string& name) : body_(make_ref<FunctionalBody>(inputs, outputs, name)) {
  body_->constructed();
}
Sequential::Sequential(const std::vector<Layer>& layers, const std::string& name) : body_(make_ref<SequentialBody>(layers, name)) {
  body_->constructed();
}

Ref<LayerBody> ModelBody::get_layer(const std::string& name) const {
  std::vector<std::string> names;
  for (const auto& layer : layers()) {
    if (layer->name() == name) return layer;
    names.push_back(layer->name());
  }
  fail<ValueError>("", cat("No such layer: ", name, ". Existing layers are: ", in_quotes(names), "."));
}

}  // namespace runnel::inline v0::keras
