// Sixty usual mistakes: the class of the error, and what its text says. tests/keras/mistakes.py has the same list in Python.
#include <doctest/doctest.h>

#include <algorithm>

#include "runnel/base/error.h"
#include "runnel/keras/keras.h"
#include "runnel/keras/saving/saving.h"
#include "runnel/ops/array.h"

using namespace runnel;
using namespace runnel::keras;

namespace {

template <class E>
void raises(const char* name, const std::function<void()>& mistake, std::initializer_list<const char*> words) {
  INFO("mistake: ", std::string(name));
  std::string text;
  try {
    mistake();
  } catch (const E& error) {
    text = error.what();
  } catch (const std::exception& error) {
    FAIL_CHECK("an error of another class: ", std::string(error.what()));
    return;
  }
  CHECK_MESSAGE(!text.empty(), "no error");
  CAPTURE(text);
  for (const char* word : words) {
    INFO("word: ", std::string(word));
    CHECK(text.find(word) != std::string::npos);
  }
  CHECK(std::count(text.begin(), text.end(), '\n') < 8);
}

Tensor x(const Shape& shape) { return ones(Ints(shape.dims()), float32); }

Sequential dense_model(Int units = 3, const char* activation = "linear") {
  return Sequential({layers::Dense({.units = units, .activation = activation, .name = "head", .input_shape = {4}})}, "net");
}
Sequential compiled(Loss loss = "mse", const char* activation = "linear") {
  Sequential model = dense_model(3, activation);
  model.compile({.optimizer = "sgd", .loss = loss});
  return model;
}
Model two_outputs() {
  Tensor inputs = Input({4});
  return Model(inputs, {layers::Dense({.units = 1, .name = "a"})(inputs), layers::Dense({.units = 1, .name = "b"})(inputs)});
}
const FitOptions kQuiet{.verbose = 0};

}  // namespace

TEST_CASE("mistakes in shapes") {
  raises<ValueError>("features", [] { dense_model()(x({2, 5})); }, {"net/head", "(2, 5)", "features=4", "Hint", "mistakes_test.cc"});
  raises<ValueError>("features in fit", [] { compiled().fit(x({8, 5}), x({8, 3}), kQuiet); }, {"expected axis -1", "(8, 5)", "features=4", "net/head"});
  raises<ValueError>("batch axis", [] { dense_model()(x({4})); }, {"head", "(4,)", "(batch, features", "x[None]"});
  raises<ValueError>("channels", [] { layers::Conv2D({.filters = 3, .kernel_size = 3})(x({2, 28, 28})); },
                     {"ndim=3", "(2, 28, 28)", "(batch, height, width, channels)", "x[..., None]"});
  raises<ValueError>("flatten first", [] { layers::Conv2D({.filters = 3, .kernel_size = 3})(layers::Flatten()(Input({28, 28, 1}))); },
                     {"ndim=2", "(batch, height, width, channels)"});
  raises<ValueError>("no time", [] { layers::LSTM({.units = 3})(x({2, 3})); }, {"ndim=2", "(batch, time, features)", "Hint"});
  raises<ValueError>("pooling", [] { layers::MaxPooling2D()(x({2, 3})); }, {"ndim=2", "(batch, height, width, channels)"});
  raises<ValueError>("kernel", [] { layers::Conv2D({.filters = 3, .kernel_size = 5})(x({2, 3, 3, 1})); }, {"(2, 3, 3, 1)", "(5, 5", "Hint"});
  raises<ValueError>("concatenate", [] { layers::Concatenate()(Nest{x({2, 3}), x({3, 3})}); }, {"Concatenate", "(2, 3)", "(3, 3)", "matching shapes"});
  raises<ValueError>("add", [] { layers::Add()(Nest{x({2, 3}), x({2, 4})}); }, {"incompatible shapes", "(3,)", "(4,)", "Hint"});
  raises<ValueError>("reshape", [] { layers::Reshape({.target_shape = {5}})(x({2, 3})); }, {"total size", "(3,)", "(5,)", "Hint"});
  raises<ValueError>("unknown features", [] { layers::Dense({.units = 3})(Input({-1})); }, {"last dimension", "None", "defined"});
  raises<ValueError>("one input of two", [] {
    Tensor a = Input({3}), b = Input({3});
    Model(Nest{a, b}, layers::Add()(Nest{a, b}))(x({2, 3}));
  }, {"expects 2 input(s)", "1 input", "(2, 3)"});
  raises<ValueError>("repeat", [] { layers::RepeatVector({.n = 2})(x({2, 3, 3})); }, {"ndim=3", "(2, 3, 3)", "(batch, features)"});
}

