// Models: a layer that can be compiled, fitted, evaluated, asked and saved.
#pragma once

#include <algorithm>
#include <concepts>
#include <functional>
#include <memory>

#include "runnel/keras/callbacks.h"
#include "runnel/keras/check.h"
#include "runnel/keras/compiled.h"
#include "runnel/keras/layer.h"
#include "runnel/keras/layers/input.h"
#include "runnel/keras/training_data.h"

namespace runnel::inline v0::keras {

/// Held-out data for validation.
struct ValidationData {
  Nest x{}, y{}, sample_weight{};
};

/// After which epochs fit() validates: after every n-th, or after those of a list, counted from 1.
class ValidationFreq {
 public:
  template <std::integral N>
  ValidationFreq(N every) : every_(int64_t(every)) {}
  ValidationFreq(std::vector<int64_t> epochs) : epochs_(std::move(epochs)) {}
  ValidationFreq(std::initializer_list<int64_t> epochs) : epochs_(epochs) {}
  bool due(int64_t epoch) const {
    if (epochs_.empty()) return (epoch + 1) % every_ == 0;
    return std::find(epochs_.begin(), epochs_.end(), epoch + 1) != epochs_.end();
  }

 private:
  int64_t every_ = 1;
  std::vector<int64_t> epochs_;
};

class ProgressBar;

struct FitOptions {
  Int batch_size = 0;  ///< 0: 32, or as many as make `steps_per_epoch` steps of arrays.
  Int epochs = 1;
  int verbose = 1;  ///< 0 silent, 1 progress bar, 2 one line an epoch.
  std::vector<Callback> callbacks{};
  double validation_split = 0;  ///< The last part of the data, taken before shuffling.
  ValidationData validation_data{};
  bool shuffle = true;
  std::vector<std::pair<int64_t, double>> class_weight{};  ///< Weight of each class; others weigh 1.
  Nest sample_weight{};                                     ///< (samples), one for all outputs or one each.
  Int initial_epoch = 0;
  Int validation_batch_size = 0;  ///< 0: batch_size.
  ValidationFreq validation_freq = 1;
  Int steps_per_epoch = 0;  ///< 0: all of the data.
  Int validation_steps = 0;
};
struct EvaluateOptions {
  Int batch_size = 0;  ///< 0: 32, or as many as make `steps` steps of arrays; so in predict().
  int verbose = 1;
  Nest sample_weight{};
  Int steps = 0;  ///< 0: all of the data.
  std::vector<Callback> callbacks{};
};
struct PredictOptions {
  Int batch_size = 0;
  int verbose = 1;
  Int steps = 0;
  std::vector<Callback> callbacks{};
};

struct SaveOptions {
  bool overwrite = true;  ///< Else ValueError where the file is there.
  bool include_optimizer = true;
  double max_shard_size = 0;  ///< Of save_weights("x.weights.json"): gigabytes a file; 0: five.
};
struct LoadWeightsOptions {
  bool skip_mismatch = false;  ///< Leave out layers that do not fit, with a warning.
  bool by_name = false;        ///< Of Keras 2's format only: by the names of layers in place of their order.
};

class CompiledStep;       // keras/compiled_step.h
struct QuantizeOptions;  // keras/quantizers.h
struct SummaryOptions {
  Int line_length = 0;                     ///< Of the table, in characters; 0: as wide as Keras's.
  std::vector<double> positions{};         ///< Where columns end, as shares of the line or in characters.
  bool expand_nested = false;              ///< Shows the layers of models inside of the model.
  bool show_trainable = false;             ///< A column with Y and N.
  std::vector<std::string> layer_range{};  ///< Patterns of the names of the first and the last layer to show.
};

template <class Body>
class OverridableModel;

/// A layer that can be trained: compile(), fit(), evaluate(), predict(), save().
class ModelBody : public LayerBody {
 public:
  template <class Body>
  using Open = OverridableModel<Body>;
  ModelBody();
  ~ModelBody() override;
  std::string class_name() const override { return "Model"; }
  std::string module() const override { return "keras.models"; }
  void build(const std::vector<PartialShape>& input_shapes) override;
  void build_for_call(const Nest& inputs, const CallArgs& args) override;

