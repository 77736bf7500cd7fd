#include <doctest/doctest.h>

#include "runnel/base/error.h"
#include "runnel/keras/optimizers.h"
#include "runnel/ops/math.h"

using namespace runnel;
using namespace runnel::keras;

// Ten steps on sum(a (x - 1.5)^2 / 2) + z^2, with the weights that Keras 3 reaches.
TEST_CASE("optimizers take the steps of Keras") {
  struct Row {
    Optimizer optimizer;
    std::vector<float> expected;
  } rows[] = {
      {optimizers::SGD({.learning_rate = 0.1}), {1.32566071f, -0.595579445f, 1.47175241f, 0.322122574f}},
      {optimizers::SGD({.learning_rate = 0.1, .momentum = 0.9}), {1.79439461f, 2.58822989f, 0.949344754f, 0.013199687f}},
      {optimizers::SGD({.learning_rate = 0.1, .momentum = 0.9, .nesterov = true}), {1.67328906f, 2.41697311f, 1.3871088f, 0.154082209f}},
      {optimizers::SGD({.learning_rate = 0.1, .weight_decay = 0.05}), {1.28723514f, -0.546776056f, 1.44976294f, 0.302546769f}},
      {optimizers::SGD({.learning_rate = 0.1, .clipnorm = 0.5}), {1.07790351f, -1.7169652f, 0.903742313f, 2.50000048f}},
      {optimizers::SGD({.learning_rate = 0.1, .clipvalue = 0.5}), {1.32566071f, -1.50000048f, 1.00000012f, 2.50000048f}},
      {optimizers::SGD({.learning_rate = 0.1, .global_clipnorm = 0.5}), {1.03731799f, -1.86710858f, 0.709062636f, 2.56733561f}},
      {optimizers::Adam({.learning_rate = 0.01}), {1.09923863f, -1.90009499f, 0.599649549f, 2.90011096f}},
      {optimizers::Adam({.learning_rate = 0.01, .amsgrad = true}), {1.09923863f, -1.90009499f, 0.599649549f, 2.90011096f}},
      {optimizers::AdamW({.learning_rate = 0.01}), {1.09882462f, -1.89931381f, 0.599432409f, 2.89893031f}},
      {optimizers::Nadam({.learning_rate = 0.01}), {1.0759629f, -1.92249799f, 0.576876163f, 2.922539f}},
      {optimizers::RMSprop({.learning_rate = 0.01}), {1.16191566f, -1.82814777f, 0.66794765f, 2.82839799f}},
      {optimizers::RMSprop({.learning_rate = 0.01, .momentum = 0.5}), {1.28185785f, -1.68383849f, 0.803204417f, 2.68464708f}},
      {optimizers::RMSprop({.learning_rate = 0.01, .centered = true}), {1.2030648f, -1.77814758f, 0.714667082f, 2.77859879f}},
      {optimizers::Adagrad({.learning_rate = 0.1}), {1.35566592f, -1.51550913f, 0.945277691f, 2.51514864f}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.optimizer.body()->class_name());
    CAPTURE(row.optimizer.body()->get_config().to_json());
    Variable x(Tensor::from(std::vector<float>{1, -2, .5f})), z(Tensor::scalar(3.0f));
    Tensor a = Tensor::from(std::vector<float>{1, .5f, 3});
    for (int i = 0; i < 10; ++i) row.optimizer.body()->apply({a * (x.value() - 1.5), z.value() * 2.0}, {x, z});
    Tensor reached = x.value();
    for (int i = 0; i < 3; ++i) CHECK(reached.data<float>()[i] == doctest::Approx(row.expected[size_t(i)]).epsilon(2e-6));
    CHECK(z.value().item<float>() == doctest::Approx(row.expected[3]).epsilon(2e-6));
    CHECK(row.optimizer.iterations().item<int64_t>() == 10);
  }
}

TEST_CASE("optimizers skip Variables without a gradient and refuse steps without any") {
  Variable x(Tensor::scalar(1.0f)), y(Tensor::scalar(2.0f));
  optimizers::SGD sgd({.learning_rate = 0.5});
  sgd.body()->apply({Tensor(), Tensor::scalar(1.0f)}, {x, y});
  CHECK(x.value().item<float>() == 1.0f);
  CHECK(y.value().item<float>() == 1.5f);
  CHECK_THROWS_AS(sgd.body()->apply({Tensor(), Tensor()}, {x, y}), ValueError);
  CHECK_THROWS_AS(optimizers::SGD({.clipnorm = 1.0, .clipvalue = 1.0}), ValueError);
}
TEST_CASE("apply_gradients gives the iterations that count, also where the loss is scaled") {
  Variable x(Tensor::scalar(1.0f));
  optimizers::LossScaleOptimizer scaled({.inner_optimizer = optimizers::SGD()});
  const Variable& iterations = scaled.body()->apply_gradients({{Tensor::scalar(1.0f), x}});
  CHECK(iterations.value().item<int64_t>() == 1);
  CHECK(iterations.is(scaled.body()->inner_optimizer().body()->iterations_variable()));
}
