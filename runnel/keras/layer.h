// Layers: LayerBody is what one subclasses, Layer the handle that is passed around, LayerOf<Body> a concrete one.
//
//   struct ScaleBody : LayerWith<ScaleOptions> {
//     using LayerWith::LayerWith;
//     Variable scale;
//     std::string class_name() const override { return "Scale"; }
//     void build(const PartialShape& input) override { scale = add_weight({.name = "scale", .shape = {input.dim(-1)}, .initializer = "ones"}); }
//     Tensor call(const Tensor& x, const CallArgs& args) override { return x * scale; }
//   };
//   using Scale = LayerOf<ScaleBody>;
#pragma once

#include <functional>
#include <optional>
#include <source_location>
#include <span>
#include <string>
#include <vector>

#include "runnel/base/filled.h"
#include "runnel/keras/constraints.h"
#include "runnel/keras/initializers.h"
#include "runnel/keras/nest.h"
#include "runnel/keras/overrides.h"
#include "runnel/keras/regularizers.h"
#include "runnel/ops/variable.h"

namespace runnel::inline v0::keras {

class Layer;
class KerasNode;  // keras/functional_graph.h

struct CallArgs {
  std::optional<bool> training{};  ///< Unset: the caller's, or false.
  Tensor mask{};                   ///< Bool; which positions count. Unset: the mask that the inputs carry.
  Nest::Dict more{};               ///< Further tensors by name: {"value", ...}, {"initial_state", ...}.
  Config::Dict options{};          ///< Further arguments that are no tensors.
  Ref<RefCounted> foreign{};       ///< Another language's own form of `more` and `options`.
};

struct WeightSpec {
  std::string name = "weight";
  Shape shape{};
  Initializer initializer = "glorot_uniform";
  Regularizer regularizer{};
  Constraint constraint{};
  bool trainable = true;
  DType dtype{};  ///< Default: the layer's variable dtype.
};

template <class Body>
class OverridableLayer;

/// A computation with weights: build() makes them when the first input's shape is known, call() computes.
class LayerBody : public KerasObject {
 public:
  template <class Body>
  using Open = OverridableLayer<Body>;
  static constexpr const char* kKind = "layers";
  std::string module() const override { return "keras.layers"; }

  // What a layer defines. One of the two builds and one of the two calls are overridden, by the number of inputs.
  virtual void build(const PartialShape& input_shape) {}
  virtual void build(const std::vector<PartialShape>& input_shapes);
  /// What a call builds by; overridden where the weights also depend on the shapes of `args.more`.
  virtual void build_for_call(const Nest& inputs, const CallArgs& args);
  virtual Tensor call(const Tensor& input, const CallArgs& args);
  virtual Nest call(const Nest& inputs, const CallArgs& args);
  /// The shape of the outputs; by default found by tracing call() without running it.
  virtual PartialShape compute_output_shape(const PartialShape& input_shape);
  /// The same for any number of inputs and outputs; calls the above for one.
  virtual std::vector<PartialShape> compute_output_shapes(const std::vector<PartialShape>& input_shapes);
  /// The same for a call, whose further arguments may count as well.
  virtual std::vector<PartialShape> compute_call_shapes(const Nest& inputs, const CallArgs& args);
  /// Names of call()'s arguments after the inputs, in order.
  virtual std::vector<std::string> call_arguments() const { return {"training", "mask"}; }
  /// The mask of the outputs, given that of the inputs; by default passed on.
  virtual Tensor compute_mask(const Nest& inputs, const Tensor& mask) { return mask; }
  /// The same as one mask for all outputs, or a list of one each.
  virtual Nest compute_masks(const Nest& inputs, const Tensor& mask);

  /// Builds if need be, computes, applies the activity regularizer. On Keras inputs it adds a node to their graph.
  Nest operator()(const Nest& inputs, const CallArgs& args = CallArgs());
  /// Creates the weights for inputs of these shapes unless that has been done.
  void ensure_built(const std::vector<PartialShape>& input_shapes);

