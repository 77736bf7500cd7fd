#include "runnel/keras/remat.h"

#include <doctest/doctest.h>

#include "runnel/autodiff/gradient_tape.h"
#include "runnel/keras/initializers_stft.h"
#include "runnel/keras/layers.h"
#include "runnel/keras/model.h"
#include "runnel/ops/array.h"
#include "runnel/ops/math.h"

namespace tf = runnel;
using namespace tf::keras;

namespace {

struct CountedBody : LayerWith<LayerBaseOptions> {
  using LayerWith::LayerWith;
  int calls = 0;
  std::string class_name() const override { return "Counted"; }
  tf::Tensor call(const tf::Tensor& x, const CallArgs&) override { return ++calls, x * x; }
};

std::vector<tf::Tensor> weights_after(const RematOptions& options) {
  set_random_seed(1);
  RematScope scope(options);
  Sequential model({layers::Dense({.units = 4, .activation = "relu", .input_shape = {3}}), layers::Dropout({.rate = 0.5}), layers::Dense({.units = 1})});
  model.compile({.optimizer = "sgd", .loss = "mse"});
  tf::Tensor x = tf::reshape(tf::Tensor::from(std::vector<float>{1, 2, 3, 4, 5, 6}), {2, 3}), y = tf::reshape(tf::Tensor::from(std::vector<float>{1, 2}), {2, 1});
  model.fit(x, y, {.epochs = 3, .verbose = 0});
  return model.get_weights();
}

}  // namespace

TEST_CASE("layers made in a RematScope compute once more for their gradient") {
  RematScope scope({});
  auto body = make_object<CountedBody>(LayerBaseOptions{});
  tf::Tensor x = tf::Tensor::from(std::vector<float>{3});
  tf::GradientTape tape;
  tape.watch(x);
  tf::Tensor y = Layer(tf::Ref<LayerBody>(body))(x);
  CHECK(body->calls == 1);
  CHECK(tape.gradient(y, x).item<float>() == 6);
  CHECK(body->calls == 2);
  CHECK_THROWS_WITH_AS(RematScope({.mode = "most"}), doctest::Contains("Invalid mode 'most'"), tf::ValueError);
}

TEST_CASE("training in a RematScope ends with the same weights, random numbers included") {
  std::vector<tf::Tensor> kept = weights_after({.mode = ""});
  for (const RematOptions& options : {RematOptions{}, RematOptions{.mode = "larger_than", .output_size_threshold = 2}}) {
    std::vector<tf::Tensor> again = weights_after(options);
    for (size_t i = 0; i < kept.size(); ++i) CHECK(tf::reduce_all(tf::equal(kept[i], again[i])).item<bool>());
  }
}

TEST_CASE("STFT: the kernels of a transform, scaled by the window") {
  tf::Tensor real = initializers::STFT({.window = nullptr, .scaling = nullptr})(tf::Shape{4, 1, 3}, tf::float32);
  const float expected[] = {1, 1, 1, 1, 0, -1, 1, -1, 1, 1, 0, -1};
  for (int i = 0; i < 12; ++i) CHECK(real.data<float>()[i] == doctest::Approx(expected[i]).epsilon(1e-6));
  CHECK_THROWS_AS(initializers::STFT({.window = Config::List{1.0, 2.0}})(tf::Shape{3, 1, 3}, tf::float32), tf::ValueError);
}
