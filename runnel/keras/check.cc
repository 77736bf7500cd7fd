#include "runnel/keras/check.h"

#include <algorithm>
#include <array>

#include "runnel/base/error.h"

namespace runnel::inline v0::keras {

namespace {

using Row = std::array<std::string, 6>;

std::string counted(int64_t n, const char* what) { return cat(n, " ", what, n == 1 ? "" : "s"); }

// The last column stays as it is: nothing stands behind it.
std::string aligned(const std::vector<Row>& rows) {
  std::array<size_t, 6> widths{};
  for (const Row& row : rows)
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  std::string out;
  for (const Row& row : rows) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) line += row[i] + std::string(widths[i] - row[i].size() + 2, ' ');
    out += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  return out;
}

}  // namespace

CheckReport::CheckReport(std::vector<CheckFinding> findings) : findings_(std::move(findings)) {
  std::stable_sort(findings_.begin(), findings_.end(), [](const CheckFinding& a, const CheckFinding& b) { return a.error > b.error; });
}

bool CheckReport::ok() const {
  return std::none_of(findings_.begin(), findings_.end(), [](const CheckFinding& f) { return f.error; });
}

std::string CheckReport::text() const {
  if (findings_.empty()) return "model.check: nothing found\n";
  int64_t errors = std::count_if(findings_.begin(), findings_.end(), [](const CheckFinding& f) { return f.error; });
  std::vector<Row> rows{{"level", "where", "problem", "got", "expected", "hint"}};
  for (const CheckFinding& f : findings_) rows.push_back({f.error ? "error" : "warning", f.where, f.problem, f.got, f.expected, f.hint});
  return cat("model.check: ", counted(errors, "error"), ", ", counted(int64_t(findings_.size()) - errors, "warning"), "\n", aligned(rows));
}

void CheckReport::raise() const {
  if (!ok()) fail<ValueError>("", text());
}

}  // namespace runnel::inline v0::keras
