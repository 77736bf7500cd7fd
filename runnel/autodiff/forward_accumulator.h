// ForwardAccumulator: products of the Jacobian with a vector, computed along with the function (forward-mode differentiation).
//
//   tf::ForwardAccumulator acc(x, direction);
//   tf::Tensor y = f(x);
//   tf::Tensor dy = acc.jvp(y);   // the change of y when x moves along `direction`
#pragma once

#include <vector>

#include "runnel/autodiff/gradient_tape.h"

namespace runnel::inline v0 {

class ForwardAccumulator : public Recorder {
 public:
  /// Records on this thread until the destructor, or stop(). Accumulators and tapes nest strictly: an outer one sees the
  /// products of an inner one, and not the other way round.
  ForwardAccumulator(const Source& primal, const Tensor& tangent);
  ForwardAccumulator(const std::vector<Source>& primals, const std::vector<Tensor>& tangents);
  ~ForwardAccumulator() override;
  ForwardAccumulator(const ForwardAccumulator&) = delete;
  ForwardAccumulator& operator=(const ForwardAccumulator&) = delete;

  void start();
  void stop();
  bool is_recording() const { return recording_; }
  size_t size() const { return pairs_.size(); }  ///< Of the tensors whose products are kept.
  /// The product for a primal or a result, of its shape; an empty Tensor (or zeros) where it does not depend on the primals.
  Tensor jvp(const Source& primal, UnconnectedGradients unconnected = UnconnectedGradients::kNone) const;

  bool wants(std::span<const Tensor> inputs) const override;
  void record(const Op& op, std::span<const Tensor> inputs, const Attrs& attrs, std::span<const Tensor> outputs) override;
  void record_custom(std::span<const Tensor> inputs, std::span<const Tensor> outputs, Backward backward) override;
  void variable_read(const Tensor&) override {}
  int order() const override { return 2; }

 private:
  struct Pair {
    Tensor primal, tangent;
  };
  void push_forward(std::span<const Tensor> inputs, std::span<const Tensor> outputs, const Backward& backward);
  void keep(const Tensor& primal, const Tensor& tangent);

  PointerMap<Pair> pairs_;
  size_t prune_at_ = 64;
  bool recording_ = false;
};

}  // namespace runnel::inline v0
