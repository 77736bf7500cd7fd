#include "runnel/keras/quantizers.h"

#include "runnel/autodiff/gradient_tape.h"
#include "runnel/base/error.h"
#include "runnel/keras/expect_close.h"
#include "runnel/keras/keras.h"
#include "runnel/ops/array.h"
#include "runnel/ops/math.h"

// Expected values: Keras 3.15.
namespace runnel::inline v0::keras {

namespace {

const std::vector<float> kKernel{1, -2, 0.5f, 3, -0.25f, 0.125f};
Tensor inputs() { return floats({1, 2, -3, 0.5f, -1, 0.25f}, {2, 3}); }

layers::Dense dense() {
  layers::Dense layer({.units = 2, .use_bias = false});
  layer(inputs());
  layer.set_weights({floats(kKernel, {3, 2})});
  return layer;
}

}  // namespace

TEST_CASE("a quantized Dense keeps int8 and a scale, and computes as Keras's") {
  layers::Dense layer = dense();
  quantize_layer(*layer.body(), {.mode = "int8"});
  Tensor kept = layer.get_weights()[0];
  CHECK(kept.dtype() == int8);
  expect_close(cast(kept, float32), {127, -85, 63, 127, -32, 5});
  expect_close(layer.get_weights()[1], {126.99998474f, 42.33333206f});
  expect_close(layer(inputs()), {2.74406385f, 3.67722773f, -0.06348814f, -3.96627259f});
  CHECK(layer.trainable_weights().empty());
  CHECK(layer.body()->dtype_policy().name() == "int8_from_float32");
  CHECK_THROWS_AS(quantize_layer(*layer.body(), {.mode = "int4"}), ValueError);
}

TEST_CASE("blocks of 4 bits have a scale and a zero point each") {
  layers::Dense layer = dense();
  quantize_layer(*layer.body(), {.config = quantizers::Int4QuantizationConfig()});
  CHECK(layer.get_weights()[0].shape() == Shape{3, 1});
  expect_close(layer.get_weights()[1], {0.08333334f, 0.33333334f});
  expect_close(layer(inputs()), {2.75f, 4, -0.0625f, -4});
}

TEST_CASE("a quantized layer is made again from its config") {
  layers::Dense layer = dense();
  quantize_layer(*layer.body(), {.config = quantizers::Int4QuantizationConfig({.block_size = 2})});
  Ref<KerasObject> again = make_by_name("layers", "Dense", layer.get_config());
  auto& body = dynamic_cast<DenseBody&>(*again);
  body(inputs());
  body.set_weights(layer.get_weights());
  Tensor same = layer(inputs());
  expect_close(body(inputs()).tensor(), std::vector<float>(same.data<float>(), same.data<float>() + 4));
}

TEST_CASE("gradients pass a quantized layer as through its floats") {
  layers::Dense layer = dense();
  quantize_layer(*layer.body(), {.mode = "int8"});
  Tensor x = inputs();
  GradientTape tape;
  tape.watch(x);
  Tensor y = layer(x);
  expect_close(tape.gradient(y, x), {-1.00787401f, 3.49606299f, -0.13385827f, -1.00787401f, 3.49606299f, -0.13385827f}, 1e-4f);
}

TEST_CASE("a model quantizes the layers that a pattern finds, and says which it cannot") {
  Sequential model({layers::Dense({.units = 4, .name = "hidden", .input_shape = {3}}), layers::Dense({.units = 1, .name = "out"})});
  Tensor before = model.predict(inputs(), {.verbose = 0});
  model.quantize({.mode = "int8", .filters = {"^hid"}});
  CHECK(model.body()->get_layer("hidden")->dtype_policy().quantization_mode() == "int8");
  CHECK(model.body()->get_layer("out")->dtype_policy().quantization_mode().empty());
  expect_close(model.predict(inputs(), {.verbose = 0}), {before.data<float>()[0], before.data<float>()[1]}, 0.1f);
}

TEST_CASE("LoRA adds a product of two thin matrices, and is saved as part of the weight") {
  layers::Dense layer = dense();
  layer.body()->enable_lora({.rank = 1, .lora_alpha = 2});
  std::vector<Variable> weights = layer.weights();
  weights[1].assign(floats({1, 2, 3}, {3, 1}));
  weights[2].assign(floats({0.5f, -1}, {1, 2}));
  expect_close(layer(inputs()), {-1.25f, 11.625f, -0.8125f, -2.46875f});
  CHECK(layer.trainable_weights().size() == 2);
  std::vector<SavedVariable> saved = layer.body()->saved_variables();
  expect_close(saved[0].value, {2, -4, 2.5f, -1, 2.75f, -5.875f});
  CHECK(saved[1].name.empty());
  CHECK_THROWS_AS(layer.body()->enable_lora({.rank = 1}), ValueError);
}

}  // namespace runnel::inline v0::keras
