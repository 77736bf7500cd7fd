// The kernels over rows, as data. C headers only.
#pragma once

#include <stdint.h>

namespace runnel::inline v0::cpu {

/// One row of n numbers of one type, float or double. Pointers that may be null say so.
template <class T>
struct RowKernels {
  void (*softmax)(const T* x, int64_t rows, int64_t n, T* y);  // of several rows, one behind the other
  void (*log_softmax)(const T* x, int64_t n, T* y);
  void (*softmax_grad)(const T* dy, const T* y, int64_t n, T* dx);
  T (*log_sum_exp)(const T* x, int64_t n);
  void (*moments)(const T* x, int64_t n, T* mean, T* variance);
  /// y = (x - mean) * scale * gamma + beta; gamma and beta may be null.
  void (*normalize)(const T* x, int64_t n, T mean, T scale, const T* gamma, const T* beta, T* y);
  /// The loss of one row; gradient (may be null) = softmax - labels.
  T (*cross_entropy)(const T* logits, const T* labels, int64_t n, T* gradient);
  T (*sparse_cross_entropy)(const T* logits, int64_t label, int64_t n, T* gradient);
};

struct RowTable {
  RowKernels<float> f32;
  RowKernels<double> f64;
  void (*widen[2])(const void* x, float* y, int64_t n);   // float16, bfloat16
  void (*narrow[2])(const float* x, void* y, int64_t n);
};

}  // namespace runnel::inline v0::cpu
