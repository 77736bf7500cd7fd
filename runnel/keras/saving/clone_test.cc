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

}  // namespace runnel::keras
