// The progress bar of fit(), evaluate() and predict(), in Keras's form.
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "runnel/keras/callbacks.h"

namespace runnel::inline v0::keras {

class ProgressBar {
 public:
  /// verbose 0: nothing, 1: a bar, 2: one line at the end. `write` gets the text (default: standard output).
  ProgressBar(int64_t target, int verbose);
  /// True where a bar is due to be drawn (at most twenty times a second), so that logs are only then computed.
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
  std::chrono::steady_clock::time_point start_, drawn_;
};

}  // namespace runnel::inline v0::keras
