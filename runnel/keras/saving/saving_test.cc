#include "runnel/keras/saving/saving.h"

#include <doctest/doctest.h>

#include <filesystem>

#include "runnel/base/error.h"
#include "runnel/base/files.h"
#include "runnel/base/zip.h"
#include "runnel/interop/hdf5/hdf5.h"
#include "runnel/keras/expect_close.h"
#include "runnel/keras/layers.h"
#include "runnel/keras/saving/npz.h"
#include "runnel/keras/saving/serialization.h"
#include "runnel/keras/saving/state.h"
#include "runnel/ops/math.h"

using namespace runnel;
using namespace runnel::keras;

namespace {

std::string sample(const std::string& name) { return join_path(RUNNEL_TEST_DATA, "keras/" + name); }

/// A folder that goes away with the test.
struct Folder {
  Folder() : path(join_path(std::filesystem::temp_directory_path().string(), cat("runnel_saving_", getpid(), "_", ++count))) { make_folders(path); }
  ~Folder() { std::filesystem::remove_all(path); }
  std::string operator/(const std::string& name) const { return join_path(path, name); }
  std::string path;
  static inline int count = 0;
};

void expect_same(const Tensor& got, const Tensor& expected, float tolerance = 1e-6f) {
  REQUIRE(got.shape() == expected.shape());
  auto values = expected.values<float>();
  expect_close(got, {values.begin(), values.end()}, tolerance);
}

Sequential small_model() {
  return Sequential({layers::Dense({.units = 4, .activation = "tanh", .input_shape = {3}}), layers::BatchNormalization(), layers::Dense({.units = 2})});
}

Tensor inputs() { return steps(-1, 1, {6, 3}); }
Tensor targets() { return steps(0, 1, {6, 2}); }

void train(const Model& model, int epochs) { model.fit(inputs(), targets(), {.batch_size = 2, .epochs = epochs, .verbose = 0, .shuffle = false}); }
Model trained(const std::string& optimizer) {
  Sequential model = small_model();
  model.compile({.optimizer = optimizer.c_str(), .loss = "mse", .metrics = {"mae"}});
  Model any(Ref<ModelBody>(model.body()));
  train(any, 2);
  return any;
}

void expect_equal_weights(const Model& a, const Model& b) {
  std::vector<Tensor> x = a.get_weights(), y = b.get_weights();
  REQUIRE(x.size() == y.size());
  for (size_t i = 0; i < x.size(); ++i) expect_same(x[i], y[i], 0);
}

}  // namespace

TEST_CASE("load_model opens what Keras saved, and predicts the same") {
  for (const char* name : {"1_sequential_mlp", "6_compiled_optimizer_state"})
    for (const char* ending : {".keras", ".h5"}) {
      CAPTURE(name);
      CAPTURE(ending);
      Model model = load_model(sample(cat(name, ending)));
      Npz io(sample(cat(name, ".npz")));
      expect_same(model.predict(io["in_x"], {.verbose = 0}), io["out_0"]);
      CHECK(model.body()->compiled());
      CHECK_FALSE(load_model(sample(cat(name, ending)), {.compile = false}).body()->compiled());
    }
}

TEST_CASE("load_model takes over the optimizer's state") {
  Npz io(sample("6_compiled_optimizer_state.npz"));
  for (const char* ending : {".keras", ".h5"}) {
    CAPTURE(ending);
    Model model = load_model(sample(cat("6_compiled_optimizer_state", ending)));
    std::vector<Variable> state = model.body()->optimizer().body()->variables();
    REQUIRE(state.size() == 25);
    CHECK(state[0].value().item<int64_t>() == io["optvar_000|adam|iteration"].item<int64_t>());
    expect_same(state[1].value(), io["optvar_001|adam|opt_state_dense_kernel_average"], 0);
    expect_same(state[8].value(), io["optvar_008|adam|opt_state_dense_kernel_velocity"], 0);
    expect_same(state[24].value(), io["optvar_024|adam|opt_state_dense_1_bias_velocity_hat"], 0);
  }
}

