// A loss of one's own with an argument. Where none is needed, a function will do: metric.cc shows one.
#include "housing.h"

struct HuberOptions {
  double threshold = 1;
  std::string reduction = "sum_over_batch_size", name{};
  tf::DType dtype{};
  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("threshold", s.threshold);
    v("reduction", s.reduction);
    v("name", s.name);
    v("dtype", s.dtype);
  }
};

struct HuberBody : LossWith<LossBody, HuberOptions> {
  static constexpr const char* kName = "OwnHuber";
  using LossWith::LossWith;
  std::string class_name() const override { return kName; }
  tf::Tensor call(const tf::Tensor& y_true, const tf::Tensor& y_pred) override {
    const double d = options().threshold;
    tf::Tensor error = tf::abs(y_true - y_pred);
    return tf::where(error < d, tf::square(error) / 2, d * error - d * d / 2);
  }
};
using OwnHuber = ObjectOf<HuberBody>;

int main() {
  utils::set_random_seed(42);
  Sequential model({
      layers::Dense({.units = 16, .activation = "relu", .input_shape = {8}}),
      layers::Dense({.units = 1}),
  });
  model.compile({.optimizer = "nadam", .loss = OwnHuber({.threshold = 0.5})});
  train_save_load_train(model, {own_class<HuberBody>()});
}
