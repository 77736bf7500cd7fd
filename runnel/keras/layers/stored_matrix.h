// StoredMatrix: a weight of a layer as it is kept: in floats, in int8, or two numbers of 4 bits a byte, with what turns it back.
#pragma once

#include "runnel/keras/layer.h"
#include "runnel/keras/quantizers.h"

namespace runnel::inline v0::keras {

/// What a matrix looks like in few bits.
struct MatrixForm {
  std::string name;     ///< "kernel"; the others are "kernel_scale", "kernel_zero" and "g_idx".
  Shape shape{};        ///< Of the numbers.
  Dims whole{};         ///< As the layer multiplies with them; empty: the same.
  Dims reduced{};       ///< The axes that a product sums over: numbers along them share a scale. Blocks need a single one.
  int packed = -1;      ///< The axis along which two numbers make a byte.
  DType zero_dtype = int8;
  bool with_index = true;   ///< Whether "g_idx" is kept as well.
  Dims scale_order{};       ///< Of a scale's axes after `reduced` are gone; empty: as they are.
  Shape scale_shape{};      ///< After that; unset: no more change.
};

/// The values of a matrix's Variables.
struct KeptMatrix {
  Tensor values{}, scale{}, zero{}, group_index{};
  bool packed = false;
};

/// ValueError where a quantizer of one's own gave something else than numbers and their scale.
void check_quantized(const Results& found);
/// Floats brought to few bits, as they are kept, without the index of groups. `mode` is "int8" or "int4"; block > 0: groups of so many.
/// Unset quantizer: the usual one.
KeptMatrix to_bits(const Tensor& floats, const MatrixForm& form, const std::string& mode, int64_t block, const Quantizer& quantizer);
/// The whole numbers, unpacked: int8 of form.shape.
Tensor whole_numbers(const KeptMatrix& kept, const MatrixForm& form);
/// The numbers that they stand for.
Tensor to_floats(const KeptMatrix& kept, const MatrixForm& form, DType dtype);

struct StoredMatrix {
  Variable values{}, scale{}, zero{}, group_index{};
  MatrixForm form{};
  std::string mode{};

  /// Makes the Variables of a quantized matrix, without its values.
  void build(LayerBody& layer, const MatrixForm& of, const std::string& in, int64_t block);
  void assign(const KeptMatrix& kept) const;
  /// The values now; scales in the dtype that the layer computes with.
  KeptMatrix kept(DType compute) const;
};

}  // namespace runnel::inline v0::keras
