#include "runnel/base/nearest.h"

#include <algorithm>
#include <utility>

namespace runnel::inline v0 {

namespace {

// How many letters have to be changed (Levenshtein, 1966).
size_t distance_of(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t corner = std::exchange(row[0], i);
    for (size_t j = 1; j <= b.size(); ++j) {
      size_t changed = corner + (a[i - 1] != b[j - 1]);
      corner = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, changed}));
    }
  }
  return row[b.size()];
}

}  // namespace

std::string nearest_name(std::string_view given, const std::vector<std::string>& known) {
  std::string best;
  size_t least = std::max<size_t>(2, given.size() / 3) + 1;
  for (const std::string& name : known) {
    size_t far = distance_of(given, name);
    if (far < least) least = far, best = name;
  }
  return best;
}

}  // namespace runnel::inline v0
