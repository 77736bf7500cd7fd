// Models: a layer that can be compiled, fitted, evaluated, asked and saved.
#pragma once

#include "runnel/keras/callbacks.h"
#include "runnel/keras/layer.h"
#include "runnel/keras/layers/input.h"
#include "runnel/keras/losses.h"
#include "runnel/keras/metrics.h"
#include "runnel/keras/optimizers.h"

namespace runnel::inline v0::keras {

/// A metric by name ("accuracy" is resolved by the shapes of the first batch) or as an object.
struct MetricSpec {
  MetricSpec(const char* name) : name(name) {}
  MetricSpec(const std::string& name) : name(name) {}
  MetricSpec(const Metric& metric) : metric(metric) {}
  template <class Body>
  MetricSpec(const ObjectOf<Body>& object) : metric(object) {}
  std::string name;
  Metric metric;
};

struct CompileOptions {
  Optimizer optimizer = "rmsprop";
  Loss loss{};
  std::vector<MetricSpec> metrics{};
};

/// Held-out data for validation.
struct ValidationData {
  Nest x{}, y{};
  Tensor sample_weight{};
};

struct FitOptions {
  Int batch_size = 32;
  Int epochs = 1;
  int verbose = 1;  ///< 0 silent, 1 progress bar, 2 one line an epoch.
  std::vector<Callback> callbacks{};
  double validation_split = 0;  ///< The last part of the data, taken before shuffling.
  ValidationData validation_data{};
  bool shuffle = true;
  std::vector<std::pair<int64_t, double>> class_weight{};  ///< Weight of each class; others weigh 1.
  Tensor sample_weight{};                                   ///< (samples).
  Int initial_epoch = 0;
  Int validation_batch_size = 0;  ///< 0: batch_size.
  Int validation_freq = 1;
};
struct EvaluateOptions {
  Int batch_size = 32;
  int verbose = 1;
  Tensor sample_weight{};
};
struct PredictOptions {
  Int batch_size = 32;
  int verbose = 1;
};

struct SaveOptions {
  bool overwrite = true;  ///< Else ValueError where the file is there.
  bool include_optimizer = true;
};
struct LoadWeightsOptions {
  bool skip_mismatch = false;  ///< Leave out layers that do not fit, with a warning.
  bool by_name = false;        ///< Of Keras 2's format only: by the names of layers in place of their order.
};

class ModelBody : public LayerBody {
 public:
  std::string class_name() const override { return "Model"; }
  std::string module() const override { return "keras.models"; }

  void compile(const CompileOptions& options);
  /// Trains. ValueError for data that do not fit together; the model stays usable after any error.
  History fit(const Nest& x, const Nest& y, const FitOptions& options = FitOptions());
  /// The loss and the metrics over the data, in the order of metrics_names().
  std::vector<double> evaluate(const Nest& x, const Nest& y, const EvaluateOptions& options = EvaluateOptions());
  Nest predict(const Nest& x, const PredictOptions& options = PredictOptions());
  Logs train_on_batch(const Nest& x, const Nest& y, const Tensor& sample_weight = Tensor());
  Logs test_on_batch(const Nest& x, const Nest& y, const Tensor& sample_weight = Tensor());

  /// One step on one batch; what a model of one's own overrides to train in its own way.
  virtual void train_step(const Nest& x, const Nest& y, const Tensor& sample_weight);
  virtual void test_step(const Nest& x, const Nest& y, const Tensor& sample_weight);
  /// The loss with the penalties of the layers, for predictions of a batch.
  Tensor compute_loss(const Nest& y, const Nest& y_pred, const Tensor& sample_weight);
  void update_metrics(const Tensor& loss, const Nest& y, const Nest& y_pred, const Tensor& sample_weight);

  /// Layer by layer: name, output shape, number of parameters.
  std::string summary_text();
  void summary();
  Ref<LayerBody> get_layer(const std::string& name) const;  ///< ValueError where there is none.
  virtual std::vector<Ref<LayerBody>> layers() const { return sublayers(); }

  /// Whole: "x.keras" in the format of Keras 3, "x.h5" in that of Keras 2. ValueError for another ending.
  void save(const std::string& path, const SaveOptions& options = SaveOptions()) const;
  /// "x.weights.h5" in the format of Keras 3, any other ".h5" in that of Keras 2. ValueError for another ending.
  void save_weights(const std::string& path, const SaveOptions& options = SaveOptions()) const;
  /// From a file of either kind or from a whole model. ValueError where numbers or shapes differ; then nothing is changed.
  void load_weights(const std::string& path, const LoadWeightsOptions& options = LoadWeightsOptions());
  /// The optimizer's state is saved beside the layers', where the model is compiled.
  std::vector<SavedMember> saved_members() const override;
  /// The arguments of compile(), and back; null where the model is not compiled.
  std::string to_json(int indent = -1) const;
  Config get_compile_config() const;
  void compile_from_config(const Config& config);