TEST_CASE("mistakes in data") {
  raises<ValueError>("labels", [] { compiled().fit(x({8, 4}), x({7, 3}), kQuiet); }, {"number of samples", "'x' sizes: 8", "'y' sizes: 7"});
  raises<ValueError>("no labels", [] { compiled().fit(x({8, 4}), Nest(), kQuiet); }, {"`y` is missing", "x alone", "labels", "fit(x, y)"});
  raises<ValueError>("weights", [] { compiled().fit(x({8, 4}), x({8, 3}), {.verbose = 0, .sample_weight = x({7})}); }, {"sample_weight", "(7,)", "8"});
  raises<ValueError>("text", [] { compiled().fit(Tensor::from(std::vector<std::string>(8, "a")), x({8, 3}), kQuiet); }, {"string", "number", "Hint"});
  raises<ValueError>("split", [] { compiled().fit(x({1, 4}), x({1, 3}), {.verbose = 0, .validation_split = 0.5}); }, {"validation_split", "1 sample", "0.5"});
  raises<ValueError>("batch size", [] { compiled().fit(x({8, 4}), x({8, 3}), {.batch_size = -1, .verbose = 0}); }, {"batch_size", "-1", "positive"});
  raises<ValueError>("no data", [] { compiled().fit(data::Dataset::from_tensor_slices(x({8, 4})).take(0), kQuiet); }, {"empty"});
}

TEST_CASE("mistakes in labels") {
  const Tensor ten = Tensor::from(std::vector<int32_t>(8, 10)), one = Tensor::from(std::vector<int32_t>(8, 1));
  raises<errors::InvalidArgumentError>("range", [&] { compiled("sparse_categorical_crossentropy", "softmax").fit(x({8, 4}), ten, kQuiet); },
                                       {"label", "10", "[0, 3)", "Hint"});
  raises<ValueError>("one-hot", [] { compiled("sparse_categorical_crossentropy", "softmax").fit(x({8, 4}), x({8, 3}), kQuiet); },
                     {"(8, 3)", "sparse_categorical_crossentropy", "categorical_crossentropy"});
  raises<ValueError>("class numbers", [&] { compiled("categorical_crossentropy", "softmax").fit(x({8, 4}), one, kQuiet); },
                     {"(8,", "(8, 3)", "sparse_categorical_crossentropy"});
  raises<ValueError>("size", [] { compiled().fit(x({8, 4}), x({8, 2}), kQuiet); }, {"(8, 2)", "(8, 3)"});
  raises<ValueError>("outputs", [] {
    Model model = two_outputs();
    model.compile({.optimizer = "sgd", .loss = "mse"});
    model.fit(x({8, 4}), x({8, 1}), kQuiet);
  }, {"structure", "(8, 1)", "[(8, 1), (8, 1)]"});
}

