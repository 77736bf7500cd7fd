// What the callbacks that watch a value of the logs have in common.
#pragma once

#include <optional>
#include <string>

#include "runnel/keras/callbacks.h"

namespace runnel::inline v0::keras {

class Monitor {
 public:
  /// mode: "min", "max" or "auto"; others warn and count as "auto".
  Monitor(const char* callback, const std::string& monitor, const std::string& mode, double min_delta);
  /// Finds out which way is better, by the loss or the metric of that name. ValueError where only the user can say it.
  void settle(const ModelBody& model);
  /// Better than `reference` by more than min_delta; anything is better than nothing.
  bool improved(double value, const std::optional<double>& reference) const;
  /// The value, or nullptr with a warning that begins with `purpose`.
  const double* find(const Logs& logs, const char* purpose) const;
  const std::string& name() const { return monitor_; }

 private:
  const char* callback_;
  std::string monitor_;
  double min_delta_;
  MetricBody::Direction direction_ = MetricBody::Direction::kUnknown;
};

}  // namespace runnel::inline v0::keras
