// Metrics of one's own: a function, of which the mean is shown, and a class that keeps its state between batches.
#include "housing.h"

tf::Tensor within_a_tenth(const tf::Tensor& y_true, const tf::Tensor& y_pred) {
  return tf::cast(tf::abs(y_pred - y_true) < 0.1f * y_true, tf::float32);
}

/// The largest error so far.
struct WorstBody : MetricWith<MetricBody, metrics::Options> {
  static constexpr const char* kName = "Worst";
  using MetricWith::MetricWith;
  std::string class_name() const override { return kName; }
  void constructed() override {
    MetricWith::constructed();
    worst_ = add_variable({.name = "worst"});
  }
  void update_state(const tf::Tensor& y_true, const tf::Tensor& y_pred, const tf::Tensor&) override {
    worst_.assign(tf::maximum(worst_, tf::reduce_max(tf::abs(y_pred - y_true))));
  }
  tf::Tensor result() override { return worst_.value(); }

 private:
  tf::Variable worst_;
};
using Worst = ObjectOf<WorstBody>;

int main() {
  register_class(own_function<within_a_tenth>("within_a_tenth"));
  utils::set_random_seed(42);
  Sequential model({
      layers::Dense({.units = 16, .activation = "relu", .input_shape = {8}}),
      layers::Dense({.units = 1}),
  });
  model.compile({.optimizer = "nadam", .loss = "mse", .metrics = {"within_a_tenth", Worst({.name = "worst"})}});
  train_save_load_train(model, {own_class<WorstBody>()});
}
