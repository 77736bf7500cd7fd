#include <doctest/doctest.h>

#include "runnel/base/error.h"
#include "runnel/keras/expect_close.h"
#include "runnel/keras/layers.h"
#include "runnel/keras/random.h"

// Expected values: keras.layers of Keras 3 over TensorFlow, with the same weights.
namespace runnel::inline v0::keras {

namespace {
const Shape kTwoByFour{2, 4};
}

TEST_CASE("Dense") {
  layers::Dense dense({.units = 3, .activation = "tanh"});
  dense(floats(std::vector<float>(8), kTwoByFour));
  dense.set_weights({steps(-1, 1, {4, 3}), floats({.1f, -.2f, .3f}, {3})});
  std::vector<float> expected{0.210444435f, 0.139983848f, 0.700449169f, -0.148885101f, 0.139983878f, 0.843105853f};
  expect_close(dense(steps(.125f, 1, kTwoByFour)), expected);
  Tensor deep = dense(steps(.125f, 1, {1, 2, 4}));
  CHECK(deep.shape() == Shape({1, 2, 3}));
  expect_close(deep, expected);
  CHECK(dense.count_params() == 15);
  CHECK(dense.body()->compute_output_shape({-1, 4}) == PartialShape({-1, 3}));
}

TEST_CASE("Dense after set_random_seed starts like Keras's") {
  set_random_seed(42);
  layers::Dense dense({.units = 3});
  dense(floats({0, 0}, {1, 2}));
  expect_close(dense.get_weights()[0], {0.784753084f, 0.356301308f, -0.309549212f, 0.985877752f, -0.924421847f, 0.333743334f}, 1e-7f);
}

TEST_CASE("Dense: config and errors") {
  layers::Dense dense({.units = 3, .activation = "relu", .kernel_initializer = "he_normal", .name = "d", .input_shape = {4}});
  Config config = serialize_object(*dense.body());
  CHECK_FALSE(config.at("config").find("input_shape"));
  CHECK(config.at("config").at("units").as_int() == 3);
  config.set("config", [&] {
    Config c = config.at("config");
    c.set("quantization_config", Config());  // as Keras writes it
    return c;
  }());
  CHECK(deserialize_object("layers", config)->get_config() == dense.get_config());
  CHECK_THROWS_WITH_AS(layers::Dense({.units = 0}),
                       doctest::Contains("Received an invalid value for `units`, expected a positive integer. Received: units=0"), ValueError);
  CHECK_THROWS_WITH_AS(dense(floats({1, 2, 3, 4}, {4})), doctest::Contains("expected min_ndim=2, found ndim=1. Full shape received: (4,)"), ValueError);
  dense(steps(0, 1, kTwoByFour));
  CHECK_THROWS_WITH_AS(dense(steps(0, 1, {2, 3})),
                       doctest::Contains("expected axis -1 of input shape to have value 4, but received input with shape (2, 3)"), ValueError);
}

TEST_CASE("Flatten, Reshape and Activation") {
  Tensor x = steps(0, 23, {2, 3, 4});
  CHECK(layers::Flatten()(x).shape() == Shape({2, 12}));
  CHECK(layers::Flatten()(floats({1, 2}, {2})).shape() == Shape({2, 1}));
  expect_close(layers::Flatten({.data_format = "channels_first"})(steps(0, 3, {1, 2, 2})), {0, 2, 1, 3});
  CHECK(layers::Flatten().body()->compute_output_shape({-1, 3, 4}) == PartialShape({-1, 12}));
  CHECK(layers::Reshape({.target_shape = {6, -1}})(x).shape() == Shape({2, 6, 2}));
  CHECK(layers::Reshape({.target_shape = {6, -1}}).body()->compute_output_shape({-1, 3, 4}) == PartialShape({-1, 6, 2}));
  CHECK_THROWS_WITH_AS(layers::Reshape({.target_shape = {3, 3}})(steps(1, 8, kTwoByFour)),
                       doctest::Contains("The total size of the tensor must be unchanged. Received: input_shape=(4,), target_shape="), ValueError);
  expect_close(layers::Activation({.activation = "relu"})(floats({-1, 2}, {2})), {0, 2});
}

TEST_CASE("Dropout drops what Keras drops") {
  Tensor x = steps(1, 8, kTwoByFour);
  layers::Dropout dropout({.rate = .5, .seed = 3});
  expect_close(dropout(x, {.training = true}), {0.f, 4.f, 6.f, 8.f, 0.f, 0.f, 0.f, 0.f});
  expect_close(dropout(x, {.training = true}), {0.f, 4.f, 0.f, 8.f, 10.f, 0.f, 14.f, 0.f});
  expect_close(dropout(x), {1, 2, 3, 4, 5, 6, 7, 8});
  expect_close(layers::Dropout({.rate = .25, .noise_shape = {-1, 1}, .seed = 9})(x, {.training = true}), {1.33333337f, 2.66666675f, 4.f, 5.33333349f, 6.66666698f, 8.f, 9.33333397f, 10.666667f});
  CHECK_THROWS_WITH_AS(layers::Dropout({.rate = 1.5}), doctest::Contains("Expected a float value between 0 and 1. Received: rate=1.5"), ValueError);
}

namespace {

struct CountedBody : LayerWith<LayerBaseOptions> {
  using LayerWith::LayerWith;
  int calls = 0;
  std::string class_name() const override { return "Counted"; }
  void build(const PartialShape&) override { add_weight({.name = "w", .shape = {1}}); }
  Tensor call(const Tensor& x, const CallArgs&) override { return ++calls, x; }
};

}  // namespace

TEST_CASE("TimeDistributed calls frozen layers once, and layers that learn from a batch for no empty one") {
  auto counted = make_object<CountedBody>(LayerBaseOptions{});
  layers::TimeDistributed frozen({.layer = Layer(counted)});
  frozen.set_trainable(false);
  frozen(steps(0, 1, {2, 3, 2}), {.training = true});
  CHECK(counted->calls == 1);
  layers::BatchNormalization norm;
  CHECK(layers::TimeDistributed({.layer = norm})(floats({}, {2, 0, 3}), {.training = true}).shape() == Shape({2, 0, 3}));
  expect_close(norm.get_weights()[2], {0, 0, 0});
}

}  // namespace runnel::inline v0::keras
