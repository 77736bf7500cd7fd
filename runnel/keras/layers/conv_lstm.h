// ConvLSTM1D, ConvLSTM2D, ConvLSTM3D.
#pragma once

#include "runnel/keras/input_spec.h"
#include "runnel/keras/layers/rnn.h"
#include "runnel/keras/layers/spatial.h"

namespace runnel::inline v0::keras {

struct ConvLSTMOptions {
  Int filters{};
  Tuple kernel_size{};
  Tuple strides = 1;
  std::string padding = "valid";
  std::string data_format{};
  Tuple dilation_rate = 1;
  Activation activation = "tanh";
  Activation recurrent_activation = "sigmoid";
  RUNNEL_CELL_FIELDS_1
  bool unit_forget_bias = true;
  RUNNEL_CELL_FIELDS_2
  Regularizer activity_regularizer{};
  RUNNEL_CELL_FIELDS_3
  std::optional<int64_t> seed{};
  RUNNEL_RECURRENCE_FIELDS
  std::string name{};
  bool trainable = true;
  DTypePolicy dtype{};
  ShapeOption input_shape{};

  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("filters", s.filters);
    v("kernel_size", s.kernel_size);
    v("strides", s.strides);
    v("padding", s.padding);
    v("data_format", s.data_format);
    v("dilation_rate", s.dilation_rate);
    v("activation", s.activation);
    v("recurrent_activation", s.recurrent_activation);
    RUNNEL_CELL_VISIT_1
    v("unit_forget_bias", s.unit_forget_bias);
    RUNNEL_CELL_VISIT_2
    v("activity_regularizer", s.activity_regularizer);
    RUNNEL_CELL_VISIT_3
    v("seed", s.seed);
    RUNNEL_RECURRENCE_VISIT
    v("zero_output_for_mask", s.zero_output_for_mask);
    base_fields(s, v);
  }
};

/// One step: an LSTM whose products are convolutions. Gates in the order input, forget, cell, output; states h, c of the shape
/// that the convolution of an input gives.
class ConvLSTMCellBody : public LayerWith<ConvLSTMOptions, CellBody> {
 public:
  ConvLSTMCellBody(const ConvLSTMOptions& options, int rank);
  std::string class_name() const override { return "ConvLSTMCell"; }
  std::vector<Shape> state_shapes() const override { return {state_, state_}; }
  std::vector<Shape> state_shapes_for(const PartialShape& step) const override;
  void build(const PartialShape& input_shape) override;
  Tensor prepare(const Tensor& sequence, const CallArgs& args) override;
  std::pair<Tensor, States> step(const Tensor& prepared, const States& states, const CallArgs& args) override;
  void begin(const Tensor& input_like, const Tensor& state_like) override;

 private:
  Tensor input_product(const Tensor& x, const Tensor& kernel) const;
  Tensor recurrent_product(const Tensor& x, const Tensor& kernel) const;
  void add_bias();

  int rank_, gate_axis_;  // of the gates in an output
  Shape state_;
  Variable kernel_, recurrent_kernel_, bias_;
  SeedGenerator seed_generator_;
  std::vector<Tensor> input_masks_, recurrent_masks_;  // one a gate
};

/// Inputs (batch, time, *spatial, channels). Shi et al., "Convolutional LSTM network", 2015.
template <int Rank>
class ConvLSTMBody : public LayerWith<ConvLSTMOptions, RecurrentBody> {
 public:
  static constexpr const char* kName = Rank == 1 ? "ConvLSTM1D" : Rank == 2 ? "ConvLSTM2D" : "ConvLSTM3D";
  explicit ConvLSTMBody(const ConvLSTMOptions& options);
  std::string class_name() const override { return kName; }
};
using ConvLSTM1DBody = ConvLSTMBody<1>;
using ConvLSTM2DBody = ConvLSTMBody<2>;
using ConvLSTM3DBody = ConvLSTMBody<3>;

namespace layers {
using ConvLSTM1D = LayerOf<ConvLSTM1DBody>;
using ConvLSTM2D = LayerOf<ConvLSTM2DBody>;
using ConvLSTM3D = LayerOf<ConvLSTM3DBody>;
}  // namespace layers

}  // namespace runnel::inline v0::keras
