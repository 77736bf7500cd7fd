// Matrix products on the CPU: everything becomes one call of the packed GEMM, or one per matrix for odd broadcasts.
#include "runnel/ops/linalg/matmul.h"

#include "runnel/op/types.h"
#include "runnel/ops/linalg/epilogue.cpu.h"
#include "runnel/runtime/cpu/gemm.h"
#include "runnel/runtime/thread_pool.h"

namespace runnel::inline v0 {

namespace {

template <class T>
cpu::Gemm<T> gemm_call(const Tensor& a, const Tensor& b, Tensor& out, bool ta, bool tb) {
  cpu::Gemm<T> g;
  g.m = out.dim(-2);
  g.n = out.dim(-1);
  g.k = a.dim(ta ? -2 : -1);
  g.a = a.data<T>();
  g.b = b.data<T>();
  g.c = out.mutable_data<T>();
  g.transpose_a = ta;
  g.transpose_b = tb;
  return g;
}

// For each matrix of the broadcast batch, which matrix of an input with batch shape `in` it uses.
std::vector<int64_t> batch_indices(std::span<const int64_t> in, std::span<const int64_t> out) {
  std::vector<int64_t> indices{0};
  size_t offset = out.size() - in.size();
  for (size_t d = 0; d < out.size(); ++d) {
    int64_t size = d < offset ? 1 : in[d - offset];
    std::vector<int64_t> next;
    next.reserve(indices.size() * size_t(out[d]));
    for (int64_t base : indices)
      for (int64_t i = 0; i < out[d]; ++i) next.push_back(size == 1 ? base * size : base * size + i);
    indices = std::move(next);
  }
  return indices;
}

std::span<const int64_t> batch_dims(const Tensor& t) { return {t.shape().begin(), size_t(t.rank() - 2)}; }

int64_t count(std::span<const int64_t> dims) {
  int64_t n = 1;
  for (int64_t d : dims) n *= d;
  return n;
}

template <class T>
void batch_gemm(const Tensor& a, const Tensor& b, Tensor& out, bool adjoint_a, bool adjoint_b) {
  cpu::Gemm<T> g = gemm_call<T>(a, b, out, adjoint_a, adjoint_b);
  g.conjugate_a = adjoint_a && kIsComplex<T>;
  g.conjugate_b = adjoint_b && kIsComplex<T>;
  int64_t size_a = a.dim(-1) * a.dim(-2), size_b = b.dim(-1) * b.dim(-2), size_c = g.m * g.n;
  int64_t batch = count(batch_dims(out)), batch_a = count(batch_dims(a)), batch_b = count(batch_dims(b));
  if (batch_b == 1 && batch_a == batch && !adjoint_a) {  // the rows of all the left matrices are one tall matrix
    g.m *= batch;
    return cpu::gemm(g);
  }
  if ((batch_a == batch || batch_a == 1) && (batch_b == batch || batch_b == 1)) {
    g.batch = batch;
    g.stride_a = batch_a == 1 ? 0 : size_a;
    g.stride_b = batch_b == 1 ? 0 : size_b;
    g.stride_c = size_c;
    return cpu::gemm(g);
  }
  std::vector<int64_t> at_a = batch_indices(batch_dims(a), batch_dims(out)), at_b = batch_indices(batch_dims(b), batch_dims(out));
  parallel_for(batch, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      cpu::Gemm<T> one = g;
      one.a += at_a[size_t(i)] * size_a;
      one.b += at_b[size_t(i)] * size_b;
      one.c += i * size_c;
      cpu::gemm(one);
    }
  });
}

}  // namespace

void matmul_kernel(OpContext& c) {
  Tensor& out = c.output();
  if (out.num_elements() == 0) return;
  dispatch<Numeric>(out.dtype(), c.op().name(), [&]<class T>() {
    cpu::Gemm<T> g = gemm_call<T>(c.input(0), c.input(1), out, c.bool_attr("transpose_a"), c.bool_attr("transpose_b"));
    g.epilogue = epilogue_of<T>(c);
    cpu::gemm(g);
  });
}

void batch_matmul_kernel(OpContext& c) {
  Tensor& out = c.output();
  if (out.num_elements() == 0) return;
  dispatch<Numeric>(out.dtype(), c.op().name(),
                    [&]<class T>() { batch_gemm<T>(c.input(0), c.input(1), out, c.bool_attr("adj_x"), c.bool_attr("adj_y")); });
}

}  // namespace runnel::inline v0
