// keras.utils.Progbar: the progress bar of fit(), for loops of one's own.
#pragma once

#include "runnel/keras/progress_bar.h"

namespace runnel::inline v0::keras::utils {

struct ProgbarOptions {
  int64_t target = -1;  ///< How many steps there will be; -1: unknown.
  int width = 20;       ///< Of the bar, in characters.
  int verbose = 1;      ///< 0 silent, 1 a bar, 2 one line at the end.
  double interval = 0.05;  ///< Seconds between two drawings, at least.
  std::vector<std::string> stateful_metrics{};  ///< Shown as they are; all others are averaged over the steps.
  std::string unit_name = "step";
};

class Progbar {
 public:
  explicit Progbar(const ProgbarOptions& options);
  /// Draws the bar after `current` steps; the last step ends its line.
  void update(int64_t current, const Logs& values = {});
  void update(int64_t current, const Logs& values, bool finalize);
  void add(int64_t n, const Logs& values = {}) { update(seen_ + n, values); }

 private:
  struct Average {
    std::string name;
    double sum = 0, count = 0;
  };
  void take(const std::string& name, double value, double steps, bool finalize);
  Logs shown() const;

  ProgbarOptions options_;
  ProgressBar bar_;
  int64_t seen_ = 0;
  std::vector<Average> averages_{};
};

}  // namespace runnel::inline v0::keras::utils