  void compile(const CompileOptions& options);
  /// Quantizes the layers that can be; a warning for each other one. keras/quantizers.h
  void quantize(const QuantizeOptions& options);
  /// Trains. ValueError for data that do not fit together; the model stays usable after any error.
  History fit(const Nest& x, const Nest& y, const FitOptions& options = FitOptions());
  History fit(const data::Dataset& dataset, const FitOptions& options = FitOptions());
  /// The same with validation batches from anywhere, or none.
  History fit_arrays(const Batch& data, const Ref<BatchSource>& validation, const FitOptions& options);
  /// Batches from anywhere; `validation` may be empty.
  History fit(const Ref<BatchSource>& batches, const Ref<BatchSource>& validation, const FitOptions& options);
  /// The loss and the metrics over the data, in the order of metrics().
  std::vector<double> evaluate(const Nest& x, const Nest& y, const EvaluateOptions& options = EvaluateOptions());
  /// The same by name.
  Logs evaluate(const Ref<BatchSource>& batches, const EvaluateOptions& options);
  Nest predict(const Nest& x, const PredictOptions& options = PredictOptions());
  Nest predict(const Ref<BatchSource>& batches, const PredictOptions& options);
  /// Looks for mistakes in shapes, dtypes, labels, losses, weights and values, without training: the model learns nothing.
  CheckReport check(const Nest& x, const Nest& y = Nest(), const Nest& sample_weight = Nest());
  /// Of a data set: all of its batches are looked at for their values, the first one for everything.
  CheckReport check(const Ref<BatchSource>& batches);
  Logs train_on_batch(const Batch& batch, bool reset_metrics = true);
  Logs test_on_batch(const Batch& batch, bool reset_metrics = true);
  Logs train_on_batch(const Nest& x, const Nest& y, const Nest& sample_weight = Nest()) { return train_on_batch({x, y, sample_weight}); }
  Logs test_on_batch(const Nest& x, const Nest& y, const Nest& sample_weight = Nest()) { return test_on_batch({x, y, sample_weight}); }

  // One step on one batch: what a model of one's own overrides to train in its own way. fit() traces it once and runs the
  // program, unless compile() was told `run_eagerly`. The logs are those of the metrics, unless a step returns others: a dict
  // of scalars.
  virtual Nest train_step(const Batch& batch);
  virtual Nest test_step(const Batch& batch);
  virtual Nest predict_step(const Nest& x);
  /// The loss of a batch with the penalties of the layers; ValueError where there is none.
  virtual Tensor compute_loss(const Batch& batch, const Nest& y_pred);
  /// Updates the compiled metrics. The logs of the step; nothing where they are those of the metrics.
  virtual Nest compute_metrics(const Batch& batch, const Nest& y_pred);
  /// The loss without the penalties; empty where none was compiled.
  Tensor compiled_loss(const Batch& batch, const Nest& y_pred);

  /// Layer by layer: name, output shape, number of parameters.
  std::string summary_text(const SummaryOptions& options = SummaryOptions());
  void summary(const SummaryOptions& options = SummaryOptions());
  Ref<LayerBody> get_layer(const std::string& name) const;  ///< ValueError where there is none.
  virtual std::vector<Ref<LayerBody>> layers() const { return sublayers(); }
  /// The Keras tensors of a functional model; nothing for others.
  virtual Nest inputs() const { return {}; }
  virtual Nest outputs() const { return {}; }
  /// Of the outputs, in order: the names of the layers that make them, or "output_1", ...
  std::vector<std::string> output_names(size_t outputs) const;

  /// Whole: "x.keras" in the format of Keras 3, "x.h5" in that of Keras 2. ValueError for another ending; FileNotFoundError where
  /// the folder of a file of Keras 3 is missing.
  void save(const std::string& path, const SaveOptions& options = SaveOptions()) const;
  /// "x.weights.h5" in the format of Keras 3, any other ".h5" in that of Keras 2. ValueError for another ending.
  void save_weights(const std::string& path, const SaveOptions& options = SaveOptions()) const;
  /// From a file of either kind or from a whole model. ValueError where numbers or shapes differ; then nothing is changed.
  void load_weights(const std::string& path, const LoadWeightsOptions& options = LoadWeightsOptions());
  /// The layers as a list; the optimizer, where the model is compiled.
  std::vector<SavedMember> saved_members() const override;
  /// The architecture, for model_from_json().
  std::string to_json(int indent = -1) const;
  /// The arguments of compile(), and back; null where the model is not compiled.
  Config get_compile_config() const;
  void compile_from_config(const Config& config);

