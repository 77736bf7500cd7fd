#include "runnel/keras/compiled.h"

#include <doctest/doctest.h>

#include "runnel/base/error.h"
#include "runnel/keras/keras.h"
#include "runnel/keras/warn.h"
#include "runnel/ops/array.h"

using namespace runnel;
using namespace runnel::keras;

namespace {

// Outputs "b", the sum of two inputs, and "a", zero; in this order.
Model two_named() {
  Tensor x = Input({2});
  Tensor b = layers::Dense({.units = 1, .kernel_initializer = "ones"})(x), a = layers::Dense({.units = 1, .kernel_initializer = "zeros"})(x);
  return Model(x, Nest(Nest::Dict{{"b", b}, {"a", a}}));
}
Tensor x() { return Tensor::from(std::vector{1.f, 2.f, 3.f, 4.f}).reshaped({2, 2}); }
Nest y() {
  Tensor a = Tensor::from(std::vector{1.f, 3.f}).reshaped({2, 1}), b = Tensor::from(std::vector{2.f, 4.f}).reshaped({2, 1});
  return Nest::Dict{{"b", b}, {"a", a}};
}

std::map<std::string, double> logs_of(const CompileOptions& options) {
  Model model = two_named();
  model.compile(options);
  std::map<std::string, double> out;
  for (const auto& [name, value] : model.train_on_batch(x(), y())) out[name] = value;
  return out;
}

using Losses = std::map<std::string, Loss>;
using Metrics = std::map<std::string, std::vector<MetricSpec>>;

}  // namespace

// The numbers are those of tests/keras/test_outputs_by_name.py, from real Keras.
TEST_CASE("losses, weights and metrics go to the outputs that they name") {
  auto logs = logs_of({.optimizer = "sgd",
                       .losses = Losses{{"a", "mse"}, {"b", "mae"}},
                       .loss_weights = std::map<std::string, double>{{"a", 10.0}, {"b", 2.0}},
                       .output_metrics = Metrics{{"b", {"mse"}}}});
  CHECK(logs == std::map<std::string, double>{{"a_loss", 5}, {"b_loss", 2}, {"b_mse", 5}, {"loss", 54}});
  logs = logs_of({.optimizer = "sgd", .losses = {"mse", "mae"}, .loss_weights = {10.0, 2.0}});
  CHECK(logs == std::map<std::string, double>{{"a_loss", 5}, {"b_loss", 2}, {"loss", 54}});
  CHECK(logs_of({.optimizer = "sgd", .losses = Losses{{"a", "mse"}}}) == std::map<std::string, double>{{"loss", 5}});
}

TEST_CASE("a name that no output has is an error of compile()") {
  CHECK_THROWS_AS(two_named().compile({.losses = Losses{{"c", "mse"}}}), KeyError);
  CHECK_THROWS_AS(two_named().compile({.loss = "mse", .output_metrics = Metrics{{"c", {"mse"}}}}), ValueError);
}

TEST_CASE("data that run out end the epoch with a warning, and endless ones need a number of steps") {
  std::vector<std::string> warnings;
  set_warner([&](const std::string& text) { warnings.push_back(text); });
  Sequential model({layers::Dense({.units = 1, .input_shape = {2}})});
  model.compile({.optimizer = "sgd", .loss = "mse"});
  Tensor target = Tensor::from(std::vector{1.f, 1.f}).reshaped({2, 1});
  auto data = data::Dataset::from_tensor_slices(Nest::tuple({x(), target})).batch(1);
  History history = model.fit(data, {.epochs = 2, .verbose = 0, .steps_per_epoch = 3});
  set_warner({});
  CHECK(history.epoch.size() == 2);
  REQUIRE(warnings.size() == 2);
  CHECK(warnings[0].starts_with("Your input ran out of data; interrupting training."));
  CHECK_THROWS_WITH_AS(model.fit(data.repeat(), {.verbose = 0}), doctest::Contains("infinitely repeating dataset"), ValueError);
  CHECK_THROWS_WITH_AS(model.fit(data, {.verbose = 0, .validation_split = 0.5}), doctest::Contains("validation_split"), ValueError);
  CHECK_THROWS_WITH_AS(model.fit(data, {.verbose = 0, .validation_data = {x(), ones({2, 1})}, .sample_weight = ones({1})}),
                       doctest::Contains("sample_weights"), ValueError);
}

TEST_CASE("a class weighs all steps of its samples") {
  for (const Shape& shape : {Shape{2}, Shape{2, 2}, Shape{2, 2, 1}}) {
    Batch batch{.x = ones({2, 1}), .y = Tensor::from(std::vector<int64_t>{0, 1}), .sample_weight = ones(Ints(shape.dims()), float32)};
    weigh_classes(batch, {{1, 3.0}});
    Tensor weights = batch.sample_weight.tensor();
    CHECK(weights.shape() == shape);
    for (int64_t i = 0; i < 2; ++i)
      for (float weight : weights.rows(i, i + 1).values<float>()) CHECK(weight == (i == 0 ? 1.f : 3.f));
  }
}

TEST_CASE("weights that a Sequential builds have its name in their path") {
  Sequential model({layers::Dense({.units = 1, .name = "head", .input_shape = {2}})}, "net");
  CHECK(model.body()->weights()[0].name() == "net/head/kernel:0");
}

TEST_CASE("a loss among the metrics stands in the config itself") {
  auto made = [] { return Sequential({layers::Dense({.units = 1, .kernel_initializer = "ones", .input_shape = {2}})}); };
  Sequential model = made(), again = made();
  model.compile({.optimizer = "sgd", .loss = "mse", .metrics = {losses::Huber({.delta = 0.5, .name = "near"})}});
  Config config = model.body()->get_compile_config();
  REQUIRE(config.at("metrics").as_list().size() == 1);
  CHECK(config.at("metrics").as_list()[0].at("class_name") == Config("Huber"));
  CHECK(config.at("metrics").as_list()[0].at("config").at("delta") == Config(0.5));
  again.body()->compile_from_config(config);
  CHECK(again.body()->get_compile_config().at("metrics") == config.at("metrics"));
  // outputs 3 and 7, so that errors are 2 and 4: 0.5 * (error - 0.25) on average
  Logs logs = again.body()->test_on_batch(x(), Tensor::from(std::vector{1.f, 3.f}).reshaped({2, 1}));
  CHECK(logs.back().first == "near");
  CHECK(logs.back().second == doctest::Approx(1.375));
}
