// Kernels over rows, run over whole matrices in parallel; halves go through float, a row at a time.
#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <vector>

#include "runnel/base/error.h"
#include "runnel/runtime/cpu/isa.h"
#include "runnel/runtime/cpu/reduce.h"
#include "runnel/runtime/cpu/row_table.h"
#include "runnel/runtime/thread_pool.h"

namespace runnel::inline v0::cpu {

RUNNEL_ISA_TABLE(RowTable, row_table)

namespace {

constexpr int64_t kGrain = 16384;  // elements a task

/// Rows of one type as rows of float or double: in place, or converted for halves.
template <class T>
class RowReader {
 public:
  RowReader(DType type, int64_t n) : size_(type.size()), n_(n), half_(type == bfloat16) {
    if (size_ == 2) buffer_.resize(size_t(n));
  }
  const T* row(const void* x, int64_t r) {
    const char* from = static_cast<const char*>(x) + r * n_ * size_;
    if (size_ != 2) return reinterpret_cast<const T*>(from);
    if constexpr (sizeof(T) == 4) row_table().widen[half_](from, buffer_.data(), n_);
    return buffer_.data();
  }

 private:
  int size_;
  int64_t n_;
  int half_;
  std::vector<T> buffer_;
};
template <class T>
class RowWriter {
 public:
  RowWriter(DType type, int64_t n) : size_(type.size()), n_(n), half_(type == bfloat16) {
    if (size_ == 2) buffer_.resize(size_t(n));
  }
  /// Where to write row r; done() brings it to y.
  T* row(void* y, int64_t r) {
    to_ = static_cast<char*>(y) + r * n_ * size_;
    return size_ == 2 ? buffer_.data() : reinterpret_cast<T*>(to_);
  }
  void done() {
    if constexpr (sizeof(T) == 4)
      if (size_ == 2) row_table().narrow[half_](buffer_.data(), to_, n_);
  }