  /// Empty before compile().
  Optimizer optimizer() const { return compiled_ ? compiled_->options().optimizer : Optimizer(); }
  /// ValueError before compile().
  const CompileOptions& compile_options() const;
  /// The loss, the compiled metrics, and those that the layers hold.
  std::vector<Metric> metrics() const;
  /// The same with the names that they have in the logs.
  std::vector<std::pair<std::string, Metric>> named_metrics() const;
  /// The values in the order in which evaluate() gives them: the loss, the metrics by their own names, the others by name.
  Logs in_order(const Logs& logs) const;
  void reset_metrics();
  Logs metric_logs(const std::string& prefix = "") const;
  /// The results of the metrics by name, as tensors.
  Nest metric_results() const;
  /// What caused the traces of the steps and what they were compiled to; or why a step is not compiled.
  std::string explain() const;
  bool compiled() const { return compiled_.has_value(); }
  void visit_owned(OwnedVisitor& visitor) const override;
  void clear_owned() override;
  bool stop_training = false;

 private:
  void check_compiled(const char* what) const;
  OutputNames outputs_of(const Nest& y_pred) const;
  Outcome outcome(const Batch& batch, const Nest& y_pred);
  void check_outputs(const Batch& data, const Nest& y_pred, std::vector<CheckFinding>& out);
  Nest run_step(CompiledStep& step, const Batch& batch, const std::function<Nest(const Batch&)>& body);
  Logs logs_or_metrics(const Nest& logs) const;
  /// Nothing where the data had ended already.
  std::optional<Logs> run_epoch(BatchSource& batches, bool first, const FitOptions& options, ProgressBar& bar);
  Logs run_test(BatchSource& batches, const EvaluateOptions& options);
  void end_epoch(int64_t epoch, Logs& logs, const FitOptions& options, History& history);

  std::optional<Compiled> compiled_;
  int64_t steps_run_ = 0;  // of the last epoch
  struct Steps;            // keras/model_steps.h
  std::unique_ptr<Steps> steps_;  // made anew by compile()
};

/// A model of which a subclass is written in another language.
template <class Body>
class OverridableModel : public OverridableLayer<Body> {
 public:
  enum { kTrainStep = 5, kTestStep, kPredictStep, kComputeLoss, kComputeMetrics };
  static constexpr const char* kMethods[] = {"build", "call", "compute_output_shape", "compute_mask", "get_config",
                                             "train_step", "test_step", "predict_step", "compute_loss", "compute_metrics"};
  using OverridableLayer<Body>::OverridableLayer;
  Nest train_step(const Batch& batch) override {
    return this->overridden(kTrainStep) ? foreign_logs("train_step", batch) : Body::train_step(batch);
  }
  Nest test_step(const Batch& batch) override {
    return this->overridden(kTestStep) ? foreign_logs("test_step", batch) : Body::test_step(batch);
  }
  Nest predict_step(const Nest& x) override {
    if (!this->overridden(kPredictStep)) return Body::predict_step(x);
    return std::get<Nest>(this->ask("predict_step", {Nest::tuple({x})}, Wanted::kNest).held());
  }
  Tensor compute_loss(const Batch& batch, const Nest& y_pred) override {
    if (!this->overridden(kComputeLoss)) return Body::compute_loss(batch, y_pred);
    return this->call_foreign("_compute_loss", {batch.x, batch.y, y_pred, batch.sample_weight});
  }
  Nest compute_metrics(const Batch& batch, const Nest& y_pred) override {
    if (!this->overridden(kComputeMetrics)) return Body::compute_metrics(batch, y_pred);
    return std::get<Nest>(this->ask("compute_metrics", {batch.x, batch.y, y_pred, batch.sample_weight}, Wanted::kNest).held());
  }

