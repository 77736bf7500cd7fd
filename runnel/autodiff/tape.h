// Tape: records operator calls and runs them backwards (reverse-mode automatic differentiation).
#pragma once

#include <deque>
#include <memory>
#include <optional>

#include "runnel/base/pointer_map.h"
#include "runnel/op/context.h"

namespace runnel::inline v0 {

enum class UnconnectedGradients { kNone, kZero };

/// Cards whose reason begins so make asking for their gradient an error, as it is in TensorFlow; through others none flows.
bool refuses_gradient(const Op& op);

/// What the gradient function of an operator gives for its inputs, from the gradients of its outputs.
std::vector<Tensor> input_gradients(const Op& op, std::span<const Tensor> inputs, const Attrs& attrs, std::span<const Tensor> outputs,
                                    std::span<const Tensor> grads, std::span<const bool> needed);

class Tape : public Recorder {
 public:
  explicit Tape(bool watch_variables) : watch_variables_(watch_variables) {}

  void watch(const Tensor& tensor);
  bool is_tracked(const Tensor& tensor) const { return tracked_.contains(tensor.id()); }
  void reset();
  /// Forgets what was recorded, but not which Variables were read.
  void drop_records();

  /// d(sum of targets) / d(sources), each target weighted by its entry of `seeds` (ones where empty).
  /// An empty Tensor stands for "not connected", unless `unconnected` asks for zeros.
  std::vector<Tensor> gradient(std::span<const Tensor> targets, std::span<const Tensor> sources, std::span<const Tensor> seeds,
                               UnconnectedGradients unconnected);
  /// The handles of the Variables watched so far, in order.
  const std::vector<Tensor>& watched_variables() const { return variables_; }

  bool wants(std::span<const Tensor> inputs) const override;
  void record(const Op& op, std::span<const Tensor> inputs, const Attrs& attrs, std::span<const Tensor> outputs) override;
  void record_custom(std::span<const Tensor> inputs, std::span<const Tensor> outputs, Backward backward) override;
  void variable_read(const Tensor& handle) override;
  int order() const override { return order_; }
  void set_order(int order) { order_ = order; }

 private:
  struct Entry {
    const Op* op;  // or a custom backward function
    Attrs attrs;
    std::vector<Tensor> inputs, outputs;
    Backward backward;
  };
  std::vector<Tensor> run_backward(const Entry& entry, std::span<const Tensor> grads, std::span<const bool> needed) const;
  void add_entry(Entry entry);

  bool watch_variables_;
  int order_ = 1;
  std::deque<Entry> entries_;  // grows while gradient() walks it: its entries stay in place
  std::vector<Tensor> watched_;    // keeps the ids of tracked tensors alive
  std::vector<Tensor> variables_;
  PointerMap<bool> tracked_;
};

}  // namespace runnel::inline v0