TEST_CASE("mistakes in compile()") {
  raises<ValueError>("fit", [] { dense_model().fit(x({8, 4}), x({8, 3}), kQuiet); }, {"compile()", "fit"});
  raises<ValueError>("evaluate", [] { dense_model().evaluate(x({8, 4}), x({8, 3}), {.verbose = 0}); }, {"compile()", "evaluate"});
  raises<ValueError>("no loss", [] { compiled(nullptr).fit(x({8, 4}), x({8, 3}), kQuiet); }, {"No loss", "compile()"});
  raises<ValueError>("loss", [] { compiled("categorical_entropy"); }, {"loss", "categorical_entropy", "categorical_crossentropy"});
  raises<ValueError>("optimizer", [] { dense_model().compile({.optimizer = "addam"}); }, {"optimizer", "addam", "adam"});
  raises<ValueError>("metric", [] {
    Sequential model = dense_model();
    model.compile({.optimizer = "sgd", .loss = "mse", .metrics = {"acuracy"}});
    model.fit(x({8, 4}), x({8, 3}), kQuiet);
  }, {"metric", "acuracy", "accuracy"});
  raises<ValueError>("losses", [] {
    Model model = two_outputs();
    model.compile({.optimizer = "sgd", .losses = {"mse", "mse", "mse"}});
    model.fit(x({8, 4}), Nest{x({8, 1}), x({8, 1})}, kQuiet);
  }, {"loss", "length 3", "2 outputs"});
  raises<ValueError>("loss weights", [] {
    Model model = two_outputs();
    model.compile({.optimizer = "sgd", .losses = {"mse", "mse"}, .loss_weights = {1}});
    model.fit(x({8, 4}), Nest{x({8, 1}), x({8, 1})}, kQuiet);
  }, {"loss_weights", "2 losses", "1 weights"});
  raises<ValueError>("clipping", [] { optimizers::SGD({.clipnorm = 1, .clipvalue = 1}); }, {"clipnorm", "clipvalue", "Only one"});
  raises<ValueError>("two models", [] {
    optimizers::Adam optimizer;
    for (const char* name : {"one", "two"}) {
      Sequential model({layers::Dense({.units = 3, .name = name, .input_shape = {4}})});
      model.compile({.optimizer = optimizer, .loss = "mse"});
      model.fit(x({8, 4}), x({8, 3}), kQuiet);
    }
  }, {"Unknown variable", "optimizer", "compile"});
  raises<TypeError>("schedule", [] {
    optimizers::schedules::ExponentialDecay decay({.initial_learning_rate = 0.1, .decay_steps = 10, .decay_rate = 0.9});
    optimizers::SGD({.learning_rate = decay}).set_learning_rate(0.1);
  }, {"learning rate", "LearningRateSchedule", "float"});
  raises<ValueError>("accumulation", [] { optimizers::SGD({.gradient_accumulation_steps = 1}); }, {"gradient_accumulation_steps", ">= 2", "1"});
  raises<ValueError>("factor", [] { callbacks::ReduceLROnPlateau({.factor = 1.5}); }, {"factor", "1.5"});
  raises<ValueError>("monitor", [] {
    callbacks::EarlyStopping stopping({.monitor = "val_of_mine"});
    compiled().fit(x({8, 4}), x({8, 3}), {.verbose = 0, .callbacks = {stopping}});
  }, {"EarlyStopping", "val_of_mine", "mode='max'"});
}

TEST_CASE("mistakes in layers") {
  raises<ValueError>("units", [] { layers::Dense({.units = -1}); }, {"units", "-1", "positive"});
  raises<ValueError>("activation", [] { layers::Dense({.units = 3, .activation = "relux"}); }, {"relux", "activation", "relu"});
  raises<ValueError>("initializer", [] { layers::Dense({.units = 3, .kernel_initializer = "he_nrmal"}); }, {"initializer", "he_nrmal", "he_normal"});
  raises<ValueError>("regularizer", [] { layers::Dense({.units = 3, .kernel_regularizer = "l3"}); }, {"regularizer", "l3", "l1"});
  raises<ValueError>("padding", [] { layers::Conv2D({.filters = 3, .kernel_size = 3, .padding = "sme"}); }, {"padding", "sme", "same"});
  raises<ValueError>("data format", [] { layers::Conv2D({.filters = 3, .kernel_size = 3, .data_format = "channels"}); }, {"data_format", "channels_first", "channels"});
  raises<ValueError>("rate", [] { layers::Dropout({.rate = 1.5}); }, {"rate", "1.5"});
  raises<ValueError>("groups", [] { layers::Conv2D({.filters = 6, .kernel_size = 3, .groups = 3})(x({1, 8, 8, 4})); }, {"groups", "3", "4 channels"});
  raises<NotImplementedError>("no call", [] {
    struct NothingBody : LayerWith<LayerBaseOptions> {
      using Options = LayerBaseOptions;
      using LayerWith::LayerWith;
      std::string class_name() const override { return "Nothing"; }
    };
    LayerOf<NothingBody>()(x({2, 3}));
  }, {"call", "Nothing"});
  raises<ValueError>("own layer", [] {
    struct BrokenBody : LayerWith<LayerBaseOptions> {
      using Options = LayerBaseOptions;
      using LayerWith::LayerWith;
      std::string class_name() const override { return "Broken"; }
      using LayerBody::call;
      Tensor call(const Tensor&, const CallArgs&) override { throw ValueError("no such table"); }
    };
    LayerOf<BrokenBody>()(x({2, 3}));
  }, {"Exception encountered when calling Broken.call()", "no such table", "(batch=2, features=3)", "mistakes_test.cc"});
}

