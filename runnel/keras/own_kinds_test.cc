// What is one's own in C++, as a matrix: each kind (kinds()) goes through each stage (the tests at the end). The names, the numbers and the
// logs of real Keras are those of tests/keras/own_kinds.py and expected_matrix.json.
#include <doctest/doctest.h>
#include <unistd.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <functional>

#include "runnel/base/files.h"
#include "runnel/base/zip.h"
#include "runnel/runnel.h"

using namespace runnel;
using namespace runnel::keras;

namespace {

constexpr int kEpochs = 2;

Tensor inputs() {
  std::vector<float> values;
  for (int i = 0; i < 128; ++i) values.push_back(float(i * 37 % 64) / 64);
  return Tensor::from(values).reshaped({32, 4});
}
Tensor targets() { return square(reduce_sum(inputs(), 1, true)); }

/// The options of all losses and metrics here.
struct Named {
  double value = 1;
  std::string name{};
  std::string reduction = "sum_over_batch_size";
  DType dtype{};
  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("value", s.value);
    v("name", s.name);
    v("reduction", s.reduction);
    v("dtype", s.dtype);
  }
};
/// Those of all layers and models.
struct Sized {
  double value = 1;
  std::string name{};
  bool trainable = true;
  DTypePolicy dtype{};
  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("value", s.value);
    v("name", s.name);
    v("trainable", s.trainable);
    v("dtype", s.dtype);
  }
};
/// Those of what has no name.
struct Plain {
  double value = 1, steps = 1;
  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("value", s.value);
    v("steps", s.steps);
  }
};

#define OWN_CLASS(NAME)                     \
  static constexpr const char* kName = NAME; \
  std::string class_name() const override { return kName; }

// --- losses and metrics

Tensor huber_fn(const Tensor& y_true, const Tensor& y_pred) {
  Tensor error = abs(y_true - y_pred);
  return where(error < 1.f, square(error) / 2.f, error - 0.5f);
}

struct HuberBody : LossWith<LossBody, Named> {
  OWN_CLASS("HuberLoss")
  using LossWith::LossWith;
  Tensor call(const Tensor& y_true, const Tensor& y_pred) override {
    const double d = options().value;
    Tensor error = abs(y_true - y_pred);
    return where(error < d, square(error) / 2, d * error - d * d / 2);
  }
};

struct BiasBody : MetricWith<MetricBody, Named> {
  OWN_CLASS("Bias")
  using MetricWith::MetricWith;
  void constructed() override {
    MetricWith::constructed();
    total_ = add_variable({.name = "total"});
    count_ = add_variable({.name = "count"});
  }
  void update_state(const Tensor& y_true, const Tensor& y_pred, const Tensor&) override {
    total_.assign_add(reduce_sum(y_pred - y_true) / options().value);
    count_.assign_add(cast(size(y_true), float32));
  }
  Tensor result() override { return total_ / count_; }

 private:
  Variable total_, count_;
};

// --- layers

struct AffineBody : LayerWith<Sized> {
  OWN_CLASS("Affine")
  using LayerWith::LayerWith;
  void build(const PartialShape& input) override {
    const int64_t units = int64_t(options().value);
    kernel_ = add_weight({.name = "kernel", .shape = {input.dim(-1), units}});
    bias_ = add_weight({.name = "bias", .shape = {units}, .initializer = "zeros"});
  }
  Tensor call(const Tensor& x, const CallArgs&) override { return nn::softplus(matmul(x, kernel_) + bias_); }

 private:
  Variable kernel_, bias_;
};

/// A recurrent cell.
struct EchoBody : LayerWith<Sized, CellBody> {
  OWN_CLASS("Echo")
  using LayerWith::LayerWith;
  int64_t units() const { return int64_t(options().value); }
  std::vector<Shape> state_shapes() const override { return {Shape({units()})}; }
  void build(const PartialShape& input) override {
    kernel_ = add_weight({.name = "kernel", .shape = {input.dim(-1), units()}});
    recurrent_ = add_weight({.name = "recurrent", .shape = {units(), units()}});
  }
  std::pair<Tensor, States> step(const Tensor& x, const States& states, const CallArgs&) override {
    Tensor h = tanh(matmul(x, kernel_) + matmul(states[0], recurrent_));
    return {h, {h}};
  }

