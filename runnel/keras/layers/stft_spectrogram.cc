#include "runnel/keras/layers/stft_spectrogram.h"

#include <algorithm>
#include <bit>

#include "runnel/keras/ops/nn.h"
#include "runnel/keras/settings.h"
#include "runnel/keras/warn.h"
#include "runnel/ops/array.h"
#include "runnel/ops/math.h"

namespace runnel::inline v0::keras {

namespace {

void check_lengths(const STFTSpectrogramOptions& o) {
  if (o.frame_step && (*o.frame_step > o.frame_length || *o.frame_step < 1))
    fail<ValueError>("", cat("`frame_step` should be a positive integer not greater than `frame_length`. Received frame_step=", *o.frame_step,
                             ", frame_length=", int64_t(o.frame_length)));
  if (o.fft_length && *o.fft_length < o.frame_length)
    fail<ValueError>("", cat("`fft_length` should be not less than `frame_length`. Received fft_length=", *o.fft_length, ", frame_length=", int64_t(o.frame_length)));
  if (o.fft_length && !std::has_single_bit(uint64_t(*o.fft_length)))
    warn(cat("`fft_length` is recommended to be a power of two. Received fft_length=", *o.fft_length));
}

void check_words(const STFTSpectrogramOptions& o) {
  constexpr const char* kModes[] = {"log", "magnitude", "psd", "real", "imag", "angle", "stft"};
  if (std::none_of(std::begin(kModes), std::end(kModes), [&](const char* mode) { return o.mode == mode; }))
    fail<ValueError>("", cat("Output mode is invalid, it must be one of log, magnitude, psd, real, imag, angle, stft. Received: mode=", o.mode));
  if (!o.scaling.is_null() && o.scaling != Config("density") && o.scaling != Config("spectrum"))
    fail<ValueError>("", cat("Scaling is invalid, it must be `None`, 'density' or 'spectrum'. Received scaling=", o.scaling.to_json()));
  if (o.padding != "valid" && o.padding != "same") fail<ValueError>("", cat("Padding is invalid, it should be 'valid', 'same'. Received: padding=", o.padding));
}

Tensor size_of(const Tensor& x, int64_t axis) { return gather(shape(x), axis, 0); }

// As the two sides of a band but for the lowest and the highest are alike, their power is that of both.
Tensor density(const Tensor& power) {
  const int64_t inner = power.partial_shape().dim(-1) - 2;
  return power + pad(slice(power, {0, 0, 1}, {-1, -1, inner}), {{0, 0}, {0, 0}, {1, 1}});
}

}  // namespace

STFTSpectrogramBody::STFTSpectrogramBody(const STFTSpectrogramOptions& options) : LayerWith(options) {
  check_lengths(options);
  check_words(options);
  options_.data_format = checked_data_format(options.data_format);
  set_supports_masking(false);
  initializers::STFT({.window = options.window, .scaling = options.scaling});  // tells of a window that is none
}

int64_t STFTSpectrogramBody::fft_length() const { return options_.fft_length.value_or(int64_t(std::bit_ceil(uint64_t(int64_t(options_.frame_length))))); }

void STFTSpectrogramBody::build(const PartialShape& input_shape) {
  check_rank(*this, input_shape, 3);
  auto kernel = [&](const char* name, const char* side) {
    const initializers::STFT values({.side = side, .window = options_.window, .scaling = options_.scaling, .periodic = options_.periodic});
    return add_weight({.name = name, .shape = {options_.frame_length, 1, fft_length() / 2 + 1}, .initializer = values});
  };
  if (options_.mode != "imag") real_kernel_ = kernel("real_kernel", "real");
  if (options_.mode != "real") imag_kernel_ = kernel("imag_kernel", "imag");
}

// signals: (batch * channels, time, 1) -> (batch * channels, frames, bands)
Tensor STFTSpectrogramBody::transformed(const Tensor& signals, const Variable& kernel) const {
  return ops::conv(signals, cast(kernel.value(), signals.dtype()), frame_step(), options_.padding, "channels_last");
}

// (batch * channels, frames, bands) in the order of the axes that was asked for.
Tensor STFTSpectrogramBody::arranged(const Tensor& bands, const Tensor& input) const {
  const bool first = channels_first(options_.data_format);
  const Tensor channels = size_of(input, first ? 1 : 2), frames = size_of(bands, 1), count = size_of(bands, 2), any = Tensor::scalar(int32_t(-1));
  const Tensor split = reshape(bands, stack({any, channels, frames, count}));  // (batch, channels, frames, bands)
  if (options_.expand_dims) return first ? split : transpose(split, {0, 2, 3, 1});
  if (first) return reshape(transpose(split, {0, 1, 3, 2}), stack({any, channels * count, frames}));
  return reshape(transpose(split, {0, 2, 1, 3}), stack({any, frames, channels * count}));
}

Tensor STFTSpectrogramBody::call(const Tensor& input, const CallArgs&) {
  if (input.dtype() != float16 && input.dtype() != float32 && input.dtype() != float64)
    fail<TypeError>("", cat("Invalid input type. Expected `float16`, `float32` or `float64`. Received: input type=", input.dtype().name()));
  const bool first = channels_first(options_.data_format);
  const Tensor by_channel = first ? input : transpose(input, {0, 2, 1});
  const Tensor signals = reshape(by_channel, stack({Tensor::scalar(int32_t(-1)), size_of(by_channel, 2), Tensor::scalar(int32_t(1))}));
  const std::string& mode = options_.mode;
  const Tensor real = real_kernel_ ? transformed(signals, real_kernel_) : Tensor(), imag = imag_kernel_ ? transformed(signals, imag_kernel_) : Tensor();
  if (mode == "real" || mode == "imag") return arranged(real ? real : imag, input);
  if (mode == "angle") return arranged(atan2(imag, real), input);
  if (mode == "stft") return arranged(concat({real, imag}, -1), input);
  const Tensor power = square(real) + square(imag);
  if (mode == "psd") return arranged(density(power), input);
  const Tensor magnitude = arranged(sqrt(maximum(power, config::epsilon())), input);
  return mode == "magnitude" ? magnitude : log(maximum(magnitude, config::epsilon()));
}

RUNNEL_KERAS_CLASS(layers, STFTSpectrogram, STFTSpectrogramBody)

}  // namespace runnel::inline v0::keras
