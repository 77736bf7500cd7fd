#include "runnel/keras/progress_bar.h"

#include <cmath>
#include <cstdio>
#include <mutex>

#include "runnel/base/text.h"
#include "runnel/keras/settings.h"

namespace runnel::inline v0::keras {

namespace {
using Clock = std::chrono::steady_clock;
std::function<void(const std::string&)>& writer() {
  static auto& write = *new std::function<void(const std::string&)>;
  return write;
}
double seconds_since(Clock::time_point t) { return std::chrono::duration<double>(Clock::now() - t).count(); }

std::string step_time(double seconds) {
  char text[32];
  if (seconds >= 1 || seconds == 0) std::snprintf(text, sizeof text, "%.0fs", seconds);
  else if (seconds >= 1e-3) std::snprintf(text, sizeof text, "%.0fms", seconds * 1e3);
  else std::snprintf(text, sizeof text, "%.0fus", seconds * 1e6);
  return text;
}
std::string value_text(double value) {
  char text[32];
  std::snprintf(text, sizeof text, std::fabs(value) > 1e-3 || value == 0 ? "%.4f" : "%.4e", value);
  return text;
}
}  // namespace

void ProgressBar::set_writer(std::function<void(const std::string&)> write) { writer() = std::move(write); }
void ProgressBar::write(const std::string& text) {
  if (writer()) return writer()(text);
  if (!config::is_interactive_logging_enabled()) return;
  std::fputs(text.c_str(), stdout);
  std::fflush(stdout);
}

ProgressBar::ProgressBar(int64_t target, int verbose, BarStyle style)
    : target_(target), verbose_(verbose), style_(std::move(style)), start_(Clock::now()), drawn_(start_) {}

bool ProgressBar::due(int64_t step) const { return verbose_ == 1 && seconds_since(drawn_) > style_.interval; }

std::string ProgressBar::line(int64_t step, const Logs& logs, bool last) const {
  std::string digits = target_ < 0 ? "Unknown" : to_text(target_), now = to_text(step), bar;
  now.insert(0, digits.size() > now.size() ? digits.size() - now.size() : 0, ' ');
  int filled = target_ > 0 ? int(step * style_.width / target_) : style_.width;
  for (int i = 0; i < style_.width; ++i) bar += i < filled ? "━" : "─";
  double elapsed = seconds_since(start_), each = step > 0 ? elapsed / double(step) : 0;
  std::string out = cat(now, "/", digits, " ", verbose_ == 1 ? bar + " " : "- ");
  if (last) out += cat(step_time(std::round(elapsed)), " ", step_time(each), "/", style_.unit);
  else out += cat(step_time(std::round(target_ < 0 ? elapsed : each * double(target_ - step))), " ", step_time(each), "/", style_.unit);
  for (const auto& [name, value] : logs) out += cat(" - ", name, ": ", value_text(value));
  return out;
}

void ProgressBar::update(int64_t step, const Logs& logs) {
  drawn_ = Clock::now();
  write(cat("\r\x1b[K", line(step, logs, false)));
}

void ProgressBar::finish(int64_t step, const Logs& logs) {
  if (verbose_ == 0) return;
  write(cat(verbose_ == 1 ? "\r\x1b[K" : "", line(step, logs, true), "\n"));
}

}  // namespace runnel::inline v0::keras
