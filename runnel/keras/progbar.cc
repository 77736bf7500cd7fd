#include "runnel/keras/progbar.h"

#include <algorithm>

namespace runnel::inline v0::keras::utils {

Progbar::Progbar(const ProgbarOptions& options)
    : options_(options), bar_(options.target, options.verbose, {options.width, options.interval, options.unit_name}) {}

void Progbar::take(const std::string& name, double value, double steps, bool finalize) {
  auto found = std::find_if(averages_.begin(), averages_.end(), [&](const Average& a) { return a.name == name; });
  if (found == averages_.end()) found = averages_.insert(found, {name});
  const auto& stateful = options_.stateful_metrics;
  if (finalize || std::find(stateful.begin(), stateful.end(), name) != stateful.end()) *found = {name, value, 1};
  else *found = {name, found->sum + value * steps, found->count + steps};
}

Logs Progbar::shown() const {
  Logs out;
  for (const Average& a : averages_) out.emplace_back(a.name, a.sum / std::max(1.0, a.count));
  return out;
}

void Progbar::update(int64_t current, const Logs& values) { update(current, values, options_.target >= 0 && current >= options_.target); }

void Progbar::update(int64_t current, const Logs& values, bool finalize) {
  const double steps = double(std::max<int64_t>(current - seen_, 1));
  for (const auto& [name, value] : values) take(name, value, steps, finalize);
  seen_ = current;
  if (finalize) bar_.finish(current, shown());
  else if (bar_.due()) bar_.update(current, shown());
}

}  // namespace runnel::inline v0::keras::utils
