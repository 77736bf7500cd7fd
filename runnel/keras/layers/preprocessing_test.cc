#include "runnel/keras/layers/preprocessing.h"

#include <doctest/doctest.h>

#include "runnel/keras/expect_close.h"
#include "runnel/keras/layers/lambda.h"
#include "runnel/keras/model.h"
#include "runnel/ops/array.h"
#include "runnel/ops/math.h"

using namespace runnel;
using namespace runnel::keras;

TEST_CASE("Normalization adapts to data from C++") {
  layers::Normalization layer;
  Tensor data = Tensor::from(std::vector<float>{0, 7, 2, 9, 0, 7, 2, 9}).reshaped(Shape({4, 2}));
  layer.body()->adapt(data);
  expect_close(layer(data), {-1, -1, 1, 1, -1, -1, 1, 1});  // Keras's documentation: mean (1, 8), variance (1, 1)
}

TEST_CASE("Discretization and CategoryEncoding number and encode") {
  layers::Discretization bins({.bin_boundaries = std::vector<double>{0, 1, 2}});
  Tensor x = Tensor::from(std::vector<float>{-1.5f, 1.0f, 3.4f, 0.5f});
  expect_close(cast(bins(x), float32), {0, 2, 3, 1});  // Keras's documentation
  layers::CategoryEncoding encode({.num_tokens = 4, .output_mode = "one_hot"});
  expect_close(encode(Tensor::from(std::vector<int32_t>{3, 0})), {0, 0, 0, 1, 1, 0, 0, 0});
  CHECK_THROWS_WITH_AS(layers::CategoryEncoding(), doctest::Contains("num_tokens must be set to use this layer"), ValueError);
}

TEST_CASE("a Lambda of a C++ function is found again by its name") {
  LambdaFunction doubled("doubled", [](const Nest& x, const CallArgs&) { return Nest(x.tensor() * 2.f); });
  register_lambda(doubled);
  layers::Lambda layer({.function = doubled});
  auto again = Layer(Ref<LayerBody>(&dynamic_cast<LayerBody&>(*deserialize_object("layers", serialize_object(*layer.body())))));
  expect_close(again(Tensor::from(std::vector<float>{1, 2})), {2, 4});
}
