// Variable: a mutable tensor with TensorFlow's methods. A cheap handle: copies refer to the same state.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "runnel/op/operand.h"

namespace runnel::inline v0 {

class VariableState;  // ops/state/variable_state.h
class Index;          // ops/indexing.h
class VariableSlice;

enum class VariableSynchronization { kAuto, kNone, kOnWrite, kOnRead };
enum class VariableAggregation { kNone, kSum, kMean, kOnlyFirstReplica };

struct VariableOptions {
  std::optional<bool> trainable{};  ///< Default: true (false for synchronization kOnRead).
  std::string name{};               ///< Default "Variable"; shown as "name:0".
  DType dtype{};                    ///< Default: the initial value's.
  PartialShape shape = PartialShape::unknown_rank();  ///< Sizes that later values must have; default: the initial value's.
  std::function<Tensor(const Tensor&)> constraint{};  ///< Applied by optimizers after each update.
  VariableSynchronization synchronization = VariableSynchronization::kAuto;
  VariableAggregation aggregation = VariableAggregation::kNone;
};

class Variable {
 public:
  /// No variable.
  Variable() = default;
  explicit Variable(const Operand& initial_value, VariableOptions options = {});
  /// The Variable behind a resource tensor.
  static Variable from_handle(const Tensor& handle);
  static std::optional<Variable> try_from_handle(const Tensor& handle);  ///< Nothing for another kind of resource.

  explicit operator bool() const { return bool(handle_); }
  /// A snapshot: later assignments do not change it.
  Tensor value() const;
  Tensor read_value() const { return value(); }
  operator Tensor() const { return value(); }
  operator Operand() const { return value(); }

  DType dtype() const;
  PartialShape shape() const;
  const std::string& name() const;  ///< "w:0"
  bool trainable() const;
  void set_trainable(bool trainable) const;
  const std::function<Tensor(const Tensor&)>& constraint() const;
  VariableSynchronization synchronization() const;
  VariableAggregation aggregation() const;
  /// The resource tensor that operators take.
  const Tensor& handle() const { return handle_; }
  /// Counts assignments: prepacked copies of the value are valid for one version.
  uint64_t version() const;

  /// value <- x; ValueError where the shape or dtype does not fit.
  const Variable& assign(const Operand& value) const;
  const Variable& assign_add(const Operand& delta) const;
  const Variable& assign_sub(const Operand& delta) const;

  /// v[{0, all}].assign(x): see ops/indexing.h.
  VariableSlice operator[](std::initializer_list<Index> index) const;
  VariableSlice operator[](const Index& index) const;

  /// value[indices[i], ...] op= updates[i, ...], with indices of any shape.
  const Variable& scatter_update(const Tensor& indices, const Operand& updates) const;
  const Variable& scatter_add(const Tensor& indices, const Operand& updates) const;
  const Variable& scatter_sub(const Tensor& indices, const Operand& updates) const;
  const Variable& scatter_mul(const Tensor& indices, const Operand& updates) const;
  const Variable& scatter_div(const Tensor& indices, const Operand& updates) const;
  const Variable& scatter_min(const Tensor& indices, const Operand& updates) const;
  const Variable& scatter_max(const Tensor& indices, const Operand& updates) const;
  /// value[indices[i][0], indices[i][1], ...] op= updates[i], indices (..., depth).
  const Variable& scatter_nd_update(const Tensor& indices, const Operand& updates) const;
  const Variable& scatter_nd_add(const Tensor& indices, const Operand& updates) const;
  const Variable& scatter_nd_sub(const Tensor& indices, const Operand& updates) const;

  bool is(const Variable& other) const { return state_ == other.state_; }

 private:
  Tensor handle_;  // owns the state
  VariableState* state_ = nullptr;
};

}  // namespace runnel::inline v0
