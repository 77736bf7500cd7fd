#include "runnel/base/error.h"
#include "runnel/keras/expect_close.h"
#include "runnel/keras/keras.h"

namespace runnel::inline v0::keras {

// Expected values: Keras 3.15.
TEST_CASE("batch renormalization") {
  layers::BatchNormalization layer({.momentum = 0.9, .renorm = true, .renorm_clipping = RenormClipping{.rmax = 3, .rmin = 0.3, .dmax = 5}, .renorm_momentum = 0.8});
  Tensor x = floats({1, 2, -3, 0.5f, -1, 0.25f}, {2, 3});
  layer(x, {.training = true});
  expect_close(layer(x, {.training = true}), {1.00318003f, 1.72716808f, -2.42209005f, 0.40792322f, -0.99993938f, 0.46664122f}, 1e-5f);
  expect_close(layer(x), {0.99955881f, 1.73962533f, -2.44791698f, 0.41672567f, -0.99994212f, 0.45695943f}, 1e-5f);
  std::vector<Tensor> weights = layer.get_weights();
  expect_close(weights[4], {0.85787851f, 1.09506333f, 1.11880839f});
  expect_close(weights[6], {0.73071718f, 1.18011999f, 1.22511077f});
  CHECK_THROWS_AS(layers::BatchNormalization({.renorm = true, .renorm_clipping = RenormClipping{.dmax = -1}}), ValueError);
}

}  // namespace runnel::inline v0::keras