TEST_CASE("load_weights reads each kind of file into a model that is there") {
  Npz io(sample("1_sequential_mlp.npz"));
  Sequential model({layers::Dense({.units = 16, .activation = "relu", .input_shape = {8}}), layers::Dropout({.rate = 0.1}), layers::Dense({.units = 3, .activation = "softmax"})});
  for (const char* ending : {".weights.h5", ".keras", ".h5"}) {
    CAPTURE(ending);
    model.body()->set_weights({Tensor(float32, {8, 16}), Tensor(float32, {16}), Tensor(float32, {16, 3}), Tensor(float32, {3})});
    model.load_weights(sample(cat("1_sequential_mlp", ending)));
    expect_same(model.predict(io["in_x"], {.verbose = 0}), io["out_0"]);
  }
}

TEST_CASE("a saved model predicts and trains on as the one that was saved") {
  Folder folder;
  for (const char* optimizer : {"adam", "rmsprop", "sgd", "nadam"})
    for (const char* file : {"m.keras", "m.h5"}) {
      CAPTURE(optimizer);
      CAPTURE(file);
      Model model = trained(optimizer);
      model.save(folder / file);
      CHECK_FALSE(file_exists(folder / cat(file, ".part")));
      Model again = load_model(folder / file);
      expect_equal_weights(again, model);
      train(model, 1);
      train(again, 1);
      expect_equal_weights(again, model);
    }
}

TEST_CASE("weights are saved and loaded in both formats, by order and by name") {
  Folder folder;
  Model model = trained("adam");
  for (const char* file : {"m.weights.h5", "m.h5"}) {
    CAPTURE(file);
    model.save_weights(folder / file);
    Sequential other = small_model();
    other.load_weights(folder / file);
    expect_equal_weights(Model(Ref<ModelBody>(other.body())), model);
  }
  Sequential renamed({layers::Dense({.units = 4, .name = "elsewhere", .input_shape = {3}}), layers::Dense({.units = 7, .name = model.body()->layers()[0]->name()})});
  CHECK_THROWS_WITH_AS(renamed.load_weights(folder / "m.h5", {.by_name = true}), doctest::Contains("Shape mismatch in layer #0"), ValueError);
  std::vector<Tensor> before = renamed.get_weights();
  renamed.load_weights(folder / "m.h5", {.skip_mismatch = true, .by_name = true});
  expect_same(renamed.get_weights()[0], before[0], 0);
}

TEST_CASE("functional models keep their graph: shared layers, nested models, operators, several inputs and outputs") {
  Folder folder;
  Tensor in = Input({4}), inner_in = Input({4}), other = Input({4});
  Model inner(inner_in, layers::Dense({.units = 4, .activation = "tanh"})(inner_in), "blk");
  Layer block(Ref<LayerBody>(inner.body()));
  layers::Dense shared({.units = 4});
  Tensor once = shared(in), twice = shared(block(once) * 2.f + other);
  Tensor thrice = block(twice) - 1.f;
  Model model(Nest{in, other}, Nest{thrice, block(other)}, "net");
  std::vector<Tensor> expected = model(Nest{steps(0, 1, {2, 4}), steps(-1, 1, {2, 4})}).flatten();
  for (const char* file : {"m.keras", "m.h5"}) {
    CAPTURE(file);
    model.save(folder / file);
    std::vector<Tensor> got = load_model(folder / file)(Nest{steps(0, 1, {2, 4}), steps(-1, 1, {2, 4})}).flatten();
    REQUIRE(got.size() == 2);
    expect_same(got[0], expected[0], 0);
    expect_same(got[1], expected[1], 0);
  }
  // The trap: a nested functional model's calls count from 1 in output_layers, and from 0 in inbound_nodes.
  Config config = model.get_config();
  CHECK(config.at("output_layers").as_list()[1] == Config(Config::List{"blk", 3, 0}));
  CHECK(model_from_json(model.to_json()).to_json() == model.to_json());
}

TEST_CASE("models inside of wrappers are loaded again") {
  Folder folder;
  Tensor in = Input({3});
  Sequential inner({layers::Dense({.units = 2, .input_shape = {3}})});
  for (const Layer& step : {Layer(inner), Layer(Model(in, layers::Dense({.units = 2})(in)))}) {
    Sequential model({Layer(layers::TimeDistributed({.layer = step, .input_shape = {4, 3}}))});
    Tensor expected = model(steps(-1, 1, {2, 4, 3}));
    for (const char* file : {"m.keras", "m.h5"}) {
      model.save(folder / file);
      expect_same(load_model(folder / file)(steps(-1, 1, {2, 4, 3})), expected, 0);
    }
  }
}

