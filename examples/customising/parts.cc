// An activation, an initializer, a regularizer and a constraint of one's own: functions, known by their names.
#include "housing.h"

tf::Tensor my_softplus(const tf::Tensor& z) { return tf::log(1.f + tf::exp(z)); }

tf::Tensor my_glorot(const tf::Shape& shape, tf::DType dtype) {
  const float stddev = std::sqrt(2.f / float(shape[0] + shape[1]));
  return tf::random::stateless_normal(shape, tf::range(2), 0.f, stddev, dtype);
}

tf::Tensor my_l1(const tf::Tensor& weights) { return 0.01f * tf::reduce_sum(tf::abs(weights)); }

tf::Tensor my_positive(const tf::Tensor& weights) { return tf::where(weights < 0.f, tf::zeros_like(weights), weights); }

int main() {
  register_class(own_function<my_softplus>("my_softplus"));
  register_class(own_function<my_glorot>("my_glorot"));
  register_class(own_function<my_l1>("my_l1"));
  register_class(own_function<my_positive>("my_positive"));
  utils::set_random_seed(42);
  Sequential model({
      layers::Dense({.units = 16, .activation = "my_softplus", .kernel_initializer = "my_glorot", .input_shape = {8}}),
      layers::Dense({.units = 1, .kernel_regularizer = "my_l1", .kernel_constraint = "my_positive"}),
  });
  model.compile({.optimizer = "nadam", .loss = "mse"});
  train_save_load_train(model);
}
