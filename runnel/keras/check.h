// What model.check() finds: mistakes in data, labels, losses and weights, before the first batch.
#pragma once

#include <string>
#include <vector>

namespace runnel::inline v0::keras {

struct CheckFinding {
  bool error = true;      ///< False: training would run, but hardly as it is meant.
  std::string where{};    ///< "x", "y", "sample_weight", "dense/kernel", ...
  std::string problem{};
  std::string got{}, expected{}, hint{};
};

/// All findings, errors first. Prints as a table.
class CheckReport {
 public:
  CheckReport() = default;
  explicit CheckReport(std::vector<CheckFinding> findings);
  const std::vector<CheckFinding>& findings() const { return findings_; }
  /// True where nothing stands in the way of training.
  bool ok() const;
  /// Columns that stand in line: level, place, problem, got, expected; then what would mend it.
  std::string text() const;
  /// ValueError with the table, unless ok().
  void raise() const;

 private:
  std::vector<CheckFinding> findings_;
};

}  // namespace runnel::inline v0::keras
