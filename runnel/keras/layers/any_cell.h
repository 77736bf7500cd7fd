// A cell as RNN and StackedRNNCells see it, whoever wrote it.
#pragma once

#include "runnel/keras/layers/rnn_cells.h"

namespace runnel::inline v0::keras {

/// One of the library's cells, or any layer with a `state_size` whose call(inputs, states) returns the output and the states.
/// Such a layer may have an `output_size`, and in Python a get_initial_state(). Refers to the cell.
class AnyCell {
 public:
  explicit AnyCell(const Ref<LayerBody>& cell);
  /// Whether its shapes are known without running it.
  bool tells_shapes() const { return known_ && !own_call_ && cell_->sublayers().empty(); }
  /// Without the batch axis, for one step's input (batch, ...).
  std::vector<Shape> state_shapes(const PartialShape& step) const;
  Shape output_shape(const PartialShape& step) const;
  /// The states to begin with, for the batch of x (batch, ...).
  States initial_states(const Tensor& x, DType dtype) const;
  void begin(const Tensor& input_like, const Tensor& state_like) const;
  Tensor prepare(const Tensor& sequence, const CallArgs& args) const;
  std::pair<Tensor, States> step(const Tensor& prepared, const States& states, const CallArgs& args) const;
  /// The states as Keras nests them; where only shapes are inferred, a single one stands for itself.
  Nest nested(const States& states) const;

 private:
  LayerBody* cell_;
  CellBody* known_;
  bool own_call_;  // of a class of another language
};

/// (batch, *state) of zeros, for the batch of x (batch, ...).
Tensor zero_state(const Tensor& x, const Shape& state, DType dtype);
/// Whether only shapes are inferred now.
bool infers_shapes();

}  // namespace runnel::inline v0::keras
