#include "runnel/keras/progress_bar.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>

#include "runnel/base/text.h"
#include "runnel/keras/settings.h"

namespace runnel::inline v0::keras {

namespace {

std::function<void(const std::string&)>& writer() {
  static auto& write = *new std::function<void(const std::string&)>;
  return write;
}

double seconds_now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }
double seconds_since(double t) { return seconds_now() - t; }

template <class... Args>
std::string print(const char* format, Args... args) {
  char text[64];
  std::snprintf(text, sizeof text, format, args...);
  return text;
}

// " 3ms/step"
std::string step_time(double seconds, const std::string& unit) {
  if (seconds >= 1 || seconds == 0) return cat(print(" %.0fs/", seconds), unit);
  return cat(seconds >= 1e-3 ? print(" %.0fms/", seconds * 1e3) : print(" %.0fus/", seconds * 1e6), unit);
}

std::string remaining_time(double seconds) {
  int s = int(seconds);
  if (s > 3600) return print("%d:%02d:%02d", s / 3600, s % 3600 / 60, s % 60);
  return s > 60 ? print("%d:%02d", s / 60, s % 60) : print("%ds", s);
}

std::string count_text(int64_t step, int64_t target) {
  std::string total = to_text(target), now = to_text(step);
  return cat(std::string(total.size() > now.size() ? total.size() - now.size() : 0, ' '), now, "/", total);
}

std::string bold(const std::string& text) { return cat("\x1b[1m", text, "\x1b[0m"); }

std::string line_of(int64_t length, const char* colour) {
  std::string out;
  for (int64_t i = 0; i < length; ++i) out += "━";
  return cat(colour, out, "\x1b[0m");
}

// Letters that are seen: without colours, and with a dash of three bytes as one.
size_t visible_width(const std::string& text) {
  size_t width = 0;
  bool code = false;
  for (char c : text) {
    if (c == '\x1b') code = true;
    else if (code) code = c != 'm';
    else width += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }
  return width;
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
    : target_(target), verbose_(verbose), style_(std::move(style)), start_(seconds_now()) {}

bool ProgressBar::due() const { return verbose_ == 1 && seconds_since(drawn_) > style_.interval; }

// Without the first step, which takes longer, where there are more.
double ProgressBar::step_seconds(int64_t step) {
  if (step == 0) return 0;
  bool later = after_first_ != 0 && step > 1;
  double each = later ? seconds_since(after_first_) / double(step - 1) : seconds_since(start_) / double(step);
  if (step == 1) after_first_ = seconds_now();
  return each;
}

std::string ProgressBar::values_text(const Logs& logs) const {
  std::string out;
  for (const std::string& name : order_) {
    const double* value = find_log(logs, name);
    if (!value) continue;
    bool plain = (verbose_ == 1 ? std::fabs(*value) : *value) > 1e-3;
    out += cat(" - ", name, ": ", print(plain ? "%.4f" : "%.4e", *value));
  }
  return out;
}

void ProgressBar::draw(int64_t step, const Logs& logs, bool last) {
  const int64_t most = style_.width;
  double each = step_seconds(step);
  std::string bar;
  if (target_ > 0) {
    int64_t filled = std::min(most, step * most / target_);
    bar = cat(bold(count_text(step, target_)), " ", filled > 0 ? line_of(filled, "\x1b[32m") : "", line_of(most - filled, "\x1b[37m"));
  } else {
    bar = print("%7lld/Unknown", static_cast<long long>(step));
  }
  bool counting_down = target_ > 0 && !last;
  bar += cat(" ", bold(counting_down ? remaining_time(each * double(target_ - step)) : print("%.0fs", seconds_since(start_))), step_time(each, style_.unit), values_text(logs));
  size_t width = visible_width(bar);
  std::string padding(drawn_width_ > width ? drawn_width_ - width : 0, ' ');
  write(cat(std::string(drawn_width_, '\b'), "\r", bar, padding, last ? "\n" : ""));
  drawn_width_ = width;
  drawn_ = seconds_now();
}

void ProgressBar::write_line(int64_t step, const Logs& logs) {
  write(cat(count_text(step, target_), " - ", print("%.0fs", seconds_since(start_)), " -", step_time(step_seconds(step), style_.unit), values_text(logs), "\n"));
}

void ProgressBar::update(int64_t step, const Logs& logs) {
  for (const auto& [name, value] : logs)
    if (std::find(order_.begin(), order_.end(), name) == order_.end()) order_.push_back(name);
  draw(step, logs, false);
}

void ProgressBar::finish(int64_t step, const Logs& logs) {
  if (verbose_ != 1 && verbose_ != 2) return;
  if (target_ < 0) target_ = step;
  for (const auto& [name, value] : logs)
    if (std::find(order_.begin(), order_.end(), name) == order_.end()) order_.push_back(name);
  if (verbose_ == 1) draw(target_, logs, true);
  else if (target_ > 0) write_line(target_, logs);
}

}  // namespace runnel::inline v0::keras