TEST_CASE("mistakes in models") {
  raises<ValueError>("names", [] { Sequential({layers::Dense({.units = 1, .name = "twin"}), layers::Dense({.units = 1, .name = "twin"})}); }, {"unique names", "twin"});
  raises<ValueError>("names in a graph", [] {
    Tensor inputs = Input({4});
    Model(inputs, layers::Dense({.units = 1, .name = "twin"})(layers::Dense({.units = 1, .name = "twin"})(inputs)));
  }, {"unique", "twin"});
  raises<ValueError>("other input", [] { Model(Input({4}), layers::Dense({.units = 1})(Input({4}, float32, "other"))); }, {"not among `inputs`", "other"});
  raises<ValueError>("array", [] { Model(x({2, 4}), layers::Dense({.units = 1})(Input({4}))); }, {"keras.Input()", "inputs"});
  raises<ValueError>("count", [] { Sequential({layers::Dense({.units = 3})}, "head").count_params(); }, {"build", "head"});
  raises<ValueError>("too few", [] { dense_model().set_weights({x({4, 3})}); }, {"length 1", "expecting 2", "net"});
  raises<ValueError>("other shape", [] { dense_model().set_weights({x({3, 4}), x({3})}); }, {"(4, 3)", "(3, 4)"});
  raises<ValueError>("layer", [] { dense_model().body()->get_layer("haed"); }, {"No such layer", "haed", "head"});
  raises<IndexError>("pop", [] { Sequential().body()->pop(); }, {"no layers"});
}

TEST_CASE("empty handles say so, until they are given something") {
  Model model;
  CHECK_FALSE(model);
  raises<ValueError>("model", [&] { model.predict(x({1, 4})); }, {"Model", "empty"});
  raises<ValueError>("call", [&] { model(x({1, 4})); }, {"Layer", "empty"});
  model = dense_model();
  CHECK(model.predict(x({1, 4}), {.verbose = 0}).shape().dim(0) == 1);
  raises<ValueError>("layer", [] { Layer()(x({1, 4})); }, {"Layer", "empty"});
  raises<ValueError>("optimizer", [] { Optimizer().iterations(); }, {"Optimizer", "empty"});
  raises<ValueError>("data set", [] { for (const Nest& element : data::Dataset()) (void)element; }, {"Dataset", "empty"});
  raises<ValueError>("data set", [] { data::Dataset().batch(2).cardinality(); }, {"Dataset", "empty"});
}

TEST_CASE("an optimizer takes as many gradients as Variables") {
  Variable v(1.f), w(1.f);
  for (const std::vector<Tensor>& grads : {std::vector<Tensor>{}, std::vector<Tensor>{x({1})}})
    raises<ValueError>("count", [&] { optimizers::SGD().apply_gradients(grads, {v, w}); }, {"gradients and variables differ in number"});
}

TEST_CASE("mistakes in files") {
  raises<ValueError>("save", [] { dense_model().save("model.bin"); }, {".keras", "model.bin"});
  raises<ValueError>("save weights", [] { dense_model().save_weights("w.bin"); }, {".weights.h5", "w.bin"});
  raises<FileNotFoundError>("folder", [] { dense_model().save("no/such/folder/model.keras"); }, {"No such file or directory: 'no/such/folder/model.keras'"});
  raises<FileNotFoundError>("folder", [] { dense_model().save_weights("no/such/folder/m.weights.h5"); }, {"No such file or directory"});
  raises<ValueError>("load", [] { load_model("nowhere.keras"); }, {"not found", "nowhere.keras"});
  raises<ValueError>("checkpoint", [] { callbacks::ModelCheckpoint({.filepath = "best.keras", .save_weights_only = true}); },
                     {".weights.h5", "best.keras", "save_weights_only"});
}
