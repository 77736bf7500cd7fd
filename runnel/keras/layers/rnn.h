// Recurrent layers: RNN over any cell, SimpleRNN, LSTM, GRU.
#pragma once

#include "runnel/keras/layers/rnn_cells.h"

namespace runnel::inline v0::keras {

// A layer as an option of another layer.
Config to_config(const Layer& layer);
/// A list of layers is one layer as well: StackedRNNCells.
void from_config(const Config& config, Layer& out);
Config to_config(const std::vector<Layer>& layers);
void from_config(const Config& config, std::vector<Layer>& out);
inline Config live(const Layer& layer) { return Config(Ref<RefCounted>(layer.body())); }
Config live(const std::vector<Layer>& layers);
inline void visit_field(const Layer& layer, OwnedVisitor& visitor) { visitor.owned(layer.body().get()); }

inline void visit_field(const std::vector<Layer>& layers, OwnedVisitor& visitor) {
  for (const Layer& layer : layers) visit_field(layer, visitor);
}

/// How a cell is repeated.
struct Recurrence {
  bool return_sequences = false;  ///< All outputs (batch, time, units), not the last one (batch, units).
  bool return_state = false;      ///< The last states as well: [outputs, state, ...].
  bool go_backwards = false;      ///< From the last step to the first; outputs come in that order.
  bool stateful = false;          ///< Begins where the batch before ended.
  bool zero_output_for_mask = false;  ///< A masked step's output is zero, not the output before.
  bool time_major = false;        ///< Keras 2's: inputs and outputs are (time, batch, ...).
};

/// Inputs (batch, time, features), mask (batch, time): a masked step keeps the states and repeats the output before.
/// The states to begin with are the argument `initial_state`, or further inputs.
class RecurrentBody : public LayerBody {
 public:
  void build(const std::vector<PartialShape>& input_shapes) override;
  Nest call(const Nest& inputs, const CallArgs& args) override;
  std::vector<std::string> call_arguments() const override { return {"initial_state", "mask", "training"}; }
  std::vector<PartialShape> compute_output_shapes(const std::vector<PartialShape>& input_shapes) override;
  PartialShape compute_output_shape(const PartialShape& input_shape) override { return compute_output_shapes({input_shape})[0]; }
  Tensor compute_mask(const Nest& inputs, const Tensor& mask) override { return how_.return_sequences ? mask : Tensor(); }
  const Ref<LayerBody>& cell() const { return cell_; }
  const Recurrence& recurrence() const { return how_; }
  void set_zero_output_for_mask(bool on) { how_.zero_output_for_mask = on; }
  /// Of a stateful layer: the states of the last batch, and how to set them; zeros by default.
  const std::vector<Variable>& states() const { return states_; }
  void reset_states(const States& values = {});
  void visit_owned(OwnedVisitor& visitor) const override {
    LayerBody::visit_owned(visitor);
    visitor.owned(cell_.get());
  }

 protected:
  void set_cell(const Ref<LayerBody>& cell, const Recurrence& how);

 private:
  struct Run {
    Tensor output;  // (batch, units)
    States states;
  };
  States initial_states(const Tensor& x, const Nest& inputs, const CallArgs& args) const;
  Run step(const Tensor& x, const Run& before, const Tensor& mask, const CallArgs& args) const;
  std::vector<Tensor> unrolled(const Tensor& sequence, const Tensor& mask, int64_t steps, Run& run, const CallArgs& args) const;
  Tensor looped(const Tensor& sequence, const Tensor& mask, Run& run, const CallArgs& args) const;
  Nest result(const Tensor& output, const States& states) const;
  /// (batch, ...) of one step, from the inputs' shape.
  PartialShape step_shape(const PartialShape& in) const;