  /// Gives the layer its automatic name where it has none.
  void constructed() override;
  const std::string& name() const { return name_; }
  void set_name(const std::string& name) { name_ = name; }
  /// "train.py:12": the user's line that made the layer, for messages; empty where that is unknown.
  const std::string& made_at() const { return made_at_; }
  void set_made_at(std::string place) { made_at_ = std::move(place); }
  void visit_owned(OwnedVisitor& visitor) const override;
  void clear_owned() override;
  bool built() const { return built_; }
  void set_built(bool built) { built_ = built; }
  bool trainable() const { return trainable_; }
  void set_trainable(bool trainable);
  const DTypePolicy& dtype_policy() const { return dtype_; }
  DType variable_dtype() const { return dtype_.variable_dtype(); }
  DType compute_dtype() const { return dtype_.compute_dtype(); }
  void set_dtype_policy(const DTypePolicy& policy) { dtype_ = DTypePolicy(policy.name()); }
  bool supports_masking() const { return supports_masking_; }
  void set_supports_masking(bool on) { supports_masking_ = on; }
  bool autocast() const { return autocast_; }
  const ShapeOption& input_shape_option() const { return input_shape_; }
  /// The size of the batch axis before that shape; -1 where any will do.
  int64_t batch_size_option() const { return batch_size_; }
  void set_batch_size_option(int64_t size) { batch_size_ = size; }
  /// The shapes that the layer was built for; empty before.
  const std::vector<PartialShape>& build_shapes() const { return build_shapes_; }
  void set_build_shapes(std::vector<PartialShape> shapes) { build_shapes_ = std::move(shapes); }
  /// {"query_shape": [2, 3], ...}: what a build() of several arguments was given; null for others.
  const Config& build_arguments() const { return build_arguments_; }
  void set_build_arguments(const Config& arguments) { build_arguments_ = arguments; }

  /// Trainable, then the others; own ones before those of the sub-layers.
  std::vector<Variable> weights() const;
  std::vector<Variable> trainable_weights() const;
  std::vector<Variable> non_trainable_weights() const;
  /// The layer's own, in order of creation: trainable first (what is saved under its path).
  std::vector<Variable> own_weights() const;
  std::vector<Tensor> get_weights() const;
  /// ValueError where number or shapes differ.
  void set_weights(const std::vector<Tensor>& values);
  int64_t count_params() const;
  bool has_saved_state() const override { return true; }
  /// own_weights() as "0", "1", ...
  std::vector<SavedVariable> saved_variables() const override;
  /// named_members(); then the other sub-layers as a list "layers".
  std::vector<SavedMember> saved_members() const override;
  /// The objects that are attributes of the layer.
  virtual std::vector<SavedMember> named_members() const;
  /// Sub-layers, direct ones.
  const std::vector<Ref<LayerBody>>& sublayers() const { return sublayers_; }
  /// This layer and all below it, depth first, each once.
  std::vector<LayerBody*> all_layers();
  /// Penalties of the regularizers and what add_loss() collected in the last call.
  virtual std::vector<Tensor> losses();
  void clear_losses();

  /// Nodes of functional graphs that this layer made, oldest first.
  const std::vector<KerasNode*>& nodes() const { return nodes_; }
  void add_node(KerasNode* node) { nodes_.push_back(node); }
  void forget_node(KerasNode* node) { std::erase(nodes_, node); }

  /// For subclasses, and for bindings that subclass in another language.
  Variable add_weight(const WeightSpec& spec);
  void track_variable(const Variable& variable, bool trainable);
  void untrack_variable(const Variable& variable);
  void untrack(const LayerBody* layer);
  bool tracks(const LayerBody* layer) const;
  /// Metrics and the like that the layer holds.
  void track_object(const Ref<KerasObject>& object) { tracked_objects_.push_back(object); }
  const std::vector<Ref<KerasObject>>& tracked_objects() const { return tracked_objects_; }
  /// Values that the weights get when they are built.
  void set_initial_weights(std::vector<Tensor> values);
  void track(const Ref<LayerBody>& layer) { sublayers_.push_back(layer); }
  template <class L>
  L track(const L& layer) {
    track(Ref<LayerBody>(layer.body()));
    return layer;
  }
  /// The same for a layer that is saved as an attribute: track("cell", cell).
  void track(const std::string& attribute, const Ref<LayerBody>& layer) {
    attributes_.emplace_back(attribute, layer.get());
    if (!tracks(layer.get())) track(layer);
  }
  template <class L>
  L track(const std::string& attribute, const L& layer) {
    track(attribute, Ref<LayerBody>(layer.body()));
    return layer;
  }
  /// The same for a list of layers.
  template <class L>
  std::vector<L> track(const std::string& attribute, const std::vector<L>& layers) {
    auto& list = lists_.emplace_back(attribute, std::vector<LayerBody*>()).second;
    for (const L& layer : layers) {
      list.push_back(layer.body().get());
      track(layer);
    }
    return layers;
  }
  virtual void add_loss(const Tensor& loss) { losses_.push_back(loss); }
  /// Penalties of this layer alone, without those of the layers below.
  std::vector<Tensor> own_losses() const;
  void set_activity_regularizer(const Regularizer& regularizer) { activity_regularizer_ = regularizer; }

