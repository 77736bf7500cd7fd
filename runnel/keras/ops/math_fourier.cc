// Fourier transforms of pairs (real, imaginary).
#include "runnel/base/error.h"
#include "runnel/keras/ops/axes.h"
#include "runnel/keras/ops/math.h"
#include "runnel/keras/ops/promotion.h"
#include "runnel/ops/array.h"
#include "runnel/ops/math.h"
#include "runnel/ops/signal.h"

namespace tf = runnel;

namespace runnel::inline v0::keras::ops {

namespace {

Tensor complex_of(const std::vector<Tensor>& x) {
  const char* wanted = "Input `x` should be a tuple of two tensors - real and imaginary.";
  if (x.size() != 2) fail<ValueError>("", wanted);
  if (!x[0].partial_shape().is_compatible_with(x[1].partial_shape()))
    fail<ValueError>("", cat(wanted, "Both the real and imaginary parts should have the same shape. Received: x[0].shape = ",
                             to_text(x[0].partial_shape()), ", x[1].shape = ", to_text(x[1].partial_shape())));
  for (const Tensor& part : x)
    if (!part.dtype().is_floating()) fail<ValueError>("", cat("At least one tensor in input `x` is not of type float. Received: ", part.dtype().name()));
  return tf::complex(x[0], x[1]);
}
Results parts_of(const Tensor& x) { return {{tf::real(x), tf::imag(x)}}; }

Ints length_of(std::optional<int64_t> length) { return length ? Ints{*length} : Ints(); }

// The window, filled up with zeros on both sides to fft_length; nothing where there is none.
std::optional<Tensor> window_of(const std::optional<Operand>& window, int64_t sequence_length, int64_t fft_length, DType dtype) {
  if (!window) return std::nullopt;
  Tensor values = to_tensor(*window);
  if (values.dtype() == string) {
    const std::string& name = *values.data<std::string>();
    if (name != "hann" && name != "hamming")
      fail<ValueError>("", cat("If a string is passed to `window`, it must be one of `\"hann\"`, `\"hamming\"`. Received: window=", name));
    values = (name == "hann" ? signal::hann_window : signal::hamming_window)(sequence_length, true, dtype);
  }
  if (rank_of(values, "window") != 1 || values.partial_shape()[0] != sequence_length)
    fail<ValueError>("", cat("The shape of `window` must be equal to [sequence_length].Received: window shape=", to_text(values.partial_shape())));
  int64_t left = (fft_length - sequence_length) / 2;
  return tf::pad(to_tensor(values, dtype), {{left, fft_length - sequence_length - left}});
}

Tensor last_axis_padded(const Tensor& x, int64_t width) {
  int rank = rank_of(x, "stft");
  Tensor widths = tf::concat({tf::zeros({rank - 1, 2}, int32), tf::expand_dims(vector({width, width}), 0)}, 0);
  return tf::pad(x, widths, "REFLECT");
}

// The window that undoes `forward` where its frames overlap: divided by the sum of the squares that meet at each sample.
Tensor inverse_window(const Tensor& forward, int64_t length, int64_t step) {
  int64_t overlaps = (length + step - 1) / step;
  Tensor squares = tf::pad(tf::square(forward), {{0, overlaps * step - length}});
  Tensor sums = tf::tile(tf::reduce_sum(tf::reshape(squares, {overlaps, step}), 0, true), {overlaps, 1});
  return forward / without_last(tf::reshape(sums, {-1}), 0, overlaps * step - length);
}

}  // namespace

Results fft(const std::vector<Tensor>& x) { return parts_of(signal::fft(complex_of(x))); }
Results fft2(const std::vector<Tensor>& x) { return parts_of(signal::fft2d(complex_of(x))); }
Results ifft2(const std::vector<Tensor>& x) { return parts_of(signal::ifft2d(complex_of(x))); }
Results rfft(const Operand& x, std::optional<int64_t> fft_length) { return parts_of(signal::rfft(to_tensor(x), length_of(fft_length))); }
Tensor irfft(const std::vector<Tensor>& x, std::optional<int64_t> fft_length) { return signal::irfft(complex_of(x), length_of(fft_length)); }

Results stft(const Operand& x, int64_t sequence_length, int64_t sequence_stride, int64_t fft_length, const std::optional<Operand>& window,
             bool center) {
  Tensor t = to_tensor(x);
  if (t.dtype() != float32 && t.dtype() != float64)
    fail<TypeError>("", cat("Invalid input type. Expected `float32` or `float64`. Received: input type=", t.dtype().name()));
  if (fft_length < sequence_length)
    fail<ValueError>("", cat("`fft_length` must equal or larger than `sequence_length`. Received: sequence_length=", sequence_length,
                             ", fft_length=", fft_length));
  if (center) t = last_axis_padded(t, fft_length / 2);
  Tensor frames = signal::frame(t, fft_length, sequence_stride);
  if (std::optional<Tensor> shape = window_of(window, sequence_length, fft_length, t.dtype())) frames = frames * *shape;
  return parts_of(signal::rfft(frames, {fft_length}));
}

Tensor istft(const std::vector<Tensor>& x, int64_t sequence_length, int64_t sequence_stride, int64_t fft_length, std::optional<int64_t> length,
             const std::optional<Operand>& window, bool center) {
  Tensor frames = signal::irfft(complex_of(x), {fft_length});
  if (std::optional<Tensor> shape = window_of(window, sequence_length, fft_length, frames.dtype()))
    frames = frames * inverse_window(*shape, fft_length, sequence_stride);
  Tensor samples = signal::overlap_and_add(frames, sequence_stride);
  int64_t start = center ? fft_length / 2 : 0;
  samples = without_first(samples, -1, start);
  if (!length) return without_last(samples, -1, start);
  Dims begins(rank_of(samples, "istft"), 0), sizes(begins.size(), -1);
  sizes[sizes.size() - 1] = *length;
  return tf::slice(samples, begins, sizes);
}

}  // namespace runnel::inline v0::keras::ops
