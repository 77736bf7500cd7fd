// TensorArray: a list of tensors that loops write and read. A value: write() returns the array with the change.
#pragma once

#include <optional>

#include "runnel/op/operand.h"

namespace runnel::inline v0 {

struct TensorArrayOptions {
  Operand size = 0;
  bool dynamic_size = false;  ///< Writing past the end makes it longer.
  bool infer_shape = true;    ///< All elements have the first one's shape.
  PartialShape element_shape = PartialShape::unknown_rank();
};

class TensorArray {
 public:
  explicit TensorArray(DType dtype, const TensorArrayOptions& options = TensorArrayOptions());
  /// The array behind a flow: what a loop's variable gives back.
  TensorArray with_flow(const Tensor& flow) const;

  DType dtype() const { return dtype_; }
  const PartialShape& element_shape() const { return element_shape_; }
  bool dynamic_size() const { return dynamic_size_; }
  /// The variant tensor that holds the list.
  const Tensor& flow() const { return flow_; }

  TensorArray write(const Operand& index, const Operand& value) const;
  Tensor read(const Operand& index) const;
  /// All elements, (size, element...). `size`: their number, where the caller knows it.
  Tensor stack(int64_t size = -1) const;
  /// The elements at these indices, stacked.
  Tensor gather(const Tensor& indices) const;
  /// The elements joined along their first dimension.
  Tensor concat() const;
  Tensor size() const;
  /// The rows of `value` as the elements.
  TensorArray unstack(const Tensor& value) const;
  /// The rows of `value` at these indices.
  TensorArray scatter(const Tensor& indices, const Tensor& value) const;
  /// Consecutive pieces of `value`, of these lengths, as the elements.
  TensorArray split(const Tensor& value, const Tensor& lengths) const;

 private:
  TensorArray changed(const Tensor& flow, const PartialShape& element) const;
  Tensor checked(const Operand& value) const;

  DType dtype_;
  PartialShape element_shape_;
  bool dynamic_size_ = false, infer_shape_ = true;
  Tensor flow_;
};

}  // namespace runnel::inline v0
