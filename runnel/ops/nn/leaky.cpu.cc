// LeakyRelu and its gradient in vectors; halves have the portable kernels.
#include "runnel/op/op_context.h"
#include "runnel/runtime/cpu/leaky_table.h"
#include "runnel/runtime/thread_pool.h"

namespace runnel::inline v0 {

namespace {

constexpr int64_t kGrain = 16384;  // elements a task

const cpu::LeakyKernels<float>& kernels_of(float) { return cpu::leaky_table().f32; }
const cpu::LeakyKernels<double>& kernels_of(double) { return cpu::leaky_table().f64; }

template <class T>
void leaky(OpContext& c) {
  const Tensor& x = c.input(c.num_inputs() - 1);
  T alpha = T(float(c.attr<double>("alpha")));
  T* y = c.output().template mutable_data<T>();
  parallel_for(x.num_elements(), kGrain, [&](int64_t begin, int64_t end) {
    const T* from = x.data<T>() + begin;
    if (c.num_inputs() == 1) return kernels_of(T()).forward(from, end - begin, alpha, y + begin);
    kernels_of(T()).gradient(c.input(0).data<T>() + begin, from, end - begin, alpha, y + begin);
  });
}
void leaky_kernel(OpContext& c) { c.input(0).dtype() == float64 ? leaky<double>(c) : leaky<float>(c); }

const char* only_full_floats(const OpContext& c) {
  return c.input(0).dtype().size() == 2 ? "halves are computed by the portable kernel" : nullptr;
}

constexpr KernelDef kKernels[] = {{"LeakyRelu", "simd", leaky_kernel, only_full_floats}, {"LeakyReluGrad", "simd", leaky_kernel, only_full_floats}};

}  // namespace
RUNNEL_KERNELS(nn_leaky_cpu, kKernels)

}  // namespace runnel::inline v0