TEST_CASE("what does not fit a file is told as Keras tells it") {
  Folder folder;
  Sequential model({layers::Dense({.units = 2, .input_shape = {3}})}), other({layers::Dense({.units = 2, .use_bias = false, .name = "other", .input_shape = {3}})});
  model.save_weights(folder / "m.weights.h5");
  CHECK_THROWS_WITH_AS(other.load_weights(folder / "m.weights.h5"),
                       "A total of 1 objects could not be loaded. Example error message for object <Dense name=other, built=True>:\n\n"
                       "Layer 'other' expected 1 variables, but received 2 variables during loading. Expected: ['kernel']\n\n"
                       "List of objects that could not be loaded:\n[<Dense name=other, built=True>]",
                       ValueError);
}

namespace {

struct BlockBody : LayerBody {
  std::string class_name() const override { return "Block"; }
  using LayerBody::call;
  Tensor call(const Tensor& x, const CallArgs&) override { return x; }
};
Layer dense() { return layers::Dense({.units = 4}); }

}  // namespace

TEST_CASE("saved paths follow attributes in alphabetical order, private ones last; each object is saved once") {
  auto block = make_ref<BlockBody>();
  block->constructed();
  Layer shared = dense();
  block->track("zeta", dense());
  block->track("_private", dense());
  block->track("alpha", shared);
  block->track("alias", shared);
  Layer loose = block->track(dense());
  std::vector<std::string> paths;
  for (const SavedObject& saved : saved_objects(block)) paths.push_back(saved.path);
  CHECK(paths == std::vector<std::string>{"", "alias", "zeta", "_private", "layers/dense_3"});
}

TEST_CASE("a model that does not fit its file is left as it was, and the message says what differs") {
  Folder folder;
  trained("adam").save_weights(folder / "m.weights.h5");
  Sequential other({layers::Dense({.units = 4, .input_shape = {3}}), layers::BatchNormalization(), layers::Dense({.units = 5})});
  std::vector<Tensor> before = other.get_weights();
  CHECK_THROWS_WITH_AS(other.load_weights(folder / "m.weights.h5"), doctest::Contains("variable.shape=(4, 5), Received: value.shape=(4, 2)"), ValueError);
  expect_same(other.get_weights()[0], before[0], 0);
  other.load_weights(folder / "m.weights.h5", {.skip_mismatch = true});
  CHECK(other.get_weights()[0].data<float>()[0] != before[0].data<float>()[0]);
  Sequential fewer({layers::Dense({.units = 4, .use_bias = false, .input_shape = {3}})});
  CHECK_THROWS_WITH_AS(fewer.load_weights(folder / "m.weights.h5"), doctest::Contains("expected 1 variables, but received 2 variables"), ValueError);
  CHECK_THROWS_WITH_AS(Sequential({layers::Dense({.units = 4})}).load_weights(folder / "m.weights.h5"), doctest::Contains("has not yet been built"), ValueError);
}

TEST_CASE("saving and loading name wrong endings, missing files and existing ones") {
  Folder folder;
  Model model = trained("sgd");
  CHECK_THROWS_WITH_AS(model.save(folder / "m.txt"), doctest::Contains("Invalid filepath extension for saving"), ValueError);
  CHECK_THROWS_WITH_AS(model.save_weights(folder / "m.keras"), doctest::Contains("The filename must end in `.weights.h5`"), ValueError);
  CHECK_THROWS_WITH_AS(model.load_weights(folder / "m.txt"), doctest::Contains("File format not supported"), ValueError);
  CHECK_THROWS_WITH_AS(model.load_weights(folder / "m.weights.h5", {.by_name = true}), doctest::Contains("`by_name` only supports"), ValueError);
  CHECK_THROWS_WITH_AS(load_model(folder / "m.keras"), doctest::Contains("File not found"), ValueError);
  CHECK_THROWS_WITH_AS(load_model(folder / "m.pb"), doctest::Contains("File format not supported"), ValueError);
  model.save(folder / "m.keras");
  CHECK_THROWS_WITH_AS(model.save(folder / "m.keras", {.overwrite = false}), doctest::Contains("exists already"), ValueError);
}

