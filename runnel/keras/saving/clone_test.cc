#include "runnel/keras/saving/clone.h"

#include <doctest/doctest.h>

#include "runnel/base/error.h"
#include "runnel/keras/layers.h"
#include "runnel/ops/array.h"
#include "runnel/ops/math.h"

namespace runnel::keras {

namespace {

// A clone_function: Dense layers with another number of units.
std::function<Layer(const Layer&)> widened(int64_t units, int& asked) {
  return [units, &asked](const Layer& layer) -> Layer {
    ++asked;
    return layers::Dense({.units = units, .name = layer.name()});
  };
}

}  // namespace

TEST_CASE("a clone has the architecture and weights of its own") {
  Sequential model({layers::Dense({.units = 2, .input_shape = {3}})});
  Model clone = clone_model(model);
  CHECK(clone.count_params() == model.count_params());
  CHECK_FALSE(clone.weights()[0].is(model.weights()[0]));
}

TEST_CASE("a clone_function is asked once for each layer that is no input and no operator") {
  Tensor x = Input(Shape({3}));
  layers::Dense shared({.units = 3, .name = "shared"});
  Tensor h = shared(shared(x));
  Model model(x, layers::Dense({.units = 3, .name = "last"})(multiply(h, 2)));
  int asked = 0;
  Model clone = clone_model(model, {.clone_function = widened(3, asked)});
  CHECK(asked == 2);
  CHECK(clone(zeros({1, 3})).shape() == Shape({1, 3}));
  CHECK(clone.weights().size() == 4);
  asked = 0;
  clone_model(Sequential({Layer(Ref<LayerBody>(model.body()))}), {.clone_function = widened(3, asked), .recursive = true});
  CHECK(asked == 2);
}

TEST_CASE("a clone stands on the tensors that it is given") {
  Tensor x = Input(Shape({3})), own = Input(Shape({3}), float32, "own"), made = layers::Dense({.units = 3, .name = "before"})(own);
  Model model(x, layers::Dense({.units = 2, .name = "last"})(multiply(x, 2)));
  Model clone = clone_model(model, {.input_tensors = own});
  CHECK(names_of(clone.body()->inputs()) == std::vector<std::string>{"own"});
  CHECK(clone(zeros({4, 3})).shape() == Shape({4, 2}));
  CHECK_FALSE(clone.weights()[0].is(model.weights()[0]));
  CHECK(names_of(clone_model(model, {.input_tensors = made}).body()->inputs())[0].ends_with("CLONE"));
  Sequential stack({layers::Dense({.units = 2, .input_shape = {3}})});
  CHECK(names_of(clone_model(stack, {.input_tensors = own}).body()->inputs()) == std::vector<std::string>{"own"});
  CHECK_THROWS_WITH_AS(clone_model(stack, {.input_tensors = Nest{own, own}}), doctest::Contains("must contain a single tensor"), ValueError);
  CHECK_THROWS_WITH_AS(clone_model(model, {.input_tensors = Nest{own, own}}), doctest::Contains("must have the same structure as model.input"), ValueError);
  CHECK_THROWS_WITH_AS(clone_model(model, {.input_tensors = zeros({1, 3})}), doctest::Contains("must be KerasTensors"), ValueError);
}

}  // namespace runnel::keras