 private:
  Variable kernel_, recurrent_;
};

struct RegisteredBody : AffineBody {
  OWN_CLASS("Registered")
  using AffineBody::AffineBody;
};

struct SumAndProductBody : LayerWith<Sized> {
  OWN_CLASS("SumAndProduct")
  using LayerWith::LayerWith;
  Nest call(const Nest& in, const CallArgs&) override { return Nest{in[0].tensor() + in[1].tensor(), in[0].tensor() * in[1].tensor()}; }
};

struct CentredBody : LayerWith<Sized> {
  OWN_CLASS("Centred")
  using LayerWith::LayerWith;
  void build(const PartialShape& input) override {
    moving_mean_ = add_weight({.name = "moving_mean", .shape = {input.dim(-1)}, .initializer = "zeros", .trainable = false});
  }
  Tensor call(const Tensor& x, const CallArgs& args) override {
    if (!args.training.value_or(false)) return x - moving_mean_;
    const double momentum = options().value;
    Tensor mean = reduce_mean(x, 0);
    moving_mean_.assign(momentum * moving_mean_ + (1 - momentum) * mean);
    return x - mean;
  }

 private:
  Variable moving_mean_;
};

struct ResidualBody : LayerWith<Sized> {
  OWN_CLASS("Residual")
  explicit ResidualBody(const Sized& options) : LayerWith(options) {
    for (int i = 0; i < int(options.value); ++i) hidden_.push_back(layers::Dense({.units = 6, .activation = "tanh"}));
    track("hidden", hidden_);
  }
  void build(const PartialShape& input) override {
    for (const auto& layer : hidden_) layer.body()->ensure_built({input});
  }
  Tensor call(const Tensor& x, const CallArgs&) override {
    Tensor z = x;
    for (const auto& layer : hidden_) z = layer(z);
    return x + z;
  }

 private:
  std::vector<layers::Dense> hidden_;
};

// --- models

struct ReconstructingBody : ModelWith<Sized> {
  OWN_CLASS("Reconstructing")
  explicit ReconstructingBody(const Sized& options)
      : ModelWith(options),
        hidden_(track("hidden", layers::Dense({.units = 5, .activation = "tanh"}))),
        out_(track("out", layers::Dense({.units = 1}))),
        error_({.name = "reconstruction_error"}) {
    track_object(error_.body());
  }
  void build(const std::vector<PartialShape>& shapes) override {
    reconstruct_ = track("reconstruct", Layer(layers::Dense({.units = shapes[0].dim(-1)})));
    hidden_.body()->ensure_built(shapes);
    out_.body()->ensure_built({{-1, 5}});
    reconstruct_.body()->ensure_built({{-1, 5}});
  }
  Tensor call(const Tensor& x, const CallArgs& args) override {
    Tensor z = hidden_(x), error = reduce_mean(square(reconstruct_(z) - x));
    add_loss(options().value * error);
    if (args.training.value_or(false)) error_.update_state(error);
    return out_(z);
  }

 private:
  layers::Dense hidden_, out_;
  Layer reconstruct_;
  metrics::Mean error_;
};

/// Its gradients are scaled to length 1, and the first kernel is kept positive, within train_step().
struct OwnStepBody : ModelWith<Sized> {
  OWN_CLASS("OwnStep")
  explicit OwnStepBody(const Sized& options)
      : ModelWith(options),
        out_(track("out", layers::Dense({.units = 1}))),
        hidden_(track("hidden", layers::Dense({.units = 6, .activation = "tanh"}))) {}
  void build(const std::vector<PartialShape>& shapes) override {
    hidden_.body()->ensure_built(shapes);
    out_.body()->ensure_built({{-1, 6}});
  }
  Tensor call(const Tensor& x, const CallArgs&) override { return out_(hidden_(x)); }
  Nest train_step(const Batch& batch) override {
    GradientTape tape;
    Tensor loss = compute_loss(batch, (*this)(batch.x, {.training = true}));
    std::vector<Variable> weights = hidden_.trainable_weights();
    for (const Variable& w : out_.trainable_weights()) weights.push_back(w);
    optimizer().apply_gradients(clip_by_global_norm(tape.gradient(loss, weights), 1.f).list_clipped, weights);
    weights[0].assign(maximum(weights[0], 0.f));
    return Nest::Dict{{"own_loss", loss}};
  }

