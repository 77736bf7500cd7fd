// tf.signal: Fourier transforms and what speech and sound need around them.
#pragma once

#include <string>

#include "runnel/op/operand.h"

namespace runnel::inline v0::signal {

/// The discrete Fourier transform over the last axis: y_k = sum_j x_j e^(-2 pi i j k / n). Complex dtypes.
/// python: signal.fft
Tensor fft(const Tensor& input);
/// Its inverse.
/// python: signal.ifft
Tensor ifft(const Tensor& input);
/// The transform over the last two axes.
/// python: signal.fft2d
Tensor fft2d(const Tensor& input);
/// Its inverse.
/// python: signal.ifft2d
Tensor ifft2d(const Tensor& input);
/// The first fft_length / 2 + 1 numbers of the transform of real numbers, which are cut or filled with zeros to fft_length
/// (default: the last axis' size).
/// python: signal.rfft
Tensor rfft(const Tensor& input_tensor, const Ints& fft_length = {});
/// The real numbers behind such a transform.
/// python: signal.irfft
Tensor irfft(const Tensor& input_tensor, const Ints& fft_length = {});

/// Frames of an axis: pieces of frame_length that begin every frame_step; pad_end fills up the last ones with pad_value.
/// (..., samples, ...) -> (..., frames, frame_length, ...)
/// python: signal.frame
Tensor frame(const Tensor& signal, const Operand& frame_length, const Operand& frame_step, bool pad_end = false, const Operand& pad_value = 0,
             int64_t axis = -1);
/// Frames (..., frames, length) added up at their places: (..., (frames - 1) * frame_step + length).
/// python: signal.overlap_and_add
Tensor overlap_and_add(const Tensor& signal, const Operand& frame_step);
/// Hann's window; periodic: the last point, equal to the first, is left out.
/// python: signal.hann_window
Tensor hann_window(const Operand& window_length, bool periodic = true, DType dtype = float32);
/// Hamming's window.
/// python: signal.hamming_window
Tensor hamming_window(const Operand& window_length, bool periodic = true, DType dtype = float32);

}  // namespace runnel::inline v0::signal
