// The progress bar of fit(), evaluate() and predict(): the very text that Keras writes.
#pragma once

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
  /// verbose 0: nothing, 1: a bar, 2: one line at the end. A target of -1 is unknown until finish().
  ProgressBar(int64_t target, int verbose, BarStyle style = BarStyle());
  /// True where a bar is due to be drawn (at first, then from time to time), so that logs are only then computed.
  bool due() const;
  void update(int64_t step, const Logs& logs);
  void finish(int64_t step, const Logs& logs);
  /// Where all bars go; a binding sends them to its own standard output.
  static void set_writer(std::function<void(const std::string&)> write);
  static void write(const std::string& text);

 private:
  double step_seconds(int64_t step);
  std::string values_text(const Logs& logs) const;
  void draw(int64_t step, const Logs& logs, bool last);
  void write_line(int64_t step, const Logs& logs);

  int64_t target_;
  int verbose_;
  BarStyle style_;
  double start_, drawn_ = 0, after_first_ = 0;  // seconds of the steady clock
  size_t drawn_width_ = 0;
  std::vector<std::string> order_;  // of the values, by their first appearance
};

}  // namespace runnel::inline v0::keras
