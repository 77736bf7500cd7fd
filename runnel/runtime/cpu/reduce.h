// Reductions over any set of axes, and fused kernels over rows. Knows pointers and extents, no Tensor.
//
//   ReduceKernel sum = reduction("Sum", float32);
//   run_reduction(sum, x, {2, 3, 4}, {1}, y);      // y: (2, 4)
//
// Work is cut by size, never by the number of threads, so the bits do not depend on it. float16 and bfloat16 accumulate
// in float and round once. NaN goes through Max, Min, ArgMax and ArgMin as TensorFlow's kernels let it. An empty
// reduction gives the identity: 0, 1, the lowest or the highest value (infinities for floats), NaN for Mean.
#pragma once

#include <span>
#include <string_view>

#include "runnel/base/function_ref.h"
#include "runnel/core/dtype.h"
#include "runnel/runtime/cpu/reduce_table.h"

namespace runnel::inline v0::cpu {

using Extents = std::span<const int64_t>;

struct ReduceKernel {
  const ReduceRow* row = nullptr;
  DType type;  ///< Of input and output.
  explicit operator bool() const { return row != nullptr; }
};

/// Sum, Mean, Prod, Max, Min (numbers), Any, All (bool), EuclideanNorm, and for floats SumSquares (L2Loss's part),
/// SumAbs. False as a condition where there is none.
ReduceKernel reduction(std::string_view op, DType type);

/// Reduces x over `axes` (in [0, rank), each at most once, in any order). y gets the kept dimensions, in order.
void run_reduction(const ReduceKernel& kernel, const void* x, Extents dims, std::span<const int> axes, void* y);

/// An x that is computed while it is reduced: n elements from `offset` on, n at most kSourceBlock. Threads call it at once.
constexpr int64_t kSourceBlock = 1024;
using ReduceSource = function_ref<const void*(int64_t offset, int64_t n)>;
/// The same bits as from an x in memory. False, with nothing done, where the innermost dimension is not reduced.
bool run_reduction(const ReduceKernel& kernel, ReduceSource x, Extents dims, std::span<const int> axes, void* y);

/// Position of the largest (smallest) element along the middle dimension of (outer, count, inner); the first of equals.
/// NaN never wins against a number, as in TensorFlow. out_type: int16, uint16, int32 or int64. count >= 1.
void arg_extreme(bool largest, DType type, const void* x, int64_t outer, int64_t count, int64_t inner, DType out_type,
                 void* y);

/// Cumulative sum, product ("Cumsum", "Cumprod") or log-sum-exp ("CumulativeLogsumexp") along the middle dimension of
/// (outer, count, inner). False where the type has no such kernel.
bool run_scan(std::string_view op, DType type, const void* x, int64_t outer, int64_t count, int64_t inner,
              bool exclusive, bool reverse, void* y);

// --- rows: x is (rows, cols), all four floating types ------------------------------------------------------------------

void softmax(DType type, const void* x, int64_t rows, int64_t cols, void* y);
void log_softmax(DType type, const void* x, int64_t rows, int64_t cols, void* y);
/// dx = (dy - sum(dy * y)) * y, with y the softmax.
void softmax_grad(DType type, const void* dy, const void* y, int64_t rows, int64_t cols, void* dx);
/// y[r] = log(sum(exp(x[r, :]))), without overflow.
void log_sum_exp(DType type, const void* x, int64_t rows, int64_t cols, void* y);
/// Mean and (population) variance of each row, in two passes. Outputs are float for halves, else of x's type.
void row_moments(DType type, const void* x, int64_t rows, int64_t cols, void* mean, void* variance);
/// y = (x - mean) * rsqrt(variance + epsilon) * gamma + beta per row; gamma and beta (cols) may be null. mean and
/// variance as in row_moments; either may be null when they are not wanted.
void layer_norm(DType type, const void* x, int64_t rows, int64_t cols, const void* gamma, const void* beta,
                double epsilon, void* y, void* mean, void* variance);
/// loss[r] = -sum(labels * log_softmax(logits)), gradient = softmax(logits) - labels, both in one pass over the row.
void softmax_cross_entropy(DType type, const void* logits, const void* labels, int64_t rows, int64_t cols, void* loss,
                           void* gradient);
/// The same with one class number a row. A label outside [0, cols) gives NaN, and
/// the first such row is returned (TensorFlow refuses it on the CPU); -1 when all are inside.
int64_t sparse_softmax_cross_entropy(DType type, const void* logits, DType label_type, const void* labels, int64_t rows,
                                     int64_t cols, void* loss, void* gradient);

}  // namespace runnel::inline v0::cpu