 protected:
  LayerBody() = default;
  /// Sets name, trainable, dtype and input_shape from an options struct that has these fields.
  template <class Options>
  void configure(const Options& options) {
    set_base(options.name, options.trainable, options.dtype);
    if constexpr (requires { options.input_shape; }) input_shape_ = options.input_shape;
    if constexpr (requires { options.activity_regularizer; }) activity_regularizer_ = options.activity_regularizer;
    if constexpr (requires { options.autocast; }) autocast_ = options.autocast;
  }
  void set_base(const std::string& name, bool trainable, const DTypePolicy& dtype);
  bool supports_masking_ = true;

 private:
  void build_once(const std::vector<PartialShape>& input_shapes, const std::function<void()>& build);
  Nest call_symbolic(const Nest& inputs, const CallArgs& args);
  Nest call_eager(const Nest& inputs, const CallArgs& args);
  Nest cast_inputs(const Nest& inputs) const;
  Nest symbolic_outputs(const Nest& inputs, const CallArgs& args);
  virtual bool knows_output_shapes() const { return false; }

  std::string name_, made_at_;
  bool trainable_ = true, built_ = false, autocast_ = true;
  std::vector<PartialShape> build_shapes_;
  Config build_arguments_;
  DTypePolicy dtype_;
  ShapeOption input_shape_;
  int64_t batch_size_ = -1;
  Regularizer activity_regularizer_;
  std::vector<Variable> trainable_own_, other_own_;
  std::vector<std::pair<Variable, Regularizer>> regularized_;
  std::vector<Ref<LayerBody>> sublayers_;
  std::vector<std::pair<std::string, LayerBody*>> attributes_;  // of sublayers_
  std::vector<std::pair<std::string, std::vector<LayerBody*>>> lists_;
  std::vector<Ref<KerasObject>> tracked_objects_;
  std::vector<Tensor> initial_weights_;
  std::vector<Tensor> losses_;
  std::vector<KerasNode*> nodes_;
};

/// A layer made from an options struct with name, trainable and dtype.
template <class OptionsT, class Base = LayerBody>
class LayerWith : public BodyWith<Base, OptionsT> {
 public:
  explicit LayerWith(const OptionsT& options) : BodyWith<Base, OptionsT>(options) { this->configure(options); }
  Config get_config() const override {
    Config config = fields_to_config(this->options_);
    config.set("name", this->name());
    config.set("trainable", this->trainable());
    return config;
  }
};

struct LayerBaseOptions {
  Regularizer activity_regularizer{};
  bool trainable = true;
  DTypePolicy dtype{};
  bool autocast = true;
  std::string name{};
  ShapeOption input_shape{};
  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("activity_regularizer", s.activity_regularizer);
    v("trainable", s.trainable);
    v("dtype", s.dtype);
    v("autocast", s.autocast);
    v("name", s.name);
    if constexpr (!std::is_const_v<S>) v("input_shape", s.input_shape);
  }
};
/// What a subclass in another language is derived from.
class LayerBaseBody : public LayerWith<LayerBaseOptions> {
 public:
  static constexpr const char* kName = "Layer";
  explicit LayerBaseBody(const LayerBaseOptions& options);
  Config get_config() const override;
  std::string class_name() const override { return kName; }
};

/// What Layer and LayerOf<> offer alike. Self has body().
template <class Self>
class LayerMethods {
 public:
  Nest operator()(const Nest& inputs, const CallArgs& args = CallArgs()) const { return (*body())(inputs, args); }
  Tensor operator()(const Tensor& input, const CallArgs& args = CallArgs()) const { return (*body())(Nest(input), args).tensor(); }
  const std::string& name() const { return body()->name(); }
  bool trainable() const { return body()->trainable(); }
  void set_trainable(bool trainable) const { body()->set_trainable(trainable); }
  std::vector<Variable> weights() const { return body()->weights(); }
  std::vector<Variable> trainable_weights() const { return body()->trainable_weights(); }
  std::vector<Variable> trainable_variables() const { return body()->trainable_weights(); }
  std::vector<Variable> non_trainable_weights() const { return body()->non_trainable_weights(); }
  std::vector<Tensor> get_weights() const { return body()->get_weights(); }
  void set_weights(const std::vector<Tensor>& values) const { body()->set_weights(values); }
  int64_t count_params() const { return body()->count_params(); }
  std::vector<Tensor> losses() const { return body()->losses(); }
  Config get_config() const { return body()->get_config(); }

 private:
  LayerBody* body() const { return filled(static_cast<const Self*>(this)->body(), "Layer"); }
};

template <class Body>
class LayerOf;

