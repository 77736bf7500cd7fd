// The element types without kernels of their own: integers and complex numbers by plain loops, halves through float.
#include <vector>

#include "runnel/runtime/cpu/convert.h"
#include "runnel/runtime/cpu/gemm_plain.h"

namespace runnel::inline v0::cpu {
namespace {

// A dense float copy of a (rows, columns) matrix.
template <class T>
std::vector<float> to_float(const T* matrix, int64_t rows, int64_t columns, int64_t ld) {
  std::vector<float> out(size_t(rows * columns));
  if (ld == columns) {
    convert(matrix, out.data(), rows * columns);
    return out;
  }
  for (int64_t i = 0; i < rows; ++i) convert(matrix + i * ld, out.data() + i * columns, columns);
  return out;
}

template <class T>
void gemm_through_float(const Gemm<T>& g) {
  std::vector<float> a = g.transpose_a ? to_float(g.a, g.k, g.m, g.lda) : to_float(g.a, g.m, g.k, g.lda);
  std::vector<float> b = g.transpose_b ? to_float(g.b, g.n, g.k, g.ldb) : to_float(g.b, g.k, g.n, g.ldb);
  std::vector<float> c = g.accumulate ? to_float(g.c, g.m, g.n, g.ldc) : std::vector<float>(size_t(g.m * g.n));
  std::vector<float> bias;
  if (g.epilogue.bias) bias = to_float(g.epilogue.bias, 1, g.n, g.n);
  gemm({.m = g.m, .n = g.n, .k = g.k, .a = a.data(), .b = b.data(), .c = c.data(), .transpose_a = g.transpose_a,
        .transpose_b = g.transpose_b, .accumulate = g.accumulate,
        .epilogue = {g.epilogue.bias ? bias.data() : nullptr, g.epilogue.activation}});
  if (g.ldc == g.n) return convert(c.data(), g.c, g.m * g.n);
  for (int64_t i = 0; i < g.m; ++i) convert(c.data() + i * g.n, g.c + i * g.ldc, g.n);
}

template <class T>
void half_gemm(const Gemm<T>& args) {
  const Gemm<T> g = with_strides(args);
  parallel_for(g.batch, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      Gemm<T> one = g;
      one.a += i * g.stride_a;
      one.b += i * g.stride_b;
      one.c += i * g.stride_c;
      gemm_through_float(one);
    }
  });
}

}  // namespace

void gemm(const Gemm<half_t>& args) { half_gemm(args); }
void gemm(const Gemm<bfloat16_t>& args) { half_gemm(args); }
void gemm(const Gemm<int8_t>& args) { plain_gemm(args); }
void gemm(const Gemm<int16_t>& args) { plain_gemm(args); }
void gemm(const Gemm<int32_t>& args) { plain_gemm(args); }
void gemm(const Gemm<int64_t>& args) { plain_gemm(args); }
void gemm(const Gemm<uint8_t>& args) { plain_gemm(args); }
void gemm(const Gemm<uint16_t>& args) { plain_gemm(args); }
void gemm(const Gemm<uint32_t>& args) { plain_gemm(args); }
void gemm(const Gemm<uint64_t>& args) { plain_gemm(args); }
void gemm(const Gemm<std::complex<float>>& args) { plain_gemm(args); }
void gemm(const Gemm<std::complex<double>>& args) { plain_gemm(args); }

}  // namespace runnel::inline v0::cpu
