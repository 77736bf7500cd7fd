// GradientContext: what a gradient function sees of a recorded call.
#pragma once

#include "runnel/op/op_context.h"

namespace runnel::inline v0 {

class GradientContext : public AttrReader {
 public:
  GradientContext(const Op& op, std::span<const Tensor> inputs, const Attrs& attrs, const ResolvedTypes& types,
                  std::span<const Tensor> outputs, std::span<const Tensor> grads, std::span<const bool> needed)
      : AttrReader(op, attrs, types), inputs_(inputs), outputs_(outputs), grads_(grads), needed_(needed) {}

  int num_inputs() const { return int(inputs_.size()); }
  int num_outputs() const { return int(outputs_.size()); }
  const Tensor& input(int i) const { return inputs_[size_t(i)]; }
  const Tensor& output(int i = 0) const { return outputs_[size_t(i)]; }
  std::span<const Tensor> inputs() const { return inputs_; }
  /// The gradient that arrives at output i; zeros where none does.
  Tensor grad(int i = 0) const;
  bool has_grad(int i) const { return bool(grads_[size_t(i)]); }
  /// False where nobody asks for the gradient of input i: it need not be computed.
  bool needs(int i) const { return needed_[size_t(i)]; }

 private:
  std::span<const Tensor> inputs_, outputs_, grads_;
  std::span<const bool> needed_;
};

/// The type attributes of a call, as the dispatcher resolves them.
ResolvedTypes resolve_types(const Op& op, std::span<const Tensor> inputs, const Attrs& attrs);

}  // namespace runnel::inline v0