/// Any layer. Final: a layer of one's own subclasses LayerBody, so that nothing is sliced off in a list of layers.
class Layer final : public LayerMethods<Layer> {
 public:
  Layer() = default;
  explicit Layer(Ref<LayerBody> body) : body_(std::move(body)) {}
  /// From any concrete layer or model.
  template <class L>
    requires(!std::same_as<L, Layer>) && requires(const L& layer) { Ref<LayerBody>(layer.body()); }
  Layer(const L& layer) : body_(layer.body()) {}
  explicit operator bool() const { return bool(body_); }
  const Ref<LayerBody>& body() const { return body_; }

 private:
  Ref<LayerBody> body_;
};

/// A concrete layer, made from its options:  layers::Dense dense({.units = 10});
template <class BodyT>
class LayerOf final : public LayerMethods<LayerOf<BodyT>> {
 public:
  using Body = BodyT;
  explicit LayerOf(const typename Body::Options& options = typename Body::Options(),
                   const std::source_location& where = std::source_location::current())
      : body_(make_object<Body>(options)) {
    body_->set_made_at(cat(where.file_name(), ":", where.line()));
  }
  const Ref<Body>& body() const { return body_; }

 private:
  Ref<Body> body_;
};

/// A layer of which a subclass is written in another language.
template <class Body>
class OverridableLayer : public Overridable<Body> {
 public:
  enum { kBuild, kCall, kComputeOutputShape, kComputeMask, kGetConfig };
  static constexpr const char* kMethods[] = {"build", "call", "compute_output_shape", "compute_mask", "get_config"};
  using Overridable<Body>::Overridable;
  void build(const std::vector<PartialShape>& shapes) override {
    if (this->overridden(kBuild)) return this->tell("build", {shapes});
    if constexpr (requires { Body::build(shapes); }) Body::build(shapes);
    else LayerBody::build(shapes);
  }
  void build_for_call(const Nest& inputs, const CallArgs& args) override {
    if (!this->overridden(kBuild)) return Body::build_for_call(inputs, args);
    binding().call_with_shapes(*this, "build", inputs, args, Wanted::kNothing);
  }
  Nest call(const Nest& inputs, const CallArgs& args) override {
    if (this->overridden(kCall)) return binding().call_layer(*this, inputs, args);
    if constexpr (requires { Nest(Body::call(inputs, args)); }) return Body::call(inputs, args);
    else return LayerBody::call(inputs, args);
  }
  Tensor call(const Tensor& input, const CallArgs& args) override {
    if (this->overridden(kCall)) return binding().call_layer(*this, Nest(input), args).tensor();
    if constexpr (requires { Tensor(Body::call(input, args)); }) return Body::call(input, args);
    else return LayerBody::call(input, args);
  }
  std::vector<PartialShape> compute_output_shapes(const std::vector<PartialShape>& shapes) override {
    if (!this->overridden(kComputeOutputShape)) return Body::compute_output_shapes(shapes);
    return std::get<Value::Shapes>(this->ask("compute_output_shape", {shapes}, Wanted::kShapes).held());
  }
  std::vector<PartialShape> compute_call_shapes(const Nest& inputs, const CallArgs& args) override {
    if (!this->overridden(kComputeOutputShape)) return Body::compute_call_shapes(inputs, args);
    return std::get<Value::Shapes>(binding().call_with_shapes(*this, "compute_output_shape", inputs, args, Wanted::kShapes).held());
  }
  PartialShape compute_output_shape(const PartialShape& shape) override {
    if (!this->overridden(kComputeOutputShape)) return Body::compute_output_shape(shape);
    return std::get<Value::Shapes>(this->ask("compute_output_shape", {shape}, Wanted::kShapes).held()).at(0);
  }
  Tensor compute_mask(const Nest& inputs, const Tensor& mask) override {
    if (!this->overridden(kComputeMask)) return Body::compute_mask(inputs, mask);
    const Nest made = masks_of_foreign(inputs, mask);
    if (made.is_list()) return made.list().empty() || !made[0] ? Tensor() : made[0].tensor();
    return made ? made.tensor() : Tensor();
  }
  Nest compute_masks(const Nest& inputs, const Tensor& mask) override {
    return this->overridden(kComputeMask) ? masks_of_foreign(inputs, mask) : Body::compute_masks(inputs, mask);
  }
  Config get_config() const override { return this->overridden(kGetConfig) ? this->config_of_foreign() : Body::get_config(); }
  std::vector<SavedMember> named_members() const override { return binding().saved_members(*this); }

 private:
  Nest masks_of_foreign(const Nest& inputs, const Tensor& mask) {
    return std::get<Nest>(this->ask("compute_mask", {inputs, mask}, Wanted::kNest).held());
  }
  bool knows_output_shapes() const override { return this->foreign_class()->overridden >> kComputeOutputShape & 1; }
};

/// The layer whose call() runs now on this thread ("model/dense"), for messages.
std::string current_layer_path();

}  // namespace runnel::inline v0::keras
