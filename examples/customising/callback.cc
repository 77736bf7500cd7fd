// A callback of one's own: it halves the learning rate when the loss falls slowly, and stops training when the loss is small.
#include "housing.h"

struct PatientBody : BodyWith<CallbackBody, CallbackOptions> {
  using BodyWith::BodyWith;
  void on_epoch_end(int64_t epoch, const Logs& logs) override {
    const double loss = *find_log(logs, "loss");
    Optimizer optimizer = model->optimizer();
    if (loss > 0.9 * last_) optimizer.set_learning_rate(optimizer.learning_rate().item<float>() / 2);
    if (loss < 0.25) model->stop_training = true;
    last_ = loss;
  }

 private:
  double last_ = INFINITY;
};
using Patient = ObjectOf<PatientBody>;

int main() {
  utils::set_random_seed(42);
  Sequential model({
      layers::Dense({.units = 16, .activation = "relu", .input_shape = {8}}),
      layers::Dense({.units = 1}),
  });
  model.compile({.optimizer = optimizers::Adam({.learning_rate = 0.02}), .loss = "mse"});
  auto [x, y] = load_housing();
  model.fit(x, y, {.epochs = 20, .callbacks = {Patient()}});
  print_fingerprint(model);
}