 private:
  layers::Dense out_, hidden_;  // in the order of the seeds of own_kinds.py
};

struct AtMostBody : BodyWith<ConstraintBody, Plain> {
  OWN_CLASS("AtMost")
  using BodyWith::BodyWith;
  Tensor call(const Tensor& w) override { return minimum(w, options().value); }
};

/// A part that learns fast and one that learns slowly, each with an optimizer; trained by fit_in_a_loop().
struct TwoSpeedsBody : ModelWith<Sized> {
  OWN_CLASS("TwoSpeeds")
  explicit TwoSpeedsBody(const Sized& options)
      : ModelWith(options),
        hidden_(track("hidden", layers::Dense({.units = 6, .activation = "tanh"}))),
        out_(track("out", layers::Dense({.units = 1, .kernel_constraint = ObjectOf<AtMostBody>({.value = 1})}))),
        fast_({.learning_rate = 0.05, .momentum = 0.5}),
        slow_({.learning_rate = 0.001}) {}
  void build(const std::vector<PartialShape>& shapes) override {
    hidden_.body()->ensure_built(shapes);
    out_.body()->ensure_built({{-1, 6}});
    fast_.build(out_.trainable_weights());
    slow_.build(hidden_.trainable_weights());
  }
  Tensor call(const Tensor& x, const CallArgs&) override { return out_(hidden_(x)); }
  std::vector<SavedMember> named_members() const override {
    std::vector<SavedMember> all = ModelWith::named_members();
    all.push_back({"fast", fast_.body()});
    all.push_back({"slow", slow_.body()});
    return all;
  }
  Tensor step(const Tensor& x, const Tensor& y) {
    GradientTape tape({.persistent = true});
    Tensor loss = reduce_mean(square((*this)(x, {.training = true}).tensor() - y));
    update(fast_, out_.trainable_weights(), tape, loss);
    update(slow_, hidden_.trainable_weights(), tape, loss);
    const Variable& bias = out_.body()->bias();
    bias.assign(maximum(bias, -0.1f));
    return loss;
  }

 private:
  static void update(const Optimizer& optimizer, const std::vector<Variable>& weights, GradientTape& tape, const Tensor& loss) {
    std::vector<Tensor> gradients = tape.gradient(loss, weights);
    for (Tensor& g : gradients) g = clip_by_norm(g, 1.f);
    optimizer.apply_gradients(gradients, weights);
  }

  layers::Dense hidden_, out_;
  optimizers::SGD fast_;
  optimizers::Adam slow_;
};

// --- the parts of a layer

Tensor my_softplus(const Tensor& z) { return log(1.f + exp(z)); }
Tensor my_ramp(const Shape& shape, DType dtype) {
  const int64_t n = shape.num_elements();
  return reshape(cast(range(n), dtype) / float(n) - 0.5f, shape);
}
Tensor my_l1(const Tensor& w) { return reduce_sum(abs(0.01f * w)); }
Tensor my_positive(const Tensor& w) { return where(w < 0.f, zeros_like(w), w); }

struct RampBody : BodyWith<InitializerBody, Plain> {
  OWN_CLASS("Ramp")
  using BodyWith::BodyWith;
  Tensor call(const Shape& shape, DType dtype) override { return my_ramp(shape, dtype) * options().value; }
};
struct MyL1Body : BodyWith<RegularizerBody, Plain> {
  OWN_CLASS("MyL1")
  using BodyWith::BodyWith;
  Tensor call(const Tensor& w) override { return reduce_sum(abs(options().value * w)); }
};

// --- optimizer, schedule, callback

