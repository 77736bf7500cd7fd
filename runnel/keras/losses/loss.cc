#include "runnel/keras/losses/loss.h"

#include <tuple>

#include "runnel/base/error.h"
#include "runnel/ops/array.h"
#include "runnel/ops/math.h"

namespace runnel::inline v0::keras {

namespace {

void check_reduction(const std::string& how) {
  for (const char* known : {"sum_over_batch_size", "sum", "mean", "mean_with_sample_weight", "none", ""})
    if (how == known) return;
  fail<ValueError>("", cat("Invalid value for argument `reduction`. Expected one of {'sum_over_batch_size', 'sum', None, 'none', 'mean', "
                           "'mean_with_sample_weight'}. Received: reduction=", how));
}

Tensor and_mask(const Tensor& a, const Tensor& b) {
  if (!a || !b) return a ? a : b;
  return logical_and(a, b);
}

Tensor reduced(const Tensor& values, const Tensor& weights, const std::string& how) {
  if (how == "none" || how.empty() || values.partial_shape().rank() == 0) return values;
  if (how == "sum") return reduce_sum(values);
  if (how == "mean_with_sample_weight" && weights) return divide_no_nan(reduce_sum(values), reduce_sum(weights));
  if (values.partial_shape().num_elements() == 0) return reduce_sum(values);
  return reduce_mean(values);
}

}  // namespace

LossBody::LossBody(const std::string& name, const std::string& reduction, DType dtype)
    : name_(name), reduction_(reduction == "auto" ? "sum_over_batch_size" : reduction), dtype_(dtype ? dtype : DTypePolicy().variable_dtype()) {
  check_reduction(reduction_);
}

void LossBody::constructed() {
  if (name_.empty()) name_ = default_name();
}

Config LossBody::get_config() const {
  return Config::Dict{{"name", name_}, {"reduction", reduction_.empty() ? Config() : Config(reduction_)}};
}

Tensor LossBody::operator()(const Tensor& y_true, const Tensor& y_pred, const Tensor& sample_weight) {
  Tensor predicted = y_pred.dtype() == dtype_ ? y_pred : cast(y_pred, dtype_);
  Tensor truth = keeps_labels() || y_true.dtype() == dtype_ ? y_true : cast(y_true, dtype_);
  Tensor values = call(truth, predicted), weights;
  Tensor mask = and_mask(mask_of(y_pred), mask_of(values));
  values = cast(values, dtype_);
  if (sample_weight || mask) {
    weights = losses::with_mask(sample_weight ? cast(sample_weight, dtype_) : Tensor(), mask, dtype_, reduction_);
    std::tie(values, weights) = losses::same_rank(values, weights);
    values = values * weights;
  }
  return reduced(values, weights, reduction_);
}

namespace losses {

std::pair<Tensor, Tensor> same_rank(const Tensor& a, const Tensor& b) {
  PartialShape p = a.partial_shape(), q = b.partial_shape();
  if (!p.has_rank() || !q.has_rank()) return {a, b};
  if (p.rank() == q.rank() + 1 && p.dim(-1) == 1) return q.rank() == 1 ? std::pair(a, expand_dims(b, -1)) : std::pair(squeeze(a, -1), b);
  if (q.rank() == p.rank() + 1 && q.dim(-1) == 1) return p.rank() == 1 ? std::pair(expand_dims(a, -1), b) : std::pair(a, squeeze(b, -1));
  return {a, b};
}

// Keras's ValueError, in place of an operator's error, where a label does not belong to a prediction.
static void check_broadcast(const PartialShape& t, const PartialShape& p) {
  if (!t.has_rank() || !p.has_rank() || t.rank() != p.rank()) return;
  for (int i = 0; i < t.rank(); ++i)
    if (t[i] > 1 && p[i] > 1 && t[i] != p[i])
      fail<ValueError>("", "Dimensions must be equal: labels and predictions differ in shape",
                       {.got = cat("y_true ", to_text(t), ", y_pred ", to_text(p)), .hint = "as many units in the last layer as labels for a sample"});
}

std::pair<Tensor, Tensor> aligned(const Tensor& y_true, const Tensor& y_pred) {
  auto pair = same_rank(y_true.dtype() == y_pred.dtype() ? y_true : cast(y_true, y_pred.dtype()), y_pred);
  check_broadcast(pair.first.partial_shape(), pair.second.partial_shape());
  return pair;
}

Tensor with_mask(const Tensor& sample_weight, const Tensor& mask, DType dtype, const std::string& reduction) {
  if (!mask) return sample_weight;
  Tensor counts = cast(mask, dtype);
  if (reduction == "mean" || reduction == "sum_over_batch_size") counts = counts * divide_no_nan(cast(size(mask), dtype), reduce_sum(counts));
  if (!sample_weight) return counts;
  auto [a, b] = same_rank(counts, cast(sample_weight, dtype));
  return a * b;
}

Tensor LossBaseBody::call(const Tensor&, const Tensor&) { fail<NotImplementedError>("", cat("Loss ", class_name(), " does not implement `call()`.")); }

LossFunctionWrapperBody::LossFunctionWrapperBody(const LossFunctionWrapperOptions& options) : LossWith(options) {
  if (!options.fn) fail<ValueError>("LossFunctionWrapper", "a function `fn` of (y_true, y_pred) is needed");
}

Tensor LossFunctionWrapperBody::call(const Tensor& y_true, const Tensor& y_pred) {
  auto [truth, predicted] = same_rank(y_true, y_pred);
  return options_.fn(truth, predicted);
}

}  // namespace losses

namespace {
struct LossFromFunction final : FromFunction<LossBody> {
  using FromFunction::FromFunction;
  std::string default_name() const override { return to_snake_case(function_->name()); }
  Tensor call(const Tensor& y_true, const Tensor& y_pred) override {
    auto [truth, predicted] = losses::same_rank(y_true, y_pred);
    return (*function_)({truth, predicted});
  }
};
}  // namespace
Ref<KerasObject> LossBody::from_function(const Ref<Function>& function) {
  auto loss = make_ref<LossFromFunction>(function);
  loss->constructed();
  return loss;
}

RUNNEL_KERAS_CLASS(losses, Loss, losses::LossBaseBody)

}  // namespace runnel::inline v0::keras
