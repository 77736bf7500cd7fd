// IndexedSlices: rows of a larger tensor, which is what the gradient of a lookup is.
#pragma once

#include "runnel/core/tensor.h"

namespace runnel::inline v0 {

/// Zeros of shape `dense_shape` with values[i, ...] added at row indices[i].
struct IndexedSlices {
  Tensor values;       ///< (n, row...)
  Tensor indices;      ///< (n), int32 or int64
  Tensor dense_shape;  ///< (rows, row...) as an integer vector

  Tensor to_dense() const;

  /// The slices in the place of a gradient tensor: a scalar of dtype variant, which no operator takes.
  Tensor as_tensor() const;
  static bool is_slices(const Tensor& tensor);
  /// The slices that such a tensor holds.
  static const IndexedSlices& of(const Tensor& tensor);
};

/// While one of these lives, the gradients that a tape of this thread gives for lookups are IndexedSlices:
///   KeepSlices keep;
///   Tensor g = tape.gradient(loss, table);   // IndexedSlices::of(g) where IndexedSlices::is_slices(g)
/// Otherwise they are dense tensors.
class KeepSlices {
 public:
  KeepSlices();
  ~KeepSlices();
  KeepSlices(const KeepSlices&) = delete;
  KeepSlices& operator=(const KeepSlices&) = delete;
  static bool active();

 private:
  bool before_;
};

/// The tensor itself, or the dense form of the slices it holds.
Tensor dense(const Tensor& tensor);
/// The sum of two gradients: slices stay slices as long as both are.
Tensor add_gradients(const Tensor& a, const Tensor& b);

}  // namespace runnel::inline v0
