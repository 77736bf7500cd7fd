// Fourier transforms. Powers of two by Cooley and Tukey, other sizes as a convolution of such a size (Bluestein, 1970); all in
// double precision.
#include <algorithm>
#include <bit>
#include <cmath>
#include <numbers>

#include "runnel/op/gradient_context.h"
#include "runnel/op/types.h"
#include "runnel/ops/array.h"
#include "runnel/ops/math.h"
#include "runnel/ops/signal.h"
#include "runnel/runtime/thread_pool.h"

namespace runnel::inline v0 {

namespace {

using Number = complex128_t;
using Numbers = std::vector<Number>;

Number unit(double turns) { return std::polar(1.0, 2 * std::numbers::pi * turns); }

// x, of size 2^k, in the order of reversed bits.
void reverse_bits(Numbers& x) {
  size_t n = x.size();
  for (size_t i = 1, j = 0; i < n; ++i) {
    size_t bit = n >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) std::swap(x[i], x[j]);
  }
}

class PowerOfTwo {
 public:
  explicit PowerOfTwo(size_t n) : n_(n) {
    for (size_t i = 0; i < n / 2; ++i) roots_.push_back(unit(-double(i) / double(n)));
  }
  void run(Numbers& x) const {
    reverse_bits(x);
    for (size_t half = 1; half < n_; half *= 2)
      for (size_t begin = 0; begin < n_; begin += 2 * half)
        for (size_t i = 0; i < half; ++i) {
          Number a = x[begin + i], b = x[begin + i + half] * roots_[i * (n_ / (2 * half))];
          x[begin + i] = a + b;
          x[begin + i + half] = a - b;
        }
  }

 private:
  size_t n_;
  Numbers roots_;
};

// The transform of one size, again and again.
class Transform {
 public:
  explicit Transform(size_t n) : n_(n), power_(std::has_single_bit(n) ? n : std::bit_ceil(2 * n - 1)) {
    if (std::has_single_bit(n)) return;
    for (size_t i = 0; i < n; ++i) chirp_.push_back(unit(-double((i * i) % (2 * n)) / double(2 * n)));
    filter_.assign(std::bit_ceil(2 * n - 1), 0.0);
    for (size_t i = 0; i < n; ++i) filter_[i] = filter_[(filter_.size() - i) % filter_.size()] = std::conj(chirp_[i]);
    power_.run(filter_);
  }
  void run(Numbers& x) const {
    if (chirp_.empty()) return power_.run(x);
    Numbers wide(filter_.size());
    for (size_t i = 0; i < n_; ++i) wide[i] = x[i] * chirp_[i];
    power_.run(wide);
    for (size_t i = 0; i < wide.size(); ++i) wide[i] = std::conj(wide[i] * filter_[i]);
    power_.run(wide);  // of the conjugates: the inverse, conjugated
    for (size_t i = 0; i < n_; ++i) x[i] = std::conj(wide[i]) / double(wide.size()) * chirp_[i];
  }

 private:
  size_t n_;
  PowerOfTwo power_;
  Numbers chirp_, filter_;
};

// Transforms `count` rows of n numbers, `stride` apart, of a block of memory; row r begins at starts(r).
template <class T, class Starts>
void transform_rows(T* data, int64_t count, int64_t n, int64_t stride, bool inverse, Starts starts) {
  Transform transform(static_cast<size_t>(n));
  parallel_for(count, std::max<int64_t>(1, 8192 / n), [&](int64_t begin, int64_t end) {
    Numbers row(static_cast<size_t>(n));
    for (int64_t r = begin; r < end; ++r) {
      T* x = data + starts(r);
      for (int64_t i = 0; i < n; ++i) row[size_t(i)] = inverse ? std::conj(Number(x[i * stride])) : Number(x[i * stride]);
      transform.run(row);
      for (int64_t i = 0; i < n; ++i) x[i * stride] = T(inverse ? std::conj(row[size_t(i)]) / double(n) : row[size_t(i)]);
    }
  });
}

template <int axes, bool inverse>
void fft_kernel(OpContext& c) {
  const Tensor& x = c.input(0);
  Tensor& out = c.output();
  if (x.num_elements() == 0) return;
  dispatch<Complex>(x.dtype(), c.op().name(), [&]<class T>() {
    T* y = out.mutable_data<T>();
    std::copy_n(x.data<T>(), x.num_elements(), y);
    int64_t columns = x.dim(-1);
    transform_rows(y, x.num_elements() / columns, columns, 1, inverse, [=](int64_t r) { return r * columns; });
    if constexpr (axes == 2) {
      int64_t rows = x.dim(-2);
      transform_rows(y, x.num_elements() / rows, rows, columns, inverse, [=](int64_t r) { return r / columns * rows * columns + r % columns; });
    }
  });
}

template <int axes>
void fft_shape(ShapeContext& c) {
  c.set_output(0, c.with_rank_at_least(0, axes));
}

// The number of elements that a transform sums over, as a complex number.
Tensor size_over(const Tensor& x, int axes) {
  Tensor sizes = shape(x);
  int rank = x.partial_shape().rank();
  return cast(reduce_prod(slice(sizes, {rank - axes}, {axes})), x.dtype());
}

// The adjoint of a transform is its inverse, times the size.
template <int axes>
std::vector<Tensor> fft_gradient(const GradientContext& c) {
  return {(axes == 1 ? signal::ifft : signal::ifft2d)(c.grad()) * size_over(c.grad(), axes)};
}
template <int axes>
std::vector<Tensor> ifft_gradient(const GradientContext& c) {
  return {(axes == 1 ? signal::fft : signal::fft2d)(c.grad()) / size_over(c.grad(), axes)};
}

#define TCOMPLEX "Tcomplex: {complex64, complex128} = complex64"
constexpr OpDef kOps[] = {
    {.name = "FFT", .signature = "input: Tcomplex -> output: Tcomplex", .attrs = TCOMPLEX, .shape = fft_shape<1>, .gradient = fft_gradient<1>, .kernel = fft_kernel<1, false>},
    {.name = "IFFT", .signature = "input: Tcomplex -> output: Tcomplex", .attrs = TCOMPLEX, .shape = fft_shape<1>, .gradient = ifft_gradient<1>, .kernel = fft_kernel<1, true>},
    {.name = "FFT2D", .signature = "input: Tcomplex -> output: Tcomplex", .attrs = TCOMPLEX, .shape = fft_shape<2>, .gradient = fft_gradient<2>, .kernel = fft_kernel<2, false>},
    {.name = "IFFT2D", .signature = "input: Tcomplex -> output: Tcomplex", .attrs = TCOMPLEX, .shape = fft_shape<2>, .gradient = ifft_gradient<2>, .kernel = fft_kernel<2, true>},
};

}  // namespace
RUNNEL_OPS(signal_fft, kOps)

