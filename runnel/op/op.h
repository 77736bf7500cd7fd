// Op: an operator at run time; run(): the one door through which every operator is called.
#pragma once

#include <array>
#include <atomic>
#include <initializer_list>
#include <span>
#include <string_view>
#include <vector>

#include "runnel/core/attr.h"
#include "runnel/op/op_def.h"
#include "runnel/op/schema.h"

namespace runnel::inline v0 {

/// A call's resolved type attributes, by index of the attribute in the schema.
using ResolvedTypes = std::array<DType, 24>;

class Op {
 public:
  explicit Op(const OpDef& def);
  const OpDef& def() const { return def_; }
  const char* name() const { return def_.name; }
  const OpSchema& schema() const { return schema_; }
  const std::vector<KernelDef>& kernels() const { return kernels_; }

  /// What a kernel found out once for a dtype (a function pointer of a table, say).
  std::atomic<const void*>& cache(DType dtype) const { return cache_[dtype.code()]; }

 private:
  friend class Registry;
  const OpDef& def_;
  OpSchema schema_;
  std::vector<KernelDef> kernels_;  // the faster ones, then the portable one
  mutable std::array<std::atomic<const void*>, DType::kCodes> cache_{};
};

/// The operator of that name. Throws NotFoundError. Keep the result: `static const Op& op = get_op("AddV2");`
const Op& get_op(std::string_view name);
const Op* find_op(std::string_view name);
/// All operators of this build, by name.
std::vector<const Op*> all_ops();

/// Calls an operator: checks dtypes, then traces it or runs its kernel, and records it for the active tapes.
std::vector<Tensor> run_all(const Op& op, std::span<const Tensor> inputs, const Attrs& attrs = {});
/// The same for an operator with one output (or none: an empty Tensor).
Tensor run(const Op& op, std::span<const Tensor> inputs, const Attrs& attrs = {});
inline Tensor run(const Op& op, std::initializer_list<Tensor> inputs, const Attrs& attrs = {}) {
  return run(op, std::span(inputs.begin(), inputs.size()), attrs);
}
inline std::vector<Tensor> run_all(const Op& op, std::initializer_list<Tensor> inputs, const Attrs& attrs = {}) {
  return run_all(op, std::span(inputs.begin(), inputs.size()), attrs);
}

/// The attributes with their defaults, and the type attributes that follow from the inputs: what a NodeDef holds.
Attrs complete_attrs(const Op& op, std::span<const Tensor> inputs, const Attrs& given);

}  // namespace runnel::inline v0