struct MomentumOptions {
  LearningRate learning_rate = 0.01;
  double value = 0.9;
  RUNNEL_OPTIMIZER_FIELDS
  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("learning_rate", s.learning_rate);
    v("value", s.value);
    RUNNEL_OPTIMIZER_VISIT
  }
};
struct MomentumBody : OptimizerWith<MomentumOptions> {
  OWN_CLASS("MyMomentum")
  using OptimizerWith::OptimizerWith;
  void build(const std::vector<Variable>& variables) override {
    if (built()) return;
    OptimizerWith::build(variables);
    momenta_ = add_optimizer_variables(variables, "momentum");
  }
  void update_step(const Tensor& gradient, const Variable& variable, const Tensor& learning_rate) override {
    const Variable& m = momenta_[index_of(variable)];
    assign(m, options().value * m - learning_rate * gradient);
    assign_add(variable, m);
  }

 private:
  std::vector<Variable> momenta_;
};

struct WarmingBody : BodyWith<LearningRateScheduleBody, Plain> {
  OWN_CLASS("Warming")
  using BodyWith::BodyWith;
  Tensor call(const Tensor& step) override { return options().value * minimum(1.f, (cast(step, float32) + 1.f) / options().steps); }
};

struct HalvingBody : BodyWith<CallbackBody, CallbackOptions> {
  using BodyWith::BodyWith;
  void on_epoch_end(int64_t, const Logs&) override {
    Optimizer optimizer = model->optimizer();
    optimizer.set_learning_rate(optimizer.learning_rate().item<float>() / 2);
  }
};

// --- the table

using Make = std::function<Model()>;
using Fit = std::map<std::string, std::vector<double>> (*)(const Model&, int epochs);

std::map<std::string, std::vector<double>> fit(const Model& model, int epochs) {
  return model.fit(inputs(), targets(), {.batch_size = 8, .epochs = epochs, .verbose = 0, .shuffle = false}).history;
}
std::map<std::string, std::vector<double>> fit_halving(const Model& model, int epochs) {
  ObjectOf<HalvingBody> halving;
  return model.fit(inputs(), targets(), {.batch_size = 8, .epochs = epochs, .verbose = 0, .callbacks = {halving}, .shuffle = false}).history;
}

std::map<std::string, std::vector<double>> fit_in_a_loop(const Model& model, int epochs) {
  auto& body = dynamic_cast<TwoSpeedsBody&>(*model.body());
  auto step = runnel::function([&](Tensor x, Tensor y) { return body.step(x, y); });
  std::map<std::string, std::vector<double>> logs;
  for (int epoch = 0; epoch < epochs; ++epoch) {
    metrics::Mean mean;
    for (int64_t i = 0; i < 32; i += 8) mean.update_state(step(inputs()[Slice{i, i + 8}], targets()[Slice{i, i + 8}]));
    logs["loss"].push_back(mean.result().item<float>());
  }
  return logs;
}

struct Kind {
  const char* name;
  Make make;
  std::vector<KerasClass> own;
  std::string says{};  // what the file's config holds
  Fit train = fit;
};

using Layers = std::vector<Layer> (*)();
std::vector<Layer> one_unit() { return {layers::Dense({.units = 1})}; }

/// A hidden layer, then those of `last`, made in this order because each draws a seed.
Model net(const DenseOptions& hidden = {.units = 6, .activation = "tanh"}, Layers last = one_unit) {
  std::vector<Layer> all{layers::Dense(hidden)};
  for (const Layer& layer : last()) all.push_back(layer);
  Sequential model(all);
  model.body()->ensure_built({{-1, 4}});
  return model;
}
CompileOptions sgd() { return {.optimizer = "sgd", .loss = "mse"}; }
/// Seeds, makes, compiles.
Make seeded(std::function<Model()> make, CompileOptions (*options)() = sgd) {
  return [=] {
    utils::set_random_seed(5);
    Model model = make();
    model.compile(options());
    return model;
  };
}
/// A net whose first layer has that part.
Make with_part(void (*change)(DenseOptions&)) {
  return seeded([=] {
    DenseOptions options{.units = 6, .activation = "tanh"};
    change(options);
    return net(options);
  });
}
Model built(const Model& model) {
  model.body()->ensure_built({{-1, 4}});
  return model;
}
Model two_by_two() {
  Tensor x = Input({4});
  Tensor left = layers::Dense({.units = 3})(x), right = layers::Dense({.units = 3, .activation = "tanh"})(x);
  Nest both = LayerOf<SumAndProductBody>()(Nest{left, right});
  return Model(x, layers::Dense({.units = 1})(layers::Concatenate()(both).tensor()));
}

