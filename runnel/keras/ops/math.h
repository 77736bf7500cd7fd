// keras.ops: segments, Fourier transforms, special functions.
// python module: keras.ops
#pragma once

#include <string>

#include "runnel/op/operand.h"
#include "runnel/op/results.h"

namespace runnel::inline v0::keras::ops {

/// Euclidean distances of the rows of x (..., m, size) and y (..., n, size): (..., m, n).
/// python: cdist
Tensor cdist(const Operand& x, const Operand& y);
/// The error function.
/// python: erf
Tensor erf(const Operand& x);
/// 1 - erf(x).
/// python: erfc
Tensor erfc(const Operand& x);
/// The inverse of erf.
/// python: erfinv
Tensor erfinv(const Operand& x);
/// Pieces of the last axis that begin every sequence_stride: (..., pieces, sequence_length).
/// python: extract_sequences
Tensor extract_sequences(const Operand& x, int64_t sequence_length, int64_t sequence_stride);
/// The Fourier transform of (real, imaginary) over the last axis, as such a pair.
/// python: fft
Results fft(const std::vector<Tensor>& x);
/// The transform over the last two axes.
/// python: fft2
Results fft2(const std::vector<Tensor>& x);
/// The inverse of fft2().
/// python: ifft2
Results ifft2(const std::vector<Tensor>& x);
/// The transform of real numbers, the half that says all: (..., fft_length / 2 + 1).
/// python: rfft
Results rfft(const Operand& x, std::optional<int64_t> fft_length = {});
/// The inverse of rfft().
/// python: irfft
Tensor irfft(const std::vector<Tensor>& x, std::optional<int64_t> fft_length = {});
/// True where the target's prediction is among the k largest of its row.
/// python: in_top_k
Tensor in_top_k(const Operand& targets, const Operand& predictions, int64_t k);
/// The short-time Fourier transform: rfft() of windowed sequences. window: "hann", "hamming", None or values.
/// python: stft
Results stft(const Operand& x, int64_t sequence_length, int64_t sequence_stride, int64_t fft_length,
             const std::optional<Operand>& window = "hann", bool center = true);
/// Its inverse.
/// python: istft
Tensor istft(const std::vector<Tensor>& x, int64_t sequence_length, int64_t sequence_stride, int64_t fft_length,
             std::optional<int64_t> length = {}, const std::optional<Operand>& window = "hann", bool center = true);
/// The logarithm of the determinant of positive definite matrices.
/// python: logdet
Tensor logdet(const Operand& x);
/// log(sum(e^x)).
/// python: logsumexp
Tensor logsumexp(const Operand& x, const Axes& axis = {}, bool keepdims = false);
/// 1 / sqrt(x).
/// python: rsqrt
Tensor rsqrt(const Operand& x);
/// The largest (smallest, product, sum) of the rows with each id. `sorted`: the ids rise, and num_segments must not be given.
/// python: segment_max
Tensor segment_max(const Operand& data, const Operand& segment_ids, const std::optional<Operand>& num_segments = {}, bool sorted = false);
/// python: segment_min
Tensor segment_min(const Operand& data, const Operand& segment_ids, const std::optional<Operand>& num_segments = {}, bool sorted = false);
/// python: segment_prod
Tensor segment_prod(const Operand& data, const Operand& segment_ids, const std::optional<Operand>& num_segments = {}, bool sorted = false);
/// python: segment_sum
Tensor segment_sum(const Operand& data, const Operand& segment_ids, const std::optional<Operand>& num_segments = {}, bool sorted = false);
/// The k largest of the last axis, and their places.
/// python: top_k
Results top_k(const Operand& x, int64_t k, bool sorted = true);
/// Pairs of the last axis as complex numbers.
/// python: view_as_complex
Tensor view_as_complex(const Operand& x);
/// Complex numbers as pairs, along a new last axis.
/// python: view_as_real
Tensor view_as_real(const Operand& x);

}  // namespace runnel::inline v0::keras::ops
