#include "runnel/ops/stateless_scope.h"

namespace runnel::inline v0 {

namespace {
thread_local StatelessScope* innermost = nullptr;
}

StatelessScope::StatelessScope(Values values) : values_(std::move(values)), outer_(std::exchange(innermost, this)) {}
StatelessScope::~StatelessScope() { innermost = outer_; }

StatelessScope* StatelessScope::current() { return innermost; }

const Tensor* StatelessScope::find(const Variable& variable) const {
  for (const auto& [known, value] : values_)
    if (known.is(variable)) return &value;
  return nullptr;
}

Tensor StatelessScope::value(const Variable& variable) const {
  const Tensor* found = find(variable);
  return found ? *found : variable.value();
}

void StatelessScope::set(const Variable& variable, const Tensor& value) {
  for (auto& [known, current] : values_)
    if (known.is(variable)) return void(current = value);
  values_.emplace_back(variable, value);
}

}  // namespace runnel::inline v0