  Ref<LayerBody> cell_;
  Recurrence how_;
  std::vector<Variable> states_;
};

/// The stateful recurrent layers of a layer or model begin again with zeros.
void reset_states(LayerBody& layer);

#define RUNNEL_RECURRENCE_FIELDS                                                                   \
  bool return_sequences = false, return_state = false, go_backwards = false, stateful = false;     \
  bool unroll = false; /* accepted: short sequences of known length are unrolled in any case */ \
  bool zero_output_for_mask = false, time_major = false;
#define RUNNEL_RECURRENCE_VISIT                \
  v("return_sequences", s.return_sequences);   \
  v("return_state", s.return_state);           \
  v("go_backwards", s.go_backwards);           \
  v("stateful", s.stateful);                   \
  v("unroll", s.unroll);
// At the end, for Keras has them nowhere in its order; time_major is saved where it is on only.
#define RUNNEL_RECURRENCE_MORE                                     \
  v("zero_output_for_mask", s.zero_output_for_mask);               \
  if (!std::is_const_v<S> || s.time_major) v("time_major", s.time_major);

struct SimpleRNNOptions {
  Int units{};
  Activation activation = "tanh";
  RUNNEL_CELL_FIELDS_1
  RUNNEL_CELL_FIELDS_2
  Regularizer activity_regularizer{};
  RUNNEL_CELL_FIELDS_3
  RUNNEL_RECURRENCE_FIELDS
  std::optional<int64_t> seed{};
  std::string name{};
  bool trainable = true;
  DTypePolicy dtype{};
  ShapeOption input_shape{};

  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("units", s.units);
    v("activation", s.activation);
    RUNNEL_CELL_VISIT_1
    RUNNEL_CELL_VISIT_2
    v("activity_regularizer", s.activity_regularizer);
    RUNNEL_CELL_VISIT_3
    RUNNEL_RECURRENCE_VISIT
    v("seed", s.seed);
    RUNNEL_RECURRENCE_MORE
    ignored_fields(s, v, "implementation");
    base_fields(s, v);
  }
};

struct LSTMOptions {
  Int units{};
  Activation activation = "tanh";
  Activation recurrent_activation = "sigmoid";
  RUNNEL_CELL_FIELDS_1
  bool unit_forget_bias = true;
  RUNNEL_CELL_FIELDS_2
  Regularizer activity_regularizer{};
  RUNNEL_CELL_FIELDS_3
  std::optional<int64_t> seed{};
  RUNNEL_RECURRENCE_FIELDS
  Ignored use_cudnn{};  ///< Of GPUs.
  std::string name{};
  bool trainable = true;
  DTypePolicy dtype{};
  ShapeOption input_shape{};

  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("units", s.units);
    v("activation", s.activation);
    v("recurrent_activation", s.recurrent_activation);
    RUNNEL_CELL_VISIT_1
    v("unit_forget_bias", s.unit_forget_bias);
    RUNNEL_CELL_VISIT_2
    v("activity_regularizer", s.activity_regularizer);
    RUNNEL_CELL_VISIT_3
    v("seed", s.seed);
    RUNNEL_RECURRENCE_VISIT
    RUNNEL_RECURRENCE_MORE
    v("use_cudnn", s.use_cudnn);
    ignored_fields(s, v, "implementation");
    base_fields(s, v);
  }
};

struct GRUOptions {
  Int units{};
  Activation activation = "tanh";
  Activation recurrent_activation = "sigmoid";
  RUNNEL_CELL_FIELDS_1
  RUNNEL_CELL_FIELDS_2
  Regularizer activity_regularizer{};
  RUNNEL_CELL_FIELDS_3
  std::optional<int64_t> seed{};
  RUNNEL_RECURRENCE_FIELDS
  bool reset_after = true;
  Ignored use_cudnn{};  ///< Of GPUs.
  std::string name{};
  bool trainable = true;
  DTypePolicy dtype{};
  ShapeOption input_shape{};

  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("units", s.units);
    v("activation", s.activation);
    v("recurrent_activation", s.recurrent_activation);
    RUNNEL_CELL_VISIT_1
    RUNNEL_CELL_VISIT_2
    v("activity_regularizer", s.activity_regularizer);
    RUNNEL_CELL_VISIT_3
    v("seed", s.seed);
    RUNNEL_RECURRENCE_VISIT
    v("reset_after", s.reset_after);
    RUNNEL_RECURRENCE_MORE
    v("use_cudnn", s.use_cudnn);
    ignored_fields(s, v, "implementation");
    base_fields(s, v);
  }
};