namespace {

void write_archive(const std::string& path, const std::string& config) {
  ZipWriter zip;
  zip.add("metadata.json", "{}");
  zip.add("config.json", config);
  zip.add("model.weights.h5", hdf5::write(hdf5::Group()));
  write_file(path, zip.take());
}

struct Hostile {
  const char* what;
  const char* config;
  const char* message;
};
const Hostile kHostile[] = {
    {"a lambda", R"({"module":"keras","class_name":"Sequential","config":{"name":"s","layers":[{"module":"keras.layers","class_name":"Lambda","config":{"function":{"class_name":"__lambda__","config":{"code":"4wE="}}}}]}})",
     "Requested the deserialization of a Python lambda"},
    {"a lambda of Keras 2", R"({"class_name":"Sequential","config":{"name":"s","layers":[{"class_name":"Lambda","config":{"function":["4wE=",null,null],"function_type":"lambda"}}]}})",
     "Requested the deserialization of a Python lambda"},
    {"no JSON", "{", "not valid JSON"},
    {"a list", "[]", "Could not parse config"},
    {"no class", "{}", "class_name"},
    {"an unknown class", R"({"module":"os","class_name":"system","config":{"command":"true"}})", "Could not locate class 'system'"},
    {"a layer", R"({"module":"keras.layers","class_name":"Dense","config":{"units":3}})", "which is no model"},
    {"a wrong argument", R"({"class_name":"Sequential","config":{"name":"s","layers":[{"class_name":"Dense","config":{"units":"many"}}]}})", "an integer"},
    {"a loop", R"({"class_name":"Functional","config":{"name":"f","layers":[{"class_name":"Flatten","name":"a","config":{"name":"a"},"inbound_nodes":[[["b",0,0,{}]]]},{"class_name":"Flatten","name":"b","config":{"name":"b"},"inbound_nodes":[[["a",0,0,{}]]]}],"input_layers":[],"output_layers":[]}})",
     "either has loops or disconnected nodes"},
    {"a missing layer", R"({"class_name":"Functional","config":{"name":"f","layers":[{"class_name":"Flatten","name":"a","config":{"name":"a"},"inbound_nodes":[[["b",0,0,{}]]]}],"input_layers":[],"output_layers":[]}})",
     "Missing node: b"},
};

}  // namespace

TEST_CASE("load_model refuses hostile and broken configs") {
  Folder folder;
  for (const Hostile& h : kHostile) {
    CAPTURE(h.what);
    write_archive(folder / "h.keras", h.config);
    try {
      load_model(folder / "h.keras");
      FAIL("it was accepted");
    } catch (const Error& error) {
      CHECK_MESSAGE(std::string(error.what()).find(h.message) != std::string::npos, error.what());
    }
  }
  write_archive(folder / "h.keras", std::string(100000, '['));
  CHECK_THROWS_AS(load_model(folder / "h.keras"), ValueError);
  write_archive(folder / "h.keras", std::string(5000, '[') + std::string(5000, ']'));
  CHECK_THROWS_WITH_AS(load_model(folder / "h.keras"), doctest::Contains("nests too deeply"), ValueError);
}

TEST_CASE("load_model refuses files that are cut short or altered, or gives the right model") {
  Folder folder;
  for (const char* name : {"1_sequential_mlp.keras", "1_sequential_mlp.h5"}) {
    CAPTURE(name);
    const std::string whole = read_file(sample(name));
    const std::string path = folder / name;
    for (size_t size = 0; size < whole.size(); size += 997) {
      write_file(path, whole.substr(0, size));
      REQUIRE_THROWS_AS(load_model(path), Error);
    }
    for (size_t at = 0; at < whole.size(); at += 499) {
      std::string altered = whole;
      altered[at] = char(~altered[at]);
      write_file(path, altered);
      try {
        load_model(path);
      } catch (const Error&) {
      }
    }
  }
}

TEST_CASE("what stands in a config instead of a layer is refused") {
  struct NoLayer : RefCounted {};
  Config config = Config::Dict{{"class_name", "Dense"}, {"config", Ref<RefCounted>(make_ref<NoLayer>())}};
  CHECK_THROWS_WITH_AS(deserialize_layer(config), doctest::Contains("expected a layer or operation"), ValueError);
}