Model recurrent() {
  return built(Sequential({layers::Reshape({.target_shape = {2, 2}}), layers::RNN({.cell = LayerOf<EchoBody>({.value = 5})}), layers::Dense({.units = 1})}));
}

Model plain() { return net(); }
/// The layers after the hidden one.
Make with_last(Layers last) {
  return seeded([=] { return net({.units = 6, .activation = "tanh"}, last); });
}

Model two_speeds() {
  utils::set_random_seed(5);
  return built(ModelOf<TwoSpeedsBody>());
}

std::vector<Kind> loss_and_metric_kinds() {
  return {
      {"loss function", seeded(plain, [] { return CompileOptions{.optimizer = "sgd", .loss = "huber_fn"}; }),
       {own_function<huber_fn>("huber_fn")}, "huber_fn"},
      {"loss class", seeded(plain, [] { return CompileOptions{.optimizer = "sgd", .loss = ObjectOf<HuberBody>({.value = 2})}; }),
       {own_class<HuberBody>()}, "\"value\":2.0"},
      {"metric function", seeded(plain, [] { return CompileOptions{.optimizer = "sgd", .loss = "mse", .metrics = {"huber_fn"}}; }),
       {own_function<huber_fn>("huber_fn")}, "huber_fn"},
      {"metric class", seeded(plain, [] {
         return CompileOptions{.optimizer = "sgd", .loss = "mse", .metrics = {ObjectOf<BiasBody>({.value = 2, .name = "bias"})}};
       }),
       {own_class<BiasBody>()}, "\"value\":2.0"},
      {"optimizer", seeded(plain, [] {
         return CompileOptions{.optimizer = ObjectOf<MomentumBody>({.learning_rate = 0.02, .value = 0.75}), .loss = "mse"};
       }),
       {own_class<MomentumBody>()}, "\"value\":0.75"},
      {"schedule", seeded(plain, [] {
         auto rate = ObjectOf<WarmingBody>({.value = 0.125, .steps = 10});
         return CompileOptions{.optimizer = optimizers::SGD({.learning_rate = rate}), .loss = "mse"};
       }),
       {own_class<WarmingBody>()}, "\"steps\":10.0"},
      {"callback", seeded(plain), {}, "", fit_halving},
      {"training loop", two_speeds, {own_class<TwoSpeedsBody>()}, "TwoSpeeds", fit_in_a_loop},
  };
}

std::vector<Kind> layer_and_model_kinds() {
  return {
      {"layer with weights", with_last([] { return std::vector<Layer>{LayerOf<AffineBody>()}; }), {own_class<AffineBody>()}, "Affine"},
      {"layer with two inputs and outputs", seeded(two_by_two), {own_class<SumAndProductBody>()}, "SumAndProduct"},
      {"layer with a training flag", with_last([] { return std::vector<Layer>{LayerOf<CentredBody>({.value = 0.8}), layers::Dense({.units = 1})}; }),
       {own_class<CentredBody>()}, "\"value\":0.8"},
      {"layer with sub-layers", with_last([] { return std::vector<Layer>{LayerOf<ResidualBody>({.value = 3}), layers::Dense({.units = 1})}; }),
       {own_class<ResidualBody>()}, "\"value\":3.0"},
      {"recurrent cell", seeded(recurrent), {own_class<EchoBody>()}, "\"value\":5"},
      {"model with losses and metrics inside", seeded([] { return built(ModelOf<ReconstructingBody>({.value = 0.05})); }),
       {own_class<ReconstructingBody>()}, "\"value\":0.05"},
      {"model with its own step", seeded([] { return built(ModelOf<OwnStepBody>()); }), {own_class<OwnStepBody>()}, "OwnStep"},
  };
}

