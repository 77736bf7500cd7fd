// oneDNN as a peer: convolutions, their gradients, and batches of products. Opened at run time; an empty Work where it is missing.
#pragma once

#include <dlfcn.h>

#include <memory>

#include "measure.h"
#include "runnel/runtime/cpu/conv.h"

#if __has_include(<dnnl.h>)
#include <dnnl.h>
#define RUNNEL_HAS_ONEDNN 1
#endif

namespace bench::onednn {

enum class Product { output, input_gradient, filter_gradient };

#ifdef RUNNEL_HAS_ONEDNN
template <class F>
F* get(const char* name) {
  static void* library = dlopen("libdnnl.so.2", RTLD_NOW | RTLD_LOCAL);
  return library ? reinterpret_cast<F*>(dlsym(library, name)) : nullptr;
}
#define RUNNEL_DNNL(name) get<decltype(name)>(#name)

inline dnnl_engine_t engine() {
  static dnnl_engine_t engine = [] {
    dnnl_engine_t e;
    RUNNEL_DNNL(dnnl_engine_create)(&e, dnnl_cpu, 0);
    return e;
  }();
  return engine;
}

inline dnnl_memory_t memory(const dnnl_memory_desc_t& desc, void* data) {
  dnnl_memory_t m;
  RUNNEL_DNNL(dnnl_memory_create)(&m, &desc, engine(), data);
  return m;
}

/// Memory that stays, filled with ordinary numbers: what is not initialised may be denormal, and slow.
inline dnnl_memory_t filled(const dnnl_memory_desc_t& desc) {
  static std::vector<std::unique_ptr<Values<float>>> kept;
  kept.push_back(std::make_unique<Values<float>>(int64_t(RUNNEL_DNNL(dnnl_memory_desc_get_size)(&desc) / sizeof(float))));
  return memory(desc, kept.back()->data());
}

inline dnnl_memory_desc_t describe(int rank, const dnnl_dims_t& dims, dnnl_format_tag_t tag) {
  dnnl_memory_desc_t desc;
  RUNNEL_DNNL(dnnl_memory_desc_init_by_tag)(&desc, rank, dims, dnnl_f32, tag);
  return desc;
}

inline Work executing(dnnl_primitive_desc_t desc, std::vector<dnnl_exec_arg_t> arguments) {
  dnnl_primitive_t primitive;
  dnnl_stream_t stream;
  RUNNEL_DNNL(dnnl_primitive_create)(&primitive, desc);
  RUNNEL_DNNL(dnnl_stream_create)(&stream, engine(), dnnl_stream_default_flags);
  auto execute = RUNNEL_DNNL(dnnl_primitive_execute);
  auto wait = RUNNEL_DNNL(dnnl_stream_wait);
  return [=] {
    execute(primitive, stream, int(arguments.size()), arguments.data());
    wait(stream);
  };
}

/// Images channels last, as ours; the filter in the layout that oneDNN chooses, where it stays.
inline Work conv(Product product, const runnel::cpu::ConvShape& s, float* x, float* y) {
  if (!RUNNEL_DNNL(dnnl_engine_create)) return nullptr;
  dnnl_dims_t in{s.batch, s.in_channels, s.height.in, s.width.in}, out{s.batch, s.out_channels, s.height.out, s.width.out};
  dnnl_dims_t filter{s.out_channels, s.in_channels, s.height.filter, s.width.filter};
  dnnl_dims_t grouped{s.groups, s.out_channels / s.groups, s.in_channels / s.groups, s.height.filter, s.width.filter};
  dnnl_dims_t strides{s.height.stride, s.width.stride}, pad{s.height.pad, s.width.pad};
  auto after = [](const runnel::cpu::ConvAxis& a) { return (a.out - 1) * a.stride + a.filter - a.in - a.pad; };
  dnnl_dims_t pad_after{after(s.height), after(s.width)};
  const dnnl_memory_desc_t dx = describe(4, in, dnnl_nhwc), dy = describe(4, out, dnnl_nhwc);
  const dnnl_memory_desc_t df = s.groups == 1 ? describe(4, filter, dnnl_format_tag_any) : describe(5, grouped, dnnl_format_tag_any);
  dnnl_convolution_desc_t forward, op;
  RUNNEL_DNNL(dnnl_convolution_forward_desc_init)
  (&forward, dnnl_forward_training, dnnl_convolution_direct, &dx, &df, nullptr, &dy, strides, pad, pad_after);
  dnnl_primitive_desc_t hint, desc;
  if (RUNNEL_DNNL(dnnl_primitive_desc_create)(&hint, &forward, nullptr, engine(), nullptr) != dnnl_success) return nullptr;
  auto query = RUNNEL_DNNL(dnnl_primitive_desc_query_md);
  auto create = RUNNEL_DNNL(dnnl_primitive_desc_create);
  if (product == Product::output) {
    const dnnl_memory_desc_t* chosen = query(hint, dnnl_query_weights_md, 0);
    return executing(hint, {{DNNL_ARG_SRC, memory(dx, x)}, {DNNL_ARG_WEIGHTS, filled(*chosen)}, {DNNL_ARG_DST, memory(dy, y)}});
  }
  if (product == Product::input_gradient) {
    RUNNEL_DNNL(dnnl_convolution_backward_data_desc_init)
    (&op, dnnl_convolution_direct, &dx, &df, &dy, strides, pad, pad_after);
    if (create(&desc, &op, nullptr, engine(), hint) != dnnl_success) return nullptr;
    const dnnl_memory_desc_t* chosen = query(desc, dnnl_query_weights_md, 0);
    return executing(desc, {{DNNL_ARG_DIFF_SRC, memory(dx, x)}, {DNNL_ARG_WEIGHTS, filled(*chosen)}, {DNNL_ARG_DIFF_DST, memory(dy, y)}});
  }
  RUNNEL_DNNL(dnnl_convolution_backward_weights_desc_init)
  (&op, dnnl_convolution_direct, &dx, &df, nullptr, &dy, strides, pad, pad_after);
  if (create(&desc, &op, nullptr, engine(), hint) != dnnl_success) return nullptr;
  const dnnl_memory_desc_t* chosen = query(desc, dnnl_query_diff_weights_md, 0);
  return executing(desc, {{DNNL_ARG_SRC, memory(dx, x)}, {DNNL_ARG_DIFF_WEIGHTS, filled(*chosen)}, {DNNL_ARG_DIFF_DST, memory(dy, y)}});
}

/// C (batch, m, n) = A (batch, m, k) * B (batch, k, n), or B (batch, n, k) transposed.
inline Work batch_matmul(int batch, int m, int n, int k, bool transpose_b, float* a, float* b, float* c) {
  if (!RUNNEL_DNNL(dnnl_engine_create)) return nullptr;
  const dnnl_memory_desc_t da = describe(3, {batch, m, k}, dnnl_abc), dc = describe(3, {batch, m, n}, dnnl_abc);
  const dnnl_memory_desc_t db = describe(3, {batch, k, n}, transpose_b ? dnnl_acb : dnnl_abc);
  dnnl_matmul_desc_t op;
  RUNNEL_DNNL(dnnl_matmul_desc_init)(&op, &da, &db, nullptr, &dc);
  dnnl_primitive_desc_t desc;
  if (RUNNEL_DNNL(dnnl_primitive_desc_create)(&desc, &op, nullptr, engine(), nullptr) != dnnl_success) return nullptr;
  return executing(desc, {{DNNL_ARG_SRC, memory(da, a)}, {DNNL_ARG_WEIGHTS, memory(db, b)}, {DNNL_ARG_DST, memory(dc, c)}});
}
#undef RUNNEL_DNNL
#else
inline Work conv(Product, const runnel::cpu::ConvShape&, float*, float*) { return nullptr; }
inline Work batch_matmul(int, int, int, int, bool, float*, float*, float*) { return nullptr; }
#endif

/// Threads of the OpenMP that oneDNN runs on.
inline void set_threads(int threads) {
  if (void* omp = dlopen("libgomp.so.1", RTLD_NOW | RTLD_LOCAL))
    reinterpret_cast<void (*)(int)>(dlsym(omp, "omp_set_num_threads"))(threads);
}

}  // namespace bench::onednn
