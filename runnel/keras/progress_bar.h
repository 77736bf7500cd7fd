// The progress bar of fit(), evaluate() and predict(), in Keras's form.
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "runnel/keras/callbacks.h"

namespace runnel::inline v0::keras {

struct BarStyle {
  int width = 20;          ///< Characters.
  double interval = 0.05;  ///< Seconds from one drawing to the next.
  std::string unit = "step";
};

class ProgressBar {
 public:
  /// verbose 0: nothing, 1: a bar, 2: one line at the end. A target below 0 is unknown.
  ProgressBar(int64_t target, int verbose, BarStyle style = BarStyle());
  /// True where a bar is due to be drawn, so that logs are only then computed.
  bool due(int64_t step) const;
  void update(int64_t step, const Logs& logs);
  void finish(int64_t step, const Logs& logs);
  /// Where all bars go; a binding sends them to its own standard output.
  static void set_writer(std::function<void(const std::string&)> write);
  static void write(const std::string& text);

 private:
  std::string line(int64_t step, const Logs& logs, bool last) const;

  int64_t target_;
  int verbose_;
  BarStyle style_;
  std::chrono::steady_clock::time_point start_, drawn_;
};

}  // namespace runnel::inline v0::keras