std::vector<Kind> part_kinds() {
  return {
      {"activation", with_part([](DenseOptions& o) { o.activation = "my_softplus"; }), {own_function<my_softplus>("my_softplus")}, "my_softplus"},
      {"initializer function", with_part([](DenseOptions& o) { o.kernel_initializer = "my_ramp"; }), {own_function<my_ramp>("my_ramp")}, "my_ramp"},
      {"initializer class", with_part([](DenseOptions& o) { o.kernel_initializer = ObjectOf<RampBody>({.value = 0.25}); }),
       {own_class<RampBody>()}, "\"value\":0.25"},
      {"regularizer function", with_part([](DenseOptions& o) { o.kernel_regularizer = "my_l1"; }), {own_function<my_l1>("my_l1")}, "my_l1"},
      {"regularizer class", with_part([](DenseOptions& o) { o.kernel_regularizer = ObjectOf<MyL1Body>({.value = 0.125}); }),
       {own_class<MyL1Body>()}, "\"value\":0.125"},
      {"constraint function", with_part([](DenseOptions& o) { o.kernel_constraint = "my_positive"; }),
       {own_function<my_positive>("my_positive")}, "my_positive"},
      {"constraint class", with_part([](DenseOptions& o) { o.kernel_constraint = ObjectOf<AtMostBody>({.value = 0.25}); }),
       {own_class<AtMostBody>()}, "\"value\":0.25"},
  };
}

std::vector<Kind> kinds() {
  std::vector<Kind> all = loss_and_metric_kinds();
  for (const Kind& kind : layer_and_model_kinds()) all.push_back(kind);
  for (const Kind& kind : part_kinds()) all.push_back(kind);
  return all;
}

// --- what the stages share

struct Folder {
  Folder() { make_folders(path); }
  ~Folder() { std::filesystem::remove_all(path); }
  std::string file() const { return join_path(path, "own.keras"); }
  std::string path = join_path(std::filesystem::temp_directory_path().string(), cat("runnel_own_kinds_", getpid()));
};

/// Goes through the table, with each row's classes known.
template <class F>
void each_kind(F stage) {
  for (const Kind& kind : kinds()) {
    CAPTURE(std::string(kind.name));
    CustomObjectScope scope(kind.own);
    stage(kind);
  }
}

Model trained(const Kind& kind, int epochs = kEpochs) {
  Model model = kind.make();
  kind.train(model, epochs);
  return model;
}

bool same_bits(const Tensor& a, const Tensor& b) { return a.shape() == b.shape() && std::memcmp(a.raw(), b.raw(), size_t(a.nbytes())) == 0; }

void check_same(const Model& a, const Model& b) {
  std::vector<Tensor> x = a.get_weights(), y = b.get_weights();
  REQUIRE(x.size() == y.size());
  for (size_t i = 0; i < x.size(); ++i) CHECK(same_bits(x[i], y[i]));
  if (!a.optimizer()) return;
  std::vector<Variable> p = a.optimizer().variables(), q = b.optimizer().variables();
  REQUIRE(p.size() == q.size());
  for (size_t i = 0; i < p.size(); ++i) CHECK(same_bits(p[i].value(), q[i].value()));
}

const Config& expected() {
  static const Config all = Config::from_json(read_file(RUNNEL_EXPECTED_MATRIX));
  return all;
}

}  // namespace

TEST_CASE("one's own kinds train: the logs are real Keras's, and the compiled steps are bit-equal to eager ones") {
  REQUIRE(kinds().size() == expected().as_dict().size());  // the same table as in Python
  each_kind([](const Kind& kind) {
    auto history = kind.train(kind.make(), 2 * kEpochs);
    for (const auto& [name, values] : history) {
      CAPTURE(name);
      std::vector<double> wanted;
      from_config(expected().at(kind.name).at(name), wanted);
      REQUIRE(values.size() == wanted.size());
      for (size_t i = 0; i < values.size(); ++i) CHECK(values[i] == doctest::Approx(wanted[i]).epsilon(1e-5));
    }
    Model compiled = trained(kind), eager = kind.make();
    if (!eager.body()->compiled()) return;
    CHECK(compiled.explain().find("runs call by call") == std::string::npos);
    CompileOptions options = eager.body()->compile_options();
    options.run_eagerly = true;
    eager.compile(options);
    kind.train(eager, kEpochs);
    check_same(compiled, eager);
  });
}

