// One step of a recurrent layer: SimpleRNNCell, LSTMCell, GRUCell, StackedRNNCells.
#pragma once

#include "runnel/keras/layers/base_fields.h"
#include "runnel/keras/random.h"

namespace runnel::inline v0::keras {

using States = std::vector<Tensor>;

/// What RNN repeats for each time step. As a layer it is called with the inputs and `states`, and returns [output, states].
class CellBody : public LayerBody {
 public:
  /// Shapes of the states, without the batch axis.
  virtual std::vector<Shape> state_shapes() const = 0;
  /// The same before it is built, for one step's input (batch, ...).
  virtual std::vector<Shape> state_shapes_for(const PartialShape& step) const { return state_shapes(); }
  /// The shape of the output, without the batch axis.
  virtual Shape output_shape_for(const PartialShape& step) const { return state_shapes_for(step)[0]; }
  /// Of a cell made of others: their states to begin with, and the states as Keras nests them.
  virtual States initial_states(const Tensor& x, DType dtype) const { return {}; }
  virtual Nest nested(const States& states) const { return Nest(states); }
  /// What can be computed for all steps at once: (time, batch, features) -> what step() takes as its input.
  virtual Tensor prepare(const Tensor& sequence, const CallArgs& args) { return sequence; }
  /// Output and next states.
  virtual std::pair<Tensor, States> step(const Tensor& prepared, const States& states, const CallArgs& args) = 0;
  /// New masks of dropout for the steps to come, from one step's input (batch, features) and the first state.
  virtual void begin(const Tensor& input_like, const Tensor& state_like) {}
  Nest call(const Nest& inputs, const CallArgs& args) override;
  std::vector<std::string> call_arguments() const override { return {"states", "training"}; }
};

// The arguments of the cells and of their layers; G: gates that have an activation of their own.
#define RUNNEL_CELL_FIELDS_1                     \
  bool use_bias = true;                          \
  Initializer kernel_initializer = "glorot_uniform"; \
  Initializer recurrent_initializer = "orthogonal";  \
  Initializer bias_initializer = "zeros";
#define RUNNEL_CELL_FIELDS_2          \
  Regularizer kernel_regularizer{};   \
  Regularizer recurrent_regularizer{}; \
  Regularizer bias_regularizer{};
#define RUNNEL_CELL_FIELDS_3          \
  Constraint kernel_constraint{};     \
  Constraint recurrent_constraint{};  \
  Constraint bias_constraint{};       \
  double dropout = 0;                 \
  double recurrent_dropout = 0;
#define RUNNEL_CELL_VISIT_1                            \
  v("use_bias", s.use_bias);                           \
  v("kernel_initializer", s.kernel_initializer);       \
  v("recurrent_initializer", s.recurrent_initializer); \
  v("bias_initializer", s.bias_initializer);
#define RUNNEL_CELL_VISIT_2                            \
  v("kernel_regularizer", s.kernel_regularizer);       \
  v("recurrent_regularizer", s.recurrent_regularizer); \
  v("bias_regularizer", s.bias_regularizer);
#define RUNNEL_CELL_VISIT_3                          \
  v("kernel_constraint", s.kernel_constraint);       \
  v("recurrent_constraint", s.recurrent_constraint); \
  v("bias_constraint", s.bias_constraint);           \
  v("dropout", s.dropout);                           \
  v("recurrent_dropout", s.recurrent_dropout);

struct SimpleRNNCellOptions {
  Int units{};
  Activation activation = "tanh";
  RUNNEL_CELL_FIELDS_1
  RUNNEL_CELL_FIELDS_2
  RUNNEL_CELL_FIELDS_3
  std::optional<int64_t> seed{};
  std::string name{};
  bool trainable = true;
  DTypePolicy dtype{};

  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("units", s.units);
    v("activation", s.activation);
    RUNNEL_CELL_VISIT_1
    RUNNEL_CELL_VISIT_2
    RUNNEL_CELL_VISIT_3
    v("seed", s.seed);
    base_fields(s, v);
  }
};

struct LSTMCellOptions {
  Int units{};
  Activation activation = "tanh";
  Activation recurrent_activation = "sigmoid";
  RUNNEL_CELL_FIELDS_1
  bool unit_forget_bias = true;
  RUNNEL_CELL_FIELDS_2
  RUNNEL_CELL_FIELDS_3
  std::optional<int64_t> seed{};
  std::string name{};
  bool trainable = true;
  DTypePolicy dtype{};

  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("units", s.units);
    v("activation", s.activation);
    v("recurrent_activation", s.recurrent_activation);
    RUNNEL_CELL_VISIT_1
    v("unit_forget_bias", s.unit_forget_bias);
    RUNNEL_CELL_VISIT_2
    RUNNEL_CELL_VISIT_3
    v("seed", s.seed);
    base_fields(s, v);
  }
};

