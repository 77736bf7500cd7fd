#include "runnel/keras/callbacks/monitor.h"

#include <cmath>

#include "runnel/base/error.h"
#include "runnel/keras/model.h"
#include "runnel/keras/warn.h"

namespace runnel::inline v0::keras {

using Direction = MetricBody::Direction;

Monitor::Monitor(const char* callback, const std::string& monitor, const std::string& mode, double min_delta)
    : callback_(callback), monitor_(monitor), min_delta_(std::fabs(min_delta)) {
  if (mode == "min") direction_ = Direction::kDown;
  else if (mode == "max") direction_ = Direction::kUp;
  else if (mode != "auto") warn(cat(callback, " mode '", mode, "' is unknown, fallback to auto mode."));
}

void Monitor::settle(const ModelBody& model) {
  if (direction_ != Direction::kUnknown) return;
  std::string name = monitor_.starts_with("val_") ? monitor_.substr(4) : monitor_;
  if (name == "loss" || name.ends_with("_loss")) direction_ = Direction::kDown;
  for (const auto& [logged, metric] : model.named_metrics())
    if (logged == name && metric.body()->direction() != Direction::kUnknown) direction_ = metric.body()->direction();
  if (direction_ == Direction::kUnknown)
    fail<ValueError>("", cat(callback_, " callback received monitor=", monitor_, ", but Keras isn't able to automatically determine whether that metric "
                             "should be maximized or minimized. Pass `mode='max'` in order to monitor based on the highest metric value, or pass "
                             "`mode='min'` in order to use the lowest value."));
}

bool Monitor::improved(double value, const std::optional<double>& reference) const {
  if (!reference) return true;
  return direction_ == Direction::kUp ? value - min_delta_ > *reference : value + min_delta_ < *reference;
}

const double* Monitor::find(const Logs& logs, const char* purpose) const {
  if (const double* value = find_log(logs, monitor_)) return value;
  std::vector<std::string> names;
  for (const auto& [name, value] : logs) names.push_back(name);
  warn(cat(purpose, " `", monitor_, "` which is not available. Available metrics are: ", join(names, ",")));
  return nullptr;
}

}  // namespace runnel::inline v0::keras
