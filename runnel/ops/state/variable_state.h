// What the handle of a Variable points to.
#pragma once

#include <mutex>

#include "runnel/base/function_ref.h"
#include "runnel/ops/variable_notes.h"

namespace runnel::inline v0 {

class VariableState : public Resource {
 public:
  Tensor value;  // guarded by mutex
  PartialShape shape = PartialShape::unknown_rank();
  DType dtype;
  std::string name;
  bool trainable = true;
  std::function<Tensor(const Tensor&)> constraint;
  VariableSynchronization synchronization = VariableSynchronization::kAuto;
  VariableAggregation aggregation = VariableAggregation::kNone;
  uint64_t version = 0;
  VariableNotes notes;
  std::mutex mutex;

  Tensor snapshot();
  /// Replaces the value; ValueError where shape or dtype does not fit.
  void set(const Tensor& new_value);
  /// Replaces it by what `change` makes of it. Nobody changes it meanwhile.
  void set_by(function_ref<Tensor(const Tensor& value)> change);
  /// Runs `update` on memory that nobody else sees (copied first where a snapshot still does).
  template <class F>
  void modify(F&& update) {
    std::lock_guard lock(mutex);
    make_own();
    update(value);
  }
  /// What modify() does under the mutex before its `update`. FailedPreconditionError where there is no value.
  void make_own() {
    if (!value) held();
    if (!value.is_unique()) value = value.clone();
    ++version;
  }

 private:
  Tensor held() const;  // the next three: under the mutex
  void check_fits(const Tensor& new_value) const;
  void put(const Tensor& new_value);
};

/// The state behind a resource tensor. Throws InvalidArgumentError where it is no Variable's, or holds no value.
VariableState& variable_state(const Tensor& handle, const char* where);

}  // namespace runnel::inline v0