 private:
  Nest foreign_logs(const char* step, const Batch& batch) {
    Nest::List data{batch.x};
    if (batch.y) data.push_back(batch.y);
    if (batch.sample_weight) data.push_back(batch.sample_weight);
    return std::get<Nest>(this->ask(step, {Nest::tuple(data)}, Wanted::kNest).held());
  }
};

struct ModelOptions {
  std::string name{};
  bool trainable = true;
  DTypePolicy dtype{};
  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("name", s.name);
    v("trainable", s.trainable);
    v("dtype", s.dtype);
  }
};
/// A model of one's own, made from an options struct: it defines call().
template <class OptionsT = ModelOptions>
class ModelWith : public LayerWith<OptionsT, ModelBody> {
 public:
  explicit ModelWith(const OptionsT& options) : LayerWith<OptionsT, ModelBody>(options) {}
};

/// What a subclass in another language is derived from: it defines call().
class SubclassedModelBody : public ModelBody {
 public:
  using Options = ModelOptions;
  static constexpr const char* kName = "Model";
  explicit SubclassedModelBody(const ModelOptions& options) { configure(options); }
};

/// A model made of the calls between Keras tensors:  Tensor x = Input({28, 28}); Tensor y = Dense({.units = 1})(x); Model m(x, y);
class FunctionalBody : public ModelBody {
 public:
  static constexpr const char* kName = "Functional";
  FunctionalBody(const Nest& inputs, const Nest& outputs, const std::string& name);
  std::string class_name() const override { return "Functional"; }
  Config serialized() const override;
  Config get_config() const override;
  using ModelBody::call;
  Nest call(const Nest& inputs, const CallArgs& args) override;
  std::vector<Ref<LayerBody>> layers() const override { return layers_; }
  std::vector<SavedMember> saved_members() const override;
  /// The calls that the model is made of, every one after those that it reads.
  const std::vector<Ref<KerasNode>>& graph_nodes() const { return order_; }
  Nest inputs() const override { return inputs_; }
  Nest outputs() const override { return outputs_; }
  /// Of Keras 2: a Keras tensor of the model's graph as a loss; another tensor as in every layer. It is not saved.
  void add_loss(const Tensor& loss) override;
  /// Of Keras 2: a metric of a Keras tensor of the model's graph. It is not saved.
  void add_metric(const Tensor& value, const Metric& metric);
  void visit_owned(OwnedVisitor& visitor) const override;
  void clear_owned() override;

 private:
  Nest match_inputs(const Nest& given) const;
  void watch(const Tensor& tensor, std::function<void(const Tensor&)> tell);

  Nest inputs_, outputs_;
  std::vector<Ref<KerasNode>> order_;  // every node after those that it reads
  std::vector<Ref<LayerBody>> layers_;
  bool takes_masks_off_ = false;  // see keras/kept_masks.h
  std::vector<std::pair<Tensor, std::function<void(const Tensor&)>>> watched_;  // tensors beside the outputs, and who is told their values
};

/// A stack of layers, each with one input and one output.
class SequentialBody : public ModelBody {
 public:
  static constexpr const char* kName = "Sequential";
  SequentialBody(const std::vector<Layer>& layers, const std::string& name);
  std::string class_name() const override { return "Sequential"; }
  Config serialized() const override;
  Config get_config() const override;
  std::vector<SavedMember> saved_members() const override;
  /// An InputLayer, first, tells the input's shape.
  void add(const Ref<LayerBody>& layer);
  void constructed() override;
  /// Takes the last layer away; IndexError where there is none.
  void pop();
  using ModelBody::build;
  using ModelBody::call;
  void build(const PartialShape& input_shape) override;
  void build(const std::vector<PartialShape>& input_shapes) override { build(input_shapes.at(0)); }
  Nest call(const Nest& inputs, const CallArgs& args) override;
  std::vector<Ref<LayerBody>> layers() const override;
  Nest inputs() const override { return inputs_; }
  Nest outputs() const override { return outputs_; }
  void visit_owned(OwnedVisitor& visitor) const override;
  void clear_owned() override;

 private:
  void append(const Ref<LayerBody>& layer);
  void build_if_shape_known();
  void build_for(const PartialShape& input_shape);
  void build_graph(const Tensor& input);
  void count_graph() const;

