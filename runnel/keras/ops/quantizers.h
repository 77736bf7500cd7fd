// keras.quantizers: functions that bring numbers to few bits and back.
// python module: keras.quantizers
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "runnel/op/operand.h"
#include "runnel/op/results.h"

namespace runnel::inline v0::keras::quantizers {

/// (round(inputs * scale) in `dtype`, scale), where scale brings the largest magnitude along `axis` to the end of `value_range`.
/// scale has size 1 along `axis`. `to_numpy` means nothing here.
/// python: abs_max_quantize
Results abs_max_quantize(const Operand& inputs, const Axes& axis, const std::vector<int64_t>& value_range = {-127, 127}, DType dtype = int8,
                         double epsilon = 1e-7, bool to_numpy = false);
/// Of a matrix (rows, columns): (values (rows, columns), scale, zero point (groups, columns)), where each `block_size` rows make a group and
/// inputs = (values - zero point) * scale. With `to_numpy` groups of one value, and a single group that is not full, are treated as Keras's
/// NumPy code does, which its layers use.
/// python: abs_max_quantize_grouped_with_zero_point
Results abs_max_quantize_grouped_with_zero_point(const Operand& inputs, int64_t block_size, const std::vector<int64_t>& value_range = {-8, 7},
                                                 DType dtype = int8, double epsilon = 1e-7, bool to_numpy = false);
/// (values - zero[group]) * scale[group], with the group of each position along `axis` in `group_index`.
Tensor dequantize_groups(const Tensor& values, const Tensor& scale, const Tensor& zero, const Tensor& group_index, int64_t axis);

/// inputs brought to the nearest of 2^num_bits numbers between min_vals and max_vals, scalars or one for each position along `axis`. The
/// gradient reaches inputs inside of the range, and the ends from what lies beyond them. As tf.quantization.fake_quant_with_min_max_vars.
/// python: fake_quant_with_min_max_vars
Tensor fake_quant_with_min_max_vars(const Operand& inputs, const Operand& min_vals, const Operand& max_vals, int64_t num_bits = 8,
                                    bool narrow_range = false, std::optional<int64_t> axis = {});

/// The scale for numbers up to amax in a dtype that ends at dtype_max; the old one where amax is 0 or not finite.
/// python: compute_float8_scale
Tensor compute_float8_scale(const Operand& amax, const Operand& scale, const Operand& dtype_max, int64_t margin = 0);
/// The history, moved by one, with the largest magnitude of x as its first entry.
/// python: compute_float8_amax_history
Tensor compute_float8_amax_history(const Operand& x, const Operand& amax_history);
/// inputs / scale rounded to the numbers of "float8_e4m3fn" or "float8_e5m2", times scale, in compute_dtype.
/// python: quantize_and_dequantize
Tensor quantize_and_dequantize(const Operand& inputs, const Operand& scale, const std::string& quantized_dtype, DType compute_dtype);

/// Two numbers of 4 bits a byte: of each pair along `axis` the first in the low half. An odd axis is padded with 0.
Tensor pack_int4(const Tensor& arr, int64_t axis = 0, DType dtype = int8);
/// The first orig_len numbers of 4 bits along `axis`; signed for int8, from 0 to 15 for uint8.
/// python: unpack_int4
Tensor unpack_int4(const Tensor& packed, int64_t orig_len, int64_t axis = 0, DType dtype = int8);

}  // namespace runnel::inline v0::keras::quantizers