/// A recurrent layer that makes its own cell.
template <class OptionsT, class CellT>
class RecurrentWith : public LayerWith<OptionsT, RecurrentBody> {
 public:
  explicit RecurrentWith(const OptionsT& options);
  Config get_config() const override { return without(LayerWith<OptionsT, RecurrentBody>::get_config(), "use_cudnn"); }
};

/// h = activation(x @ kernel + h @ recurrent_kernel + bias), step by step: (batch, time, features) to (batch, units).
class SimpleRNNBody : public RecurrentWith<SimpleRNNOptions, SimpleRNNCellBody> {
 public:
  static constexpr const char* kName = "SimpleRNN";
  using RecurrentWith::RecurrentWith;
  std::string class_name() const override { return kName; }
};
/// Long short-term memory (Hochreiter and Schmidhuber, 1997): (batch, time, features) to (batch, units), or (batch, time, units).
class LSTMBody : public RecurrentWith<LSTMOptions, LSTMCellBody> {
 public:
  static constexpr const char* kName = "LSTM";
  using RecurrentWith::RecurrentWith;
  std::string class_name() const override { return kName; }
};
/// Gated recurrent unit (Cho et al., 2014): (batch, time, features) to (batch, units), or (batch, time, units).
class GRUBody : public RecurrentWith<GRUOptions, GRUCellBody> {
 public:
  static constexpr const char* kName = "GRU";
  using RecurrentWith::RecurrentWith;
  std::string class_name() const override { return kName; }
};

struct RNNOptions {
  Layer cell{};
  RUNNEL_RECURRENCE_FIELDS
  std::string name{};
  bool trainable = true;
  DTypePolicy dtype{};
  ShapeOption input_shape{};

  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("cell", s.cell);
    RUNNEL_RECURRENCE_VISIT
    RUNNEL_RECURRENCE_MORE
    base_fields(s, v);
  }
};

/// Repeats any cell: a CellBody, or a layer with a `state_size` whose call(inputs, states) returns the output and the states.
class RNNBody : public LayerWith<RNNOptions, RecurrentBody> {
 public:
  static constexpr const char* kName = "RNN";
  explicit RNNBody(const RNNOptions& options);
  std::string class_name() const override { return kName; }
};

struct StackedRNNCellsOptions {
  std::vector<Layer> cells{};
  std::string name{};
  bool trainable = true;
  DTypePolicy dtype{};

  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("cells", s.cells);
    base_fields(s, v);
  }
};

/// Cells on top of each other, as one cell: any that RNN takes.
class StackedRNNCellsBody : public LayerWith<StackedRNNCellsOptions, CellBody> {
 public:
  static constexpr const char* kName = "StackedRNNCells";
  explicit StackedRNNCellsBody(const StackedRNNCellsOptions& options);
  std::string class_name() const override { return kName; }
  std::vector<SavedMember> named_members() const override;
  std::vector<Shape> state_shapes() const override { return state_shapes_for({}); }
  std::vector<Shape> state_shapes_for(const PartialShape& step) const override;
  Shape output_shape_for(const PartialShape& step) const override;
  States initial_states(const Tensor& x, DType dtype) const override;
  Nest nested(const States& states) const override;
  void build(const PartialShape& input_shape) override;
  void begin(const Tensor& input_like, const Tensor& state_like) override;
  std::pair<Tensor, States> step(const Tensor& prepared, const States& states, const CallArgs& args) override;
};

namespace layers {
using SimpleRNN = LayerOf<SimpleRNNBody>;
using LSTM = LayerOf<LSTMBody>;
using GRU = LayerOf<GRUBody>;
using RNN = LayerOf<RNNBody>;
using StackedRNNCells = LayerOf<StackedRNNCellsBody>;
}  // namespace layers

}  // namespace runnel::inline v0::keras