  std::vector<Ref<LayerBody>> sequence_;  // with an InputLayer, where one was added
  Nest inputs_, outputs_;
};

/// What Model and Sequential offer alike.
template <class Self>
class ModelMethods : public LayerMethods<Self> {
 public:
  void compile(const CompileOptions& options) const { body()->compile(options); }
  void quantize(const QuantizeOptions& options) const { body()->quantize(options); }
  History fit(const Nest& x, const Nest& y, const FitOptions& options = FitOptions()) const { return body()->fit(x, y, options); }
  std::vector<double> evaluate(const Nest& x, const Nest& y, const EvaluateOptions& options = EvaluateOptions()) const {
    return body()->evaluate(x, y, options);
  }
  Tensor predict(const Tensor& x, const PredictOptions& options = PredictOptions()) const { return body()->predict(x, options).tensor(); }
  Nest predict(const Nest& x, const PredictOptions& options = PredictOptions()) const { return body()->predict(x, options); }
  History fit(const data::Dataset& dataset, const FitOptions& options = FitOptions()) const { return body()->fit(dataset, options); }
  Logs train_on_batch(const Nest& x, const Nest& y) const { return body()->train_on_batch(x, y); }
  CheckReport check(const Nest& x, const Nest& y = Nest(), const Nest& sample_weight = Nest()) const { return body()->check(x, y, sample_weight); }
  void summary(const SummaryOptions& options = SummaryOptions()) const { body()->summary(options); }
  void save(const std::string& path, const SaveOptions& options = SaveOptions()) const { body()->save(path, options); }
  void save_weights(const std::string& path, const SaveOptions& options = SaveOptions()) const { body()->save_weights(path, options); }
  void load_weights(const std::string& path, const LoadWeightsOptions& options = LoadWeightsOptions()) const { body()->load_weights(path, options); }
  std::string to_json(int indent = -1) const { return body()->to_json(indent); }
  Optimizer optimizer() const { return body()->optimizer(); }
  std::string explain() const { return body()->explain(); }

 private:
  ModelBody* body() const { return filled(static_cast<const Self*>(this)->body(), "Model"); }
};

class Model final : public ModelMethods<Model> {
 public:
  /// No model: a member that is assigned later. Everything but assignment and operator bool throws ValueError.
  Model() = default;
  Model(const Nest& inputs, const Nest& outputs, const std::string& name = "");
  explicit Model(Ref<ModelBody> body) : body_(std::move(body)) {}
  /// From any concrete model.
  template <class M>
    requires(!std::same_as<M, Model>) && requires(const M& model) { Ref<ModelBody>(model.body()); }
  Model(const M& model) : body_(model.body()) {}
  explicit operator bool() const { return bool(body_); }
  const Ref<ModelBody>& body() const { return body_; }

 private:
  Ref<ModelBody> body_;
};

/// A concrete model of one's own:  using Vae = ModelOf<VaeBody>;  Vae model({.units = 10});
template <class BodyT>
class ModelOf final : public ModelMethods<ModelOf<BodyT>> {
 public:
  using Body = BodyT;
  ModelOf() : ModelOf(typename Body::Options()) {}
  explicit ModelOf(const typename Body::Options& options) : body_(make_object<Body>(options)) {}
  const Ref<Body>& body() const { return body_; }

 private:
  Ref<Body> body_;
};

class Sequential final : public ModelMethods<Sequential> {
 public:
  Sequential() : Sequential(std::vector<Layer>{}) {}
  explicit Sequential(std::initializer_list<Layer> layers) : Sequential(std::vector<Layer>(layers)) {}
  explicit Sequential(const std::vector<Layer>& layers, const std::string& name = "");
  void add(const Layer& layer) const { body_->add(layer.body()); }
  const Ref<SequentialBody>& body() const { return body_; }

 private:
  Ref<SequentialBody> body_;
};

/// The layer that makes a Keras tensor.
Ref<LayerBody> layer_of(const Tensor& keras_tensor);
/// The names of the layers that make the tensors, or the keys of a dict.
std::vector<std::string> names_of(const Nest& keras_tensors);

}  // namespace runnel::inline v0::keras
