#include "runnel/summary/encodings.h"

#include <cmath>

#include "runnel/base/error.h"
#include "runnel/ops/array.h"
#include "runnel/ops/audio.h"
#include "runnel/ops/debugging.h"
#include "runnel/ops/image.h"
#include "runnel/ops/math.h"
#include "runnel/ops/printing.h"

namespace runnel::inline v0::summary {

namespace {

Tensor ints(std::vector<int32_t> values) { return Tensor::from(values); }

// x[:most] of a tensor of that rank.
Tensor first(const Tensor& x, size_t rank, const Tensor& most) {
  debugging::assert_non_negative(most);
  Tensor count = minimum(cast(most, int32), slice(shape(x), {0}, {1}));
  return slice(x, std::vector<int64_t>(rank, 0), concat({reshape(count, {1}), ints(std::vector<int32_t>(rank - 1, -1))}, 0));
}

double largest(DType dtype) { return dtype.is_signed_integer() ? std::exp2(8 * dtype.size() - 1) - 1 : std::exp2(8 * dtype.size()) - 1; }

// tf.image.convert_image_dtype(x, uint8, saturate=True): floats from [0, 1], integers from their positive range.
Tensor to_bytes(const Tensor& x) {
  const DType dtype = x.dtype();
  if (dtype == uint8) return x;
  if (dtype.is_floating()) return saturate_cast(multiply(x, 255.5), uint8);
  if (!dtype.is_integer()) fail<AttributeError>("", "image dtype must be either floating point or integer");
  if (dtype == int8) return multiply(saturate_cast(x, uint8), 2);
  return saturate_cast(floordiv(x, int64_t(std::exp2(std::log2(largest(dtype) + 1) - 8))), uint8);
}

Tensor as_text(const Tensor& number) { return reshape(strings::format("{}", {number}), {1}); }

}  // namespace

Tensor encoded_images(const Tensor& images, const Tensor& max_outputs) {
  debugging::assert_rank(images, 4);
  Tensor sizes = shape(images);
  Tensor width = reshape(slice(sizes, {2}, {1}), Shape{}), height = reshape(slice(sizes, {1}, {1}), Shape{});
  return concat({as_text(width), as_text(height), image::encode_png(first(to_bytes(images), 4, max_outputs))}, 0);
}

Tensor encoded_clips(const Tensor& clips, const Tensor& sample_rate, const Tensor& max_outputs) {
  debugging::assert_rank(clips, 3);
  Tensor files = audio::encode_wavs(first(clips, 3, max_outputs), sample_rate);
  return stack({files, zeros_like(files)}, 1);
}

}  // namespace runnel::inline v0::summary