namespace signal {

Tensor fft(const Tensor& input) { return run(get_op("FFT"), {input}); }
Tensor ifft(const Tensor& input) { return run(get_op("IFFT"), {input}); }
Tensor fft2d(const Tensor& input) { return run(get_op("FFT2D"), {input}); }
Tensor ifft2d(const Tensor& input) { return run(get_op("IFFT2D"), {input}); }

namespace {

int rank_of(const Tensor& x, const char* where) {
  if (!x.partial_shape().has_rank()) fail<ValueError>(where, "the rank must be known");
  return x.partial_shape().rank();
}

Tensor last_size(const Tensor& x) {
  int64_t known = x.partial_shape().dim(-1);
  return known >= 0 ? Tensor::scalar(int32_t(known)) : gather(shape(x), x.partial_shape().rank() - 1, 0);
}

// The last axis cut, or filled up with zeros, to a length.
Tensor sized(const Tensor& x, const Tensor& length) {
  int rank = rank_of(x, "fft");
  Tensor missing = maximum(length - last_size(x), 0), none = zeros({rank - 1, 2}, int32);
  Tensor wide = pad(x, concat({none, expand_dims(stack({Tensor::scalar(0), missing}), 0)}, 0));
  Tensor sizes = concat({fill({rank - 1}, -1), expand_dims(length, 0)}, 0);
  return slice(wide, Dims(rank, 0), sizes);
}

Tensor length_of(const Ints& given, const Tensor& otherwise) {
  return given.is_set() ? reshape(cast(given.tensor(), int32), Dims()) : otherwise;
}

DType complex_of(DType dtype) { return dtype == float64 ? complex128 : complex64; }

}  // namespace

Tensor rfft(const Tensor& input_tensor, const Ints& fft_length) {
  Tensor length = length_of(fft_length, last_size(input_tensor)), x = sized(input_tensor, length);
  return sized(fft(cast(x, complex_of(x.dtype()))), floordiv(length, 2) + 1);
}

// The missing half of the spectrum is the conjugate of the other, turned round.
Tensor irfft(const Tensor& input_tensor, const Ints& fft_length) {
  Tensor length = length_of(fft_length, (last_size(input_tensor) - 1) * 2), half = sized(input_tensor, floordiv(length, 2) + 1);
  int rank = rank_of(half, "irfft");
  Tensor mirrored = conj(reverse(half, {rank - 1}));
  Tensor begin = where(equal(mod(length, 2), 0), Tensor::scalar(int32_t(1)), Tensor::scalar(int32_t(0)));
  Tensor begins = concat({zeros({rank - 1}, int32), expand_dims(begin, 0)}, 0);
  Tensor count = length - floordiv(length, 2) - 1;
  Tensor rest = slice(mirrored, begins, concat({fill({rank - 1}, -1), expand_dims(count, 0)}, 0));
  return real(ifft(concat({half, rest}, rank - 1)));
}

}  // namespace signal

}  // namespace runnel::inline v0
