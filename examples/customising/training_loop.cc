// A training loop of one's own: two optimizers for two parts, gradients made short, a constraint by hand, a status bar.
#include "housing.h"

int main() {
  utils::set_random_seed(42);
  layers::Dense lower({.units = 16, .activation = "tanh", .input_shape = {8}});
  layers::Dense upper({.units = 1, .kernel_constraint = constraints::MaxNorm({.max_value = 1.5})});
  Sequential model({lower, upper});
  optimizers::Adam slow({.learning_rate = 0.002});
  optimizers::SGD fast({.learning_rate = 0.05, .momentum = 0.5});
  losses::MeanSquaredError loss_fn;

  auto step = tf::function([&](tf::Tensor x, tf::Tensor y) {
    tf::GradientTape tape({.persistent = true});
    tf::Tensor loss = loss_fn(y, model(x, {.training = true}));
    for (auto [optimizer, part] : {std::pair(Optimizer(slow), lower), std::pair(Optimizer(fast), upper)}) {
      std::vector<tf::Variable> weights = part.trainable_variables();
      optimizer.apply_gradients(tf::clip_by_global_norm(tape.gradient(loss, weights), 1.f).list_clipped, weights);
    }
    const tf::Variable& bias = upper.body()->bias();
    bias.assign(tf::maximum(bias, 0.f));
    return loss;
  });

  auto [x, y] = load_housing();
  const int64_t batch = 32, steps = x.shape()[0] / batch;
  for (int epoch = 1; epoch <= 3; ++epoch) {
    metrics::Mean mean;
    for (int64_t i = 0; i < steps; ++i) {
      const tf::Slice rows{i * batch, (i + 1) * batch};
      mean.update_state(step(x[rows], y[rows]));
      std::printf("\r%d: %d/%d - loss: %.4f", epoch, int(i + 1), int(steps), mean.result().item<float>());
    }
    std::printf("\n");
  }
  print_fingerprint(model);
}
