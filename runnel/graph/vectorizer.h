// Vectorizer: the tracer behind vectorized_map. Its symbolic tensors are what one element sees of tensors (n, ...).
#pragma once

#include <deque>

#include "runnel/graph/batch_runner.h"
#include "runnel/ops/random/seed.h"

namespace runnel::inline v0 {

class Vectorizer : public RefCounted, public Tracer, public Recorder {
 public:
  Vectorizer(const Tensor& count, bool loops) : runner_(count, loops) { seed = current_seed(); }

  /// How one element sees (n, ...).
  Tensor element(const Tensor& stacked);
  /// (n, ...) of what one element sees.
  Tensor stack(const Tensor& t) const { return runner_.stack(batched(t)); }
  /// f(), with every operator that it calls run on the whole batch, in the context that this thread has now.
  template <class F>
  auto run(F&& f) {
    Scoped<Tracer*> tracer_outside(tracer_, thread_context().tracer);
    Scoped<std::vector<Recorder*>> recorders_outside(recorders_, thread_context().recorders);
    Scoped<Tracer*> tracer(thread_context().tracer, this);
    Scoped<std::vector<Recorder*>> recorders(thread_context().recorders, {this});
    return f();
  }
  bool met_no_rule() const { return runner_.met_no_rule(); }

  void trace(const Op& op, std::span<const Tensor> inputs, const Attrs& attrs, std::span<const DType> dtypes,
             std::span<Tensor> outputs) override;
  std::vector<Tensor> trace_custom(std::span<const Tensor> inputs, std::span<const Tensor> outputs, Backward backward) override;

  // Tapes from outside see the batch's operators; of what happens inside only the Variables concern them.
  bool wants(std::span<const Tensor>) const override { return false; }
  void record(const Op&, std::span<const Tensor>, const Attrs&, std::span<const Tensor>) override {}
  void record_custom(std::span<const Tensor>, std::span<const Tensor>, Backward) override {}
  void variable_read(const Tensor& handle) override {
    for (Recorder* recorder : recorders_) recorder->variable_read(handle);
  }

 private:
  Batched batched(const Tensor& t) const;
  std::vector<Batched> batched(std::span<const Tensor> list) const;
  template <class F>
  auto outside(F&& f) const {
    Scoped<Tracer*> tracer(thread_context().tracer, tracer_);
    Scoped<std::vector<Recorder*>> recorders(thread_context().recorders, recorders_);
    return f();
  }

  BatchRunner runner_;
  Tracer* tracer_ = nullptr;
  std::vector<Recorder*> recorders_;
  std::deque<Tensor> values_;  // (n, ...) of the symbols, by their number
};

}  // namespace runnel::inline v0
