#include "runnel/keras/metrics/metric.h"

#include "runnel/base/error.h"
#include "runnel/keras/tracing.h"
#include "runnel/ops/array.h"
#include "runnel/ops/variable_notes.h"

namespace runnel::inline v0::keras {

DType MetricBody::default_dtype() { return DTypePolicy().variable_dtype(); }

void MetricBody::constructed() {
  if (name_.empty()) name_ = default_name();
}

Config MetricBody::get_config() const { return Config::Dict{{"name", name_}, {"dtype", to_config(dtype_)}}; }

Variable MetricBody::add_variable(const MetricVariableSpec& spec) {
  Variable variable;
  outside_of_traces([&] {
    VariableOptions options{.trainable = false, .name = cat(name_, "/", spec.name)};
    variable = Variable(spec.initializer(spec.shape, spec.dtype), options);
    notes_of(variable).is_weight = true;
  });
  variables_.push_back(variable);
  return variable;
}

std::vector<Variable> MetricBody::variables() const {
  std::vector<Variable> out = variables_;
  for (const auto& metric : inner_)
    for (const Variable& v : metric->variables()) out.push_back(v);
  return out;
}

void MetricBody::reset_state() {
  for (const Variable& v : variables()) v.assign(zeros_like(v.value()));
}

void metrics::MetricBaseBody::update_state(const Tensor&, const Tensor&, const Tensor&) {
  fail<NotImplementedError>("", cat("Metric ", class_name(), " does not implement `update_state()`."));
}
Tensor metrics::MetricBaseBody::result() { fail<NotImplementedError>("", cat("Metric ", class_name(), " does not implement `result()`.")); }
RUNNEL_KERAS_CLASS(metrics, Metric, metrics::MetricBaseBody)

Tensor MetricBody::operator()(const Tensor& y_true, const Tensor& y_pred, const Tensor& sample_weight) {
  update_state(y_true, y_pred, sample_weight);
  return result();
}

}  // namespace runnel::inline v0::keras
