// GradientTape: records what is computed while it is active, and differentiates it.
//
//   tf::Variable w(tf::constant({{1.f, 2.f}}));
//   tf::GradientTape tape;
//   tf::Tensor loss = tf::reduce_sum(tf::square(w));
//   tf::Tensor dw = tape.gradient(loss, w);
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "runnel/autodiff/tape.h"
#include "runnel/ops/array.h"
#include "runnel/ops/variable.h"

namespace runnel::inline v0 {

struct TapeOptions {
  bool persistent = false;                ///< gradient() may be called more than once.
  bool watch_accessed_variables = true;   ///< Trainable Variables are watched when they are read.
};

/// What gradients are taken with respect to: a Tensor, or a Variable (through its handle).
class Source {
 public:
  Source(const Tensor& tensor) : key_(tensor) {}
  Source(const Variable& variable) : key_(variable.handle()) {}
  const Tensor& key() const { return key_; }

 private:
  Tensor key_;
};

struct GradientOptions {
  std::vector<Tensor> output_gradients{};
  UnconnectedGradients unconnected_gradients = UnconnectedGradients::kNone;
};

class GradientTape {
 public:
  /// Starts recording on this thread; ends with the destructor, or with gradient() unless persistent.
  explicit GradientTape(const TapeOptions& options = TapeOptions());
  ~GradientTape();
  GradientTape(const GradientTape&) = delete;
  GradientTape& operator=(const GradientTape&) = delete;

  /// Throws ValueError for a tensor that is neither floating nor complex.
  void watch(const Source& source);
  void reset();
  void start();  ///< Records again (Python's __enter__).
  void stop();   ///< Records no more (Python's __exit__).
  bool is_recording() const { return recording_; }
  /// Nothing is recorded until the returned guard goes.
  class Pause {
   public:
    explicit Pause(GradientTape& tape);
    ~Pause();

   private:
    GradientTape& tape_;
    bool was_recording_;
  };
  [[nodiscard]] Pause stop_recording() { return Pause(*this); }

  /// d target / d source, of the source's shape; an empty Tensor where they are not connected.
  /// Throws RuntimeError at the second call unless the tape is persistent.
  Tensor gradient(const Tensor& target, const Source& source, const GradientOptions& options = GradientOptions());
  std::vector<Tensor> gradient(const Tensor& target, const std::vector<Source>& sources, const GradientOptions& options = GradientOptions());
  std::vector<Tensor> gradient(const std::vector<Tensor>& targets, const std::vector<Source>& sources, const GradientOptions& options = GradientOptions());
  template <std::same_as<Variable> V>  // a template, so that {w, b} means Sources
  std::vector<Tensor> gradient(const Tensor& target, const std::vector<V>& sources, const GradientOptions& options = GradientOptions()) {
    return gradient(target, std::vector<Source>(sources.begin(), sources.end()), options);
  }
  /// All first derivatives: shape target.shape + source.shape. The elements of the target are differentiated all at once, as
  /// vectorized_map does it (in graph/jacobian.cc), or one after another without `experimental_use_pfor`, in less memory.
  Tensor jacobian(const Tensor& target, const Source& source, UnconnectedGradients unconnected = UnconnectedGradients::kNone,
                  bool experimental_use_pfor = true);
  std::vector<Tensor> jacobian(const Tensor& target, const std::vector<Source>& sources, UnconnectedGradients unconnected = UnconnectedGradients::kNone,
                               bool experimental_use_pfor = true);
  /// Per example: target (b, ...) and source (b, ...) give (b, target..., source...).
  Tensor batch_jacobian(const Tensor& target, const Source& source, UnconnectedGradients unconnected = UnconnectedGradients::kNone,
                        bool experimental_use_pfor = true);
  /// Handles of the watched Variables.
  const std::vector<Tensor>& watched_variables() const { return tape_.watched_variables(); }

 private:
  void prepare();
  std::vector<Tensor> rows_of_jacobian(const Tensor& target, std::span<const Tensor> keys, const Tensor& seeds,
                                       UnconnectedGradients unconnected, bool at_once);

  Tape tape_;
  bool persistent_;
  bool recording_ = false;
  bool used_ = false;
};

/// Runs `f`, and records its own gradient instead of that of its operators: f returns the outputs and a function from the
/// outputs' gradients to the inputs' gradients.
struct WithGradient {
  std::vector<Tensor> outputs;
  Backward gradient;
};
std::vector<Tensor> custom_gradient(const std::function<WithGradient(std::span<const Tensor>)>& f, std::span<const Tensor> inputs);

}  // namespace runnel::inline v0