TEST_CASE("one's own kinds are saved: the file's config names them, with their arguments") {
  Folder folder;
  each_kind([&](const Kind& kind) {
    trained(kind).save(folder.file());
    const std::string config = ZipReader(read_file(folder.file())).read("config.json");
    CHECK(config.find(kind.says) != std::string::npos);
    for (const KerasClass& own : kind.own) CHECK(config.find(own.name) != std::string::npos);
  });
}

TEST_CASE("one's own kinds are loaded, with custom_objects") {
  Folder folder;
  for (const Kind& kind : kinds()) {
    CAPTURE(std::string(kind.name));
    std::optional<Model> model;
    {
      CustomObjectScope scope(kind.own);
      model = trained(kind);
    }
    model->save(folder.file());
    check_same(load_model(folder.file(), {.custom_objects = kind.own}), *model);
    bool found_later = std::string_view(kind.name) == "metric function";  // names of metrics are looked up with the first batch
    if (!kind.own.empty() && !found_later) CHECK_THROWS_WITH(load_model(folder.file()), doctest::Contains("Could not "));
  }
}

TEST_CASE("one's own kinds are made from their configs") {
  each_kind([](const Kind& kind) {
    Model model = kind.make(), again = model_from_json(model.to_json(), {.custom_objects = kind.own});
    again.set_weights(model.get_weights());
    kind.train(model, kEpochs);
    kind.train(again, kEpochs);
    check_same(again, model);
  });
}

TEST_CASE("training of one's own kinds goes on after loading as if it had not been interrupted, bit for bit") {
  Folder folder;
  each_kind([&](const Kind& kind) {
    trained(kind).save(folder.file());
    Model again = load_model(folder.file(), {.custom_objects = kind.own});
    kind.train(again, kEpochs);
    check_same(again, trained(kind, 2 * kEpochs));
  });
}

TEST_CASE("a loss class of one's own that stands in a metric's place is found again") {
  register_class(own_class<HuberBody>("HuberLoss"));
  Folder folder;
  Model model = seeded(plain, [] { return CompileOptions{.optimizer = "sgd", .loss = "mse", .metrics = {ObjectOf<HuberBody>({.value = 2})}}; })();
  fit(model, 1);
  model.save(folder.file());
  Model again = load_model(folder.file());
  fit(again, 1);
  fit(model, 1);
  check_same(again, model);
}

namespace {
/// A layer whose weight depends on the shapes of two arguments.
struct BilinearBody : LayerBody {
  std::string class_name() const override { return "Bilinear"; }
  void build_for_call(const Nest& inputs, const CallArgs& args) override {
    const int64_t rows = inputs.tensor().partial_shape().dim(-1), columns = args.more.at(0).second.tensor().partial_shape().dim(-1);
    kernel = add_weight({.name = "kernel", .shape = {rows, columns}, .initializer = "ones"});
  }
  using LayerBody::call;
  Tensor call(const Tensor& x, const CallArgs& args) override { return matmul(x, kernel.value()) + args.more.at(0).second.tensor(); }
  Variable kernel;
};
}  // namespace

TEST_CASE("a layer can be built by the shapes of all arguments of its call") {
  auto body = make_ref<BilinearBody>();
  body->constructed();
  Layer layer{Ref<LayerBody>(body)};
  Tensor y = layer(ones({2, 3}), {.more = {{"value", Nest(ones({2, 4}))}}});
  CHECK(y.shape() == Shape({2, 4}));
  CHECK(layer.weights()[0].shape() == Shape({3, 4}));
}

TEST_CASE("a registered class is saved under its package, and found again without custom_objects") {
  register_class(own_class<RegisteredBody>("Own>Registered"));
  Folder folder;
  Model model = with_last([] { return std::vector<Layer>{LayerOf<RegisteredBody>()}; })();
  fit(model, 1);
  model.save(folder.file());
  CHECK(model.to_json().find("\"registered_name\":\"Own>Registered\"") != std::string::npos);
  check_same(load_model(folder.file()), model);
}
