// A model of one's own: it also learns to give its inputs back, and a metric inside shows how well.
#include "housing.h"

struct ReconstructingOptions {
  Int units = 16;
  std::string name{};
  bool trainable = true;
  DTypePolicy dtype{};
  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("units", s.units);
    v("name", s.name);
    v("trainable", s.trainable);
    v("dtype", s.dtype);
  }
};

struct ReconstructingBody : ModelWith<ReconstructingOptions> {
  static constexpr const char* kName = "Reconstructing";
  explicit ReconstructingBody(const ReconstructingOptions& options)
      : ModelWith(options),
        hidden_(track("hidden", layers::Dense({.units = options.units, .activation = "selu"}))),
        out_(track("out", layers::Dense({.units = 1}))),
        reconstruct_(track("reconstruct", layers::Dense({.units = 8}))),
        error_({.name = "reconstruction_error"}) {
    track_object(error_.body());
  }
  std::string class_name() const override { return kName; }
  void build(const std::vector<tf::PartialShape>& inputs) override {
    hidden_.body()->ensure_built(inputs);
    out_.body()->ensure_built({{-1, options().units}});
    reconstruct_.body()->ensure_built({{-1, options().units}});
  }
  tf::Tensor call(const tf::Tensor& x, const CallArgs& args) override {
    tf::Tensor z = hidden_(x);
    tf::Tensor error = tf::reduce_mean(tf::square(reconstruct_(z) - x));
    add_loss(0.05f * error);
    if (args.training.value_or(false)) error_.update_state(error);
    return out_(z);
  }

 private:
  layers::Dense hidden_, out_, reconstruct_;
  metrics::Mean error_;
};
using Reconstructing = ModelOf<ReconstructingBody>;

int main() {
  utils::set_random_seed(42);
  Reconstructing model({.units = 12});
  model.compile({.optimizer = "nadam", .loss = "mse"});
  train_save_load_train(model, {own_class<ReconstructingBody>()});
}