  const Optimizer& optimizer() const { return compiled_.optimizer; }
  const CompileOptions& compile_options() const { return compiled_; }
  bool compiled() const { return is_compiled_; }
  bool stop_training = false;

 private:
  void check_compiled(const char* what) const;
  void reset_metrics();
  Logs metric_logs(const std::string& prefix = "") const;
  void resolve_metrics(const Nest& y, const Nest& y_pred);
  Logs run_epoch(const Nest& x, const Nest& y, const Tensor& weights, const std::vector<int64_t>& order, const FitOptions& options);
  void evaluate_into(const Nest& x, const Nest& y, const Tensor& weights, int64_t batch_size, int verbose);

  CompileOptions compiled_;
  bool is_compiled_ = false, metrics_resolved_ = false;
  std::vector<Metric> metrics_;
  double loss_sum_ = 0;
  int64_t loss_count_ = 0;
};

/// A model made of the calls between Keras tensors:  Tensor x = Input({28, 28}); Tensor y = Dense({.units = 1})(x); Model m(x, y);
class FunctionalBody : public ModelBody {
 public:
  FunctionalBody(const Nest& inputs, const Nest& outputs, const std::string& name);
  std::string class_name() const override { return "Functional"; }
  std::string module() const override { return "keras.src.models.functional"; }
  Config get_config() const override;
  using ModelBody::call;
  Nest call(const Nest& inputs, const CallArgs& args) override;
  std::vector<Ref<LayerBody>> layers() const override { return layers_; }
  std::vector<SavedMember> saved_members() const override;
  /// The calls that the model is made of, every one after those that it reads.
  const std::vector<Ref<KerasNode>>& graph_nodes() const { return order_; }
  const Nest& inputs() const { return inputs_; }
  const Nest& outputs() const { return outputs_; }

 private:
  Nest inputs_, outputs_;
  std::vector<Ref<KerasNode>> order_;  // every node after those that it reads
  std::vector<Ref<LayerBody>> layers_;
};

class SequentialBody : public ModelBody {
 public:
  SequentialBody(const std::vector<Layer>& layers, const std::string& name);
  std::string class_name() const override { return "Sequential"; }
  std::string module() const override { return "keras"; }
  Config get_config() const override;
  std::vector<SavedMember> saved_members() const override;
  /// An InputLayer, first, tells the input's shape.
  void add(const Ref<LayerBody>& layer);
  using ModelBody::build;
  using ModelBody::call;
  void build(const PartialShape& input_shape) override;
  Nest call(const Nest& inputs, const CallArgs& args) override;
  std::vector<Ref<LayerBody>> layers() const override;

  /// Where the shape of the input is known.
  const Ref<InputLayerBody>& input_layer() const { return input_; }

 private:
  void begin_with(const Ref<InputLayerBody>& input);
  void build_if_shape_known();
  Ref<InputLayerBody> input_;
};

/// What Model and Sequential offer alike.
template <class Self>
class ModelMethods : public LayerMethods<Self> {
 public:
  void compile(const CompileOptions& options) const { body()->compile(options); }
  History fit(const Nest& x, const Nest& y, const FitOptions& options = FitOptions()) const { return body()->fit(x, y, options); }
  std::vector<double> evaluate(const Nest& x, const Nest& y, const EvaluateOptions& options = EvaluateOptions()) const {
    return body()->evaluate(x, y, options);
  }
  Tensor predict(const Tensor& x, const PredictOptions& options = PredictOptions()) const { return body()->predict(x, options).tensor(); }
  Nest predict(const Nest& x, const PredictOptions& options = PredictOptions()) const { return body()->predict(x, options); }
  Logs train_on_batch(const Nest& x, const Nest& y) const { return body()->train_on_batch(x, y); }
  void summary() const { body()->summary(); }
  void save(const std::string& path, const SaveOptions& options = SaveOptions()) const { body()->save(path, options); }
  void save_weights(const std::string& path, const SaveOptions& options = SaveOptions()) const { body()->save_weights(path, options); }
  void load_weights(const std::string& path, const LoadWeightsOptions& options = LoadWeightsOptions()) const { body()->load_weights(path, options); }
  std::string to_json(int indent = -1) const { return body()->to_json(indent); }

 private:
  ModelBody* body() const { return static_cast<const Self*>(this)->body().get(); }
};

class Model final : public ModelMethods<Model> {
 public:
  Model(const Nest& inputs, const Nest& outputs, const std::string& name = "");
  explicit Model(Ref<ModelBody> body) : body_(std::move(body)) {}
  const Ref<ModelBody>& body() const { return body_; }

 private:
  Ref<ModelBody> body_;
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

}  // namespace runnel::inline v0::keras