struct GRUCellOptions {
  Int units{};
  Activation activation = "tanh";
  Activation recurrent_activation = "sigmoid";
  RUNNEL_CELL_FIELDS_1
  RUNNEL_CELL_FIELDS_2
  RUNNEL_CELL_FIELDS_3
  bool reset_after = true;
  std::optional<int64_t> seed{};
  std::string name{};
  bool trainable = true;
  DTypePolicy dtype{};

  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("units", s.units);
    v("activation", s.activation);
    v("recurrent_activation", s.recurrent_activation);
    RUNNEL_CELL_VISIT_1
    RUNNEL_CELL_VISIT_2
    RUNNEL_CELL_VISIT_3
    v("reset_after", s.reset_after);
    v("seed", s.seed);
    base_fields(s, v);
  }
};

/// What the three cells share: a kernel (features, gates * units), a recurrent kernel (units, gates * units), dropout.
template <class Options>
class GatedCell : public LayerWith<Options, CellBody> {
 public:
  std::vector<Shape> state_shapes() const override { return {Shape({this->options_.units})}; }
  void build(const PartialShape& input_shape) override;
  Tensor prepare(const Tensor& sequence, const CallArgs& args) override;
  void begin(const Tensor& input_like, const Tensor& state_like) override;

 protected:
  using LayerWith<Options, CellBody>::options_;
  using LayerBody::add_weight;
  using LayerBody::name;
  GatedCell(const Options& options, int gates);
  /// state @ recurrent_kernel, with recurrent dropout while training.
  Tensor recurrent_product(const Tensor& state, const CallArgs& args) const;
  /// The state as one gate sees it.
  Tensor recurrent_input(const Tensor& state, int gate, const CallArgs& args) const;
  virtual void add_bias();
  /// The bias that prepare() adds.
  virtual Tensor input_bias() const { return bias_ ? computed(*this, bias_) : Tensor(); }

  int gates_;
  Variable kernel_, recurrent_kernel_, bias_;

 private:
  std::vector<Tensor> draw_masks(const Tensor& like, double rate) const;

  SeedGenerator seed_generator_;
  std::vector<Tensor> input_masks_, recurrent_masks_;  // one, or one a gate
};

/// h' = activation(x W + h U + b)
class SimpleRNNCellBody : public GatedCell<SimpleRNNCellOptions> {
 public:
  static constexpr const char* kName = "SimpleRNNCell";
  explicit SimpleRNNCellBody(const SimpleRNNCellOptions& options);
  std::string class_name() const override { return kName; }
  std::pair<Tensor, States> step(const Tensor& prepared, const States& states, const CallArgs& args) override;
};

/// Hochreiter and Schmidhuber, "Long short-term memory", 1997; gates in the order input, forget, cell, output; states h, c.
class LSTMCellBody : public GatedCell<LSTMCellOptions> {
 public:
  static constexpr const char* kName = "LSTMCell";
  explicit LSTMCellBody(const LSTMCellOptions& options);
  std::string class_name() const override { return kName; }
  std::vector<Shape> state_shapes() const override { return {Shape({options_.units}), Shape({options_.units})}; }
  std::pair<Tensor, States> step(const Tensor& prepared, const States& states, const CallArgs& args) override;

 protected:
  void add_bias() override;
};

/// Cho et al., "Learning phrase representations using RNN encoder-decoder", 2014; gates in the order update, reset, candidate.
/// reset_after: the reset gate acts on the recurrent product, which then has a bias of its own (bias (2, 3 * units)).
class GRUCellBody : public GatedCell<GRUCellOptions> {
 public:
  static constexpr const char* kName = "GRUCell";
  explicit GRUCellBody(const GRUCellOptions& options);
  std::string class_name() const override { return kName; }
  std::pair<Tensor, States> step(const Tensor& prepared, const States& states, const CallArgs& args) override;

 protected:
  void add_bias() override;
  Tensor input_bias() const override;
};

namespace layers {
using SimpleRNNCell = LayerOf<SimpleRNNCellBody>;
using LSTMCell = LayerOf<LSTMCellBody>;
using GRUCell = LayerOf<GRUCellBody>;
}  // namespace layers

}  // namespace runnel::inline v0::keras
