#include <doctest/doctest.h>

#include "runnel/base/error.h"
#include "runnel/keras/expect_close.h"
#include "runnel/keras/layers.h"

// Expected values: keras.layers of Keras 3 over TensorFlow, with the same weights.
namespace runnel::inline v0::keras {

namespace {
Tensor image() {
  std::vector<float> values;
  for (int i = 0; i < 32; ++i) values.push_back(float(i % 7));
  return floats(values, {1, 4, 4, 2});
}
const Tensor kBias = floats({.5f, -.5f}, {2});
}  // namespace

TEST_CASE("Conv2D") {
  layers::Conv2D conv({.filters = 2, .kernel_size = 3, .strides = 2, .padding = "same", .activation = "relu"});
  conv(image());
  conv.set_weights({steps(-1, 1, {3, 3, 2, 2}), kBias});
  expect_close(conv(image()), {6.3285718f, 8.52857208f, 0.f, 0.f, 0.f, 0.f, 0.f, 0.f}, 3e-6f);
  layers::Conv2D grouped({.filters = 2, .kernel_size = 2, .groups = 2});
  grouped(image());
  grouped.set_weights({steps(-1, 1, {2, 2, 1, 2}), kBias});
  expect_close(grouped(image()), {1.92857122f, 3.21428585f, 0.785714149f, 4.35714293f, -5.35714245f, -0.500000238f, 1.35714316f, 3.78571415f, 0.214285851f, -2.07142878f, -2.92857122f, -2.92857122f, 0.785714149f, 4.35714293f, -5.35714245f, -0.500000238f, -4.5f, 2.64285707f}, 3e-6f);
  CHECK(grouped.body()->compute_output_shape({-1, 28, 28, 2}) == PartialShape({-1, 27, 27, 2}));
}

TEST_CASE("Conv2D: config and errors") {
  layers::Conv2D conv({.filters = 3, .kernel_size = {2, 3}, .name = "c"});
  CHECK(conv.get_config().at("data_format").as_string() == "channels_last");
  CHECK(conv.get_config().at("strides").as_list().size() == 2);
  CHECK(deserialize_object("layers", serialize_object(*conv.body()))->get_config() == conv.get_config());
  CHECK_THROWS_AS(layers::Conv2D({.filters = 3, .kernel_size = 2, .padding = "no"}), ValueError);
  CHECK_THROWS_WITH_AS(layers::Conv2D({.filters = 3, .kernel_size = 2, .groups = 2}),
                       doctest::Contains("The number of filters must be evenly divisible by the number of groups."), ValueError);
  CHECK_THROWS_AS(conv(steps(0, 1, {2, 4})), ValueError);
}

TEST_CASE("pooling") {
  expect_close(layers::MaxPooling2D()(image()), {3.f, 4.f, 6.f, 6.f, 5.f, 6.f, 6.f, 3.f});
  expect_close(layers::AveragePooling2D({.pool_size = 3, .strides = 2, .padding = "same"})(image()), {3.f, 3.22222233f, 3.66666675f, 2.33333325f, 3.33333325f, 3.16666675f, 2.25f, 1.5f});
  expect_close(layers::GlobalAveragePooling2D()(image()), {2.75f, 2.875f});
  Tensor kept = layers::GlobalMaxPooling2D({.keepdims = true})(image());
  CHECK(kept.shape() == Shape({1, 1, 1, 2}));
  expect_close(kept, {6.f, 6.f});
  CHECK_THROWS_WITH_AS(layers::MaxPooling2D()(steps(0, 1, {2, 4})), doctest::Contains("expected ndim=4, found ndim=2"), ValueError);
}

TEST_CASE("BatchNormalization") {
  Tensor x = steps(1, 8, {2, 4});
  layers::BatchNormalization norm({.momentum = .9});
  expect_close(norm(x, {.training = true}), {-0.999875069f, -0.999875069f, -0.999875069f, -0.999875069f, 0.999875069f, 0.999875069f, 0.999875069f, 0.999875069f}, 2e-6f);
  REQUIRE(norm.get_weights().size() == 4);
  expect_close(norm.get_weights()[2], {0.300000012f, 0.400000006f, 0.5f, 0.600000024f});
  expect_close(norm.get_weights()[3], {1.29999995f, 1.29999995f, 1.29999995f, 1.29999995f});
  expect_close(norm(x), {0.613704562f, 1.40275335f, 2.19180202f, 2.98085093f, 4.12058783f, 4.9096365f, 5.69868565f, 6.48773432f}, 2e-6f);
  Tensor rows = layers::BatchNormalization({.axis = 1})(image(), {.training = true});
  std::vector<float> picked;
  for (int i = 0; i < 4; ++i) picked.insert(picked.end(), {rows.data<float>()[8 * i], rows.data<float>()[8 * i + 1]});
  std::vector<float> expected{-1.2394526f, -0.767280161f, -0.881805122f, -0.377916455f, -0.460502386f, 0.0657860041f, 0.f, 0.534446239f};
  expect_close(floats(picked, {8}), expected, 2e-6f);
}

TEST_CASE("BatchNormalization with a mask, and as Keras saves it") {
  layers::BatchNormalization norm;
  Tensor mask(bool_, {1, 4});
  for (int i = 0; i < 4; ++i) mask.mutable_data<bool>()[i] = i != 2;
  expect_close(norm(steps(1, 8, {1, 4, 2}), {.training = true, .mask = mask}), {-1.068959f, -1.068959f, -0.26723969f, -0.26723969f, 0.534479499f, 0.534479737f, 1.33619893f, 1.33619893f}, 2e-6f);
  expect_close(norm.get_weights()[2], {0.0366666652f, 0.0466666631f});
  Config config = norm.get_config();
  config.set("renorm", false);
  config.set("renorm_clipping", Config());
  config.set("renorm_momentum", .99);
  config.set("synchronized", false);
  CHECK(make_by_name("layers", "BatchNormalization", config)->get_config() == norm.get_config());
}

TEST_CASE("LayerNormalization") {
  layers::LayerNormalization norm;
  Tensor x = steps(1, 8, {2, 4});
  norm(x);
  norm.set_weights({floats({.1f, -.2f, .3f, .1f}, {4}), floats({.3f, -.2f, .1f, .1f}, {4})});
  expect_close(norm(x), {0.165889561f, -0.110593036f, 0.234110475f, 0.234110445f, 0.165889591f, -0.110593021f, 0.234110475f, 0.234110445f}, 2e-6f);
  expect_close(layers::LayerNormalization({.axis = {1, 2}})(steps(1, 8, {2, 2, 2})), {-1.34110427f, -0.447034717f, 0.447034836f, 1.34110451f, -1.34110451f, -0.447034836f, 0.447034836f, 1.34110451f}, 2e-6f);
}

}  // namespace runnel::inline v0::keras
