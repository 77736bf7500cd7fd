// A GAN in a loop of one's own: a generator and a critic, each with its optimizer.
#include "data.h"

int main() {
  utils::set_random_seed(42);
  auto dense = [](Int units, const char* activation) { return layers::Dense({.units = units, .activation = activation}); };
  Sequential generator({layers::InputLayer({.shape = {16}}), dense(64, "selu"), dense(28 * 28, "sigmoid")});
  Sequential critic({layers::InputLayer({.shape = {28 * 28}}), dense(64, "relu"), dense(1, "linear")});
  optimizers::Adam makes({.learning_rate = 2e-3, .beta_1 = 0.5});
  optimizers::RMSprop judges({.learning_rate = 1e-3});
  losses::BinaryCrossentropy judge({.from_logits = true});

  const int64_t batch = 32;
  auto step = tf::function([&](tf::Tensor real, tf::Tensor noise) {
    const tf::Tensor yes = tf::ones({batch, 1}), no = tf::zeros({batch, 1});
    tf::GradientTape first;
    tf::Tensor verdicts = critic(tf::concat({generator(noise, {.training = true}), real}, 0), {.training = true});
    tf::Tensor loss = judge(tf::concat({no, yes}, 0), verdicts);
    judges.apply_gradients(first.gradient(loss, critic.trainable_variables()), critic.trainable_variables());
    tf::GradientTape second;
    tf::Tensor fooled = judge(yes, critic(generator(noise, {.training = true}), {.training = true}));
    makes.apply_gradients(second.gradient(fooled, generator.trainable_variables()), generator.trainable_variables());
    return fooled;
  });

  tf::Tensor images = tf::reshape(fashion(640).x, {-1, 28 * 28});
  for (int64_t i = 0; i < 40; ++i) {
    const int64_t from = i % 20 * batch;
    tf::Tensor noise = tf::random::stateless_normal({batch, 16}, tf::Tensor::from<int32_t>({int32_t(i), 7}));
    tf::Tensor loss = step(images[tf::Slice{from, from + batch}], noise);
    if (i % 10 == 9) std::printf("%d: %.4f\n", int(i + 1), loss.item<float>());
  }
  std::vector<tf::Tensor> weights = generator.get_weights();
  for (const tf::Tensor& weight : critic.get_weights()) weights.push_back(weight);
  print_fingerprint(weights);
}
