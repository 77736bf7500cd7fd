// Dropout.
#pragma once

#include "runnel/keras/layers/base_fields.h"
#include "runnel/keras/random.h"

namespace runnel::inline v0::keras {

struct DropoutOptions {
  double rate = 0;
  ShapeOption noise_shape{};  ///< With the batch axis; -1: the input's size. A size of 1 drops along the whole axis.
  std::optional<int64_t> seed{};
  std::string name{};
  bool trainable = true;
  DTypePolicy dtype{};
  ShapeOption input_shape{};

  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("rate", s.rate);
    v("noise_shape", s.noise_shape);
    v("seed", s.seed);
    base_fields(s, v);
  }
};

/// While training, zeroes a share of the inputs and scales the others up so that the sum keeps its expectation.
class DropoutBody : public LayerWith<DropoutOptions> {
 public:
  static constexpr const char* kName = "Dropout";
  explicit DropoutBody(const DropoutOptions& options);
  std::string class_name() const override { return kName; }
  Tensor call(const Tensor& input, const CallArgs& args) override;
  PartialShape compute_output_shape(const PartialShape& input_shape) override { return input_shape; }
  /// Unset where the rate is 0.
  const std::optional<SeedGenerator>& seed_generator() const { return seed_generator_; }

 private:
  std::optional<SeedGenerator> seed_generator_;
};

namespace layers {
using Dropout = LayerOf<DropoutBody>;
}  // namespace layers

}  // namespace runnel::inline v0::keras
