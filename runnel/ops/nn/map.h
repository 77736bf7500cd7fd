// Portable elementwise kernels: one scalar function over all elements, halves computed in float.
#pragma once

#include "runnel/op/op_context.h"
#include "runnel/op/types.h"
#include "runnel/runtime/thread_pool.h"

namespace runnel::inline v0 {

inline constexpr int64_t kMapGrain = 1 << 14;

/// output[i] = f(input[i]); f takes and returns the accumulator type.
template <class List, class F>
void map_unary(OpContext& c, F f) {
  const Tensor& in = c.input(0);
  Tensor& out = c.output();
  dispatch<List>(in.dtype(), c.op().name(), [&]<class T>() {
    const T* x = in.data<T>();
    T* y = out.mutable_data<T>();
    parallel_for(in.num_elements(), kMapGrain, [=](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) y[i] = T(f(Accumulator<T>(x[i])));
    });
  });
}

/// output[i] = f(input0[i], input1[i]) for inputs of equal shape.
template <class List, class F>
void map_binary(OpContext& c, F f) {
  const Tensor &a = c.input(0), &b = c.input(1);
  Tensor& out = c.output();
  dispatch<List>(a.dtype(), c.op().name(), [&]<class T>() {
    const T *p = a.data<T>(), *q = b.data<T>();
    T* y = out.mutable_data<T>();
    parallel_for(a.num_elements(), kMapGrain, [=](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) y[i] = T(f(Accumulator<T>(p[i]), Accumulator<T>(q[i])));
    });
  });
}

/// The output has the shape of input 0.
inline void same_shape(ShapeContext& c) { c.set_output(0, c.input(0)); }

/// Inputs 0 and 1 have one shape, and the output has it too.
inline void merged_shape(ShapeContext& c) {
  PartialShape a = c.input(0), b = c.input(1);
  if (!a.is_compatible_with(b)) c.invalid(cat("Inputs must have the same size and shape: ", bracketed(a), " vs. ", bracketed(b)));
  c.set_output(0, a.merge_with(b));
}

}  // namespace runnel::inline v0
