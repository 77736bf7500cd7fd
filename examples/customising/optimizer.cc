// An optimizer of one's own, with a slot for each Variable, and a schedule of its learning rate.
#include "housing.h"

struct MomentumOptions {
  LearningRate learning_rate = 0.01;
  double momentum = 0.9;
  RUNNEL_OPTIMIZER_FIELDS
  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("learning_rate", s.learning_rate);
    v("momentum", s.momentum);
    RUNNEL_OPTIMIZER_VISIT
  }
};

struct MomentumBody : OptimizerWith<MomentumOptions> {
  static constexpr const char* kName = "Momentum";
  using OptimizerWith::OptimizerWith;
  std::string class_name() const override { return kName; }
  void build(const std::vector<tf::Variable>& variables) override {
    OptimizerWith::build(variables);
    momenta_ = add_optimizer_variables(variables, "momentum");
  }
  void update_step(const tf::Tensor& gradient, const tf::Variable& variable, const tf::Tensor& learning_rate) override {
    const tf::Variable& m = momenta_[index_of(variable)];
    assign(m, options().momentum * m - learning_rate * gradient);
    assign_add(variable, m);
  }

 private:
  std::vector<tf::Variable> momenta_;
};
using Momentum = ObjectOf<MomentumBody>;

struct WarmingOptions {
  double top = 0.1;
  Int steps = 100;
  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("top", s.top);
    v("steps", s.steps);
  }
};

/// Rises evenly to `top`, and stays there.
struct WarmingBody : BodyWith<LearningRateScheduleBody, WarmingOptions> {
  static constexpr const char* kName = "Warming";
  using BodyWith::BodyWith;
  std::string class_name() const override { return kName; }
  tf::Tensor call(const tf::Tensor& step) override {
    tf::Tensor share = (tf::cast(step, tf::float32) + 1.f) / float(options().steps);
    return options().top * tf::minimum(share, 1.f);
  }
};
using Warming = ObjectOf<WarmingBody>;

int main() {
  utils::set_random_seed(42);
  Sequential model({
      layers::Dense({.units = 16, .activation = "relu", .input_shape = {8}}),
      layers::Dense({.units = 1}),
  });
  model.compile({.optimizer = Momentum({.learning_rate = Warming({.top = 0.02, .steps = 30}), .momentum = 0.8}), .loss = "mse"});
  train_save_load_train(model, {own_class<MomentumBody>(), own_class<WarmingBody>()});
}