 private:
  int size_;
  int64_t n_;
  int half_;
  char* to_ = nullptr;
  std::vector<T> buffer_;
};

/// Calls body(kernels, T(), begin, end) for ranges of rows, with T = double or float.
template <class Body>
void each_range(DType type, int64_t rows, int64_t cols, Body body) {
  RUNNEL_ASSERT(type.is_floating());
  parallel_for(rows, std::max<int64_t>(1, kGrain / std::max<int64_t>(1, cols)), [&](int64_t begin, int64_t end) {
    if (type == float64) body(row_table().f64, double(), begin, end);
    else body(row_table().f32, float(), begin, end);
  });
}

/// y[r, :] = kernel(x[r, :]).
template <class Pick>
void map_rows(DType type, const void* x, int64_t rows, int64_t cols, void* y, Pick pick) {
  each_range(type, rows, cols, [&](const auto& kernels, auto zero, int64_t begin, int64_t end) {
    RowReader<decltype(zero)> in(type, cols);
    RowWriter<decltype(zero)> out(type, cols);
    for (int64_t r = begin; r < end; ++r) {
      pick(kernels)(in.row(x, r), cols, out.row(y, r));
      out.done();
    }
  });
}

int64_t label_at(DType type, const void* labels, int64_t row) {
  return type == int32 ? static_cast<const int32_t*>(labels)[row] : static_cast<const int64_t*>(labels)[row];
}

}  // namespace

void softmax(DType type, const void* x, int64_t rows, int64_t cols, void* y) {
  each_range(type, rows, cols, [&](const auto& kernels, auto zero, int64_t begin, int64_t end) {
    using T = decltype(zero);
    if (type.size() == sizeof(T)) return kernels.softmax(static_cast<const T*>(x) + begin * cols, end - begin, cols, static_cast<T*>(y) + begin * cols);
    RowReader<T> in(type, cols);
    RowWriter<T> out(type, cols);
    for (int64_t r = begin; r < end; ++r) {
      kernels.softmax(in.row(x, r), 1, cols, out.row(y, r));
      out.done();
    }
  });
}
void log_softmax(DType type, const void* x, int64_t rows, int64_t cols, void* y) {
  map_rows(type, x, rows, cols, y, [](const auto& kernels) { return kernels.log_softmax; });
}

void softmax_grad(DType type, const void* dy, const void* y, int64_t rows, int64_t cols, void* dx) {
  each_range(type, rows, cols, [&](const auto& kernels, auto zero, int64_t begin, int64_t end) {
    RowReader<decltype(zero)> dy_rows(type, cols), y_rows(type, cols);
    RowWriter<decltype(zero)> out(type, cols);
    for (int64_t r = begin; r < end; ++r) {
      kernels.softmax_grad(dy_rows.row(dy, r), y_rows.row(y, r), cols, out.row(dx, r));
      out.done();
    }
  });
}

void log_sum_exp(DType type, const void* x, int64_t rows, int64_t cols, void* y) {
  each_range(type, rows, cols, [&](const auto& kernels, auto zero, int64_t begin, int64_t end) {
    RowReader<decltype(zero)> in(type, cols);
    RowWriter<decltype(zero)> out(type, 1);
    for (int64_t r = begin; r < end; ++r) {
      *out.row(y, r) = kernels.log_sum_exp(in.row(x, r), cols);
      out.done();
    }
  });
}

void row_moments(DType type, const void* x, int64_t rows, int64_t cols, void* mean, void* variance) {
  each_range(type, rows, cols, [&](const auto& kernels, auto zero, int64_t begin, int64_t end) {
    using T = decltype(zero);
    RowReader<T> in(type, cols);
    for (int64_t r = begin; r < end; ++r)
      kernels.moments(in.row(x, r), cols, static_cast<T*>(mean) + r, static_cast<T*>(variance) + r);
  });
}

void layer_norm(DType type, const void* x, int64_t rows, int64_t cols, const void* gamma, const void* beta,
                double epsilon, void* y, void* mean, void* variance) {
  each_range(type, rows, cols, [&](const auto& kernels, auto zero, int64_t begin, int64_t end) {
    using T = decltype(zero);
    RowReader<T> in(type, cols), gamma_row(type, cols), beta_row(type, cols);
    RowWriter<T> out(type, cols);
    const T* g = gamma ? gamma_row.row(gamma, 0) : nullptr;
    const T* b = beta ? beta_row.row(beta, 0) : nullptr;
    for (int64_t r = begin; r < end; ++r) {
      const T* row = in.row(x, r);
      T m, v;
      kernels.moments(row, cols, &m, &v);
      kernels.normalize(row, cols, m, T(1 / std::sqrt(double(v) + epsilon)), g, b, out.row(y, r));
      out.done();
      if (mean) static_cast<T*>(mean)[r] = m;
      if (variance) static_cast<T*>(variance)[r] = v;
    }
  });
}

void softmax_cross_entropy(DType type, const void* logits, const void* labels, int64_t rows, int64_t cols, void* loss,
                           void* gradient) {
  each_range(type, rows, cols, [&](const auto& kernels, auto zero, int64_t begin, int64_t end) {
    using T = decltype(zero);
    RowReader<T> logit_rows(type, cols), label_rows(type, cols);
    RowWriter<T> loss_out(type, 1), gradient_out(type, cols);
    for (int64_t r = begin; r < end; ++r) {
      T* g = gradient ? gradient_out.row(gradient, r) : nullptr;
      *loss_out.row(loss, r) = kernels.cross_entropy(logit_rows.row(logits, r), label_rows.row(labels, r), cols, g);
      loss_out.done();
      if (gradient) gradient_out.done();
    }
  });
}

int64_t sparse_softmax_cross_entropy(DType type, const void* logits, DType label_type, const void* labels, int64_t rows,
                                     int64_t cols, void* loss, void* gradient) {
  int64_t bad = -1;
  for (int64_t r = rows - 1; r >= 0; --r) {
    int64_t label = label_at(label_type, labels, r);
    if (label < 0 || label >= cols) bad = r;
  }
  each_range(type, rows, cols, [&](const auto& kernels, auto zero, int64_t begin, int64_t end) {
    using T = decltype(zero);
    RowReader<T> in(type, cols);
    RowWriter<T> loss_out(type, 1), gradient_out(type, cols);
    for (int64_t r = begin; r < end; ++r) {
      int64_t label = label_at(label_type, labels, r);
      T* g = gradient ? gradient_out.row(gradient, r) : nullptr;
      T* l = loss_out.row(loss, r);
      if (label < 0 || label >= cols) {
        *l = std::numeric_limits<T>::quiet_NaN();
        if (g) std::fill_n(g, cols, *l);
      } else {
        *l = kernels.sparse_cross_entropy(in.row(logits, r), label, cols, g);
      }
      loss_out.done();
      if (gradient) gradient_out.done();
    }
  });
  return bad;
}

}  // namespace runnel::inline v0::cpu
