// StatelessScope: a computation with other values of Variables, which leaves the Variables as they are.
#pragma once

#include <utility>
#include <vector>

#include "runnel/ops/variable.h"

namespace runnel::inline v0 {

/// While it lives, Variables on this thread read as the values given here, through which gradients flow; assignments change what
/// they read as, and nothing else.
class StatelessScope {
 public:
  using Values = std::vector<std::pair<Variable, Tensor>>;
  explicit StatelessScope(Values values);
  ~StatelessScope();
  StatelessScope(const StatelessScope&) = delete;
  StatelessScope& operator=(const StatelessScope&) = delete;

  /// What the Variable reads as in here.
  Tensor value(const Variable& variable) const;
  /// The values given, and those of all Variables that were assigned.
  const Values& values() const { return values_; }

  /// The innermost one of this thread, or nullptr.
  static StatelessScope* current();
  const Tensor* find(const Variable& variable) const;
  void set(const Variable& variable, const Tensor& value);

 private:
  Values values_;
  StatelessScope* outer_;
};

}  // namespace runnel::inline v0
