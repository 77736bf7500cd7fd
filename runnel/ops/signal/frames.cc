// Frames and windows, composed of other operators.
#include <numbers>

#include "runnel/base/error.h"
#include "runnel/ops/array.h"
#include "runnel/ops/math.h"
#include "runnel/ops/signal.h"

namespace runnel::inline v0::signal {

namespace {

Tensor as_int(const Operand& x) { return cast(x.tensor(), int32); }
Tensor size_of(const Tensor& x, int axis) {
  int64_t known = x.partial_shape()[axis];
  return known >= 0 ? Tensor::scalar(int32_t(known)) : gather(shape(x), axis, 0);
}

// a - b cos(2 pi n / period); as in TensorFlow, only an even length is periodic
Tensor cosine_window(const Operand& window_length, bool periodic, DType dtype, double a, double b) {
  Tensor length = as_int(window_length);
  Tensor period = cast(periodic ? length - length % 2 : length - 1, dtype), n = cast(range(length), dtype);
  Tensor window = a - b * cos((2 * std::numbers::pi) * n / maximum(period, 1.0));
  return where(equal(length, 1), ones_like(window), window);
}

}  // namespace

Tensor frame(const Tensor& signal, const Operand& frame_length, const Operand& frame_step, bool pad_end, const Operand& pad_value, int64_t axis) {
  if (!signal.partial_shape().has_rank()) fail<ValueError>("frame", "the rank must be known");
  int rank = signal.partial_shape().rank(), place = normalize_axis(axis, rank, "frame");
  Tensor length = as_int(frame_length), step = as_int(frame_step), total = size_of(signal, place), x = signal, count;
  if (pad_end) {
    count = floordiv(total + step - 1, step);
    Tensor missing = maximum((count - 1) * step + length - total, 0);
    Tensor widths = concat({zeros({place, 2}, int32), expand_dims(stack({Tensor::scalar(int32_t(0)), missing}), 0), zeros({rank - place - 1, 2}, int32)}, 0);
    x = pad(x, widths, "CONSTANT", pad_value.tensor(signal.dtype()));
  } else {
    count = maximum(floordiv(total - length, step) + 1, 0);
  }
  Tensor places = expand_dims(range(count) * step, 1) + expand_dims(range(length), 0);
  return gather(x, places, int64_t(place));
}

// Every sample of every frame goes to its place: a sum over segments.
Tensor overlap_and_add(const Tensor& signal, const Operand& frame_step) {
  if (!signal.partial_shape().has_rank() || signal.partial_shape().rank() < 2)
    fail<ValueError>("overlap_and_add", "signal must have rank >= 2", {.got = to_text(signal.partial_shape())});
  int rank = signal.partial_shape().rank();
  Tensor frames = size_of(signal, rank - 2), length = size_of(signal, rank - 1), step = as_int(frame_step);
  Tensor total = (frames - 1) * step + length;
  Tensor places = reshape(expand_dims(range(frames) * step, 1) + expand_dims(range(length), 0), {-1});
  Tensor rows = transpose(reshape(signal, stack({Tensor::scalar(int32_t(-1)), frames * length})));
  Tensor sums = transpose(unsorted_segment_sum(rows, places, total));
  return reshape(sums, concat({slice(shape(signal), {0}, {rank - 2}), expand_dims(total, 0)}, 0));
}

Tensor hann_window(const Operand& window_length, bool periodic, DType dtype) { return cosine_window(window_length, periodic, dtype, 0.5, 0.5); }
Tensor hamming_window(const Operand& window_length, bool periodic, DType dtype) { return cosine_window(window_length, periodic, dtype, 0.54, 0.46); }

}  // namespace runnel::inline v0::signal
