// Operators of two operands that also take strings: string elements cannot be copied as bytes, so they have a loop of their own.
#pragma once

#include <string>

#include "runnel/base/function_ref.h"

#include "runnel/ops/math/elementwise.h"

namespace runnel::inline v0 {

/// Calls body(i, j, k) for each output element k of the broadcast pair, made of elements i and j.
void for_each_pair(const Shape& a, const Shape& b, const Shape& out, function_ref<void(int64_t i, int64_t j, int64_t k)> body);

template <auto F, class Out>
void string_binary(OpContext& c) {
  Tensor& out = c.output();
  const std::string *a = c.input(0).data<std::string>(), *b = c.input(1).data<std::string>();
  Out* y = out.mutable_data<Out>();
  for_each_pair(c.input(0).shape(), c.input(1).shape(), out.shape(), [&](int64_t i, int64_t j, int64_t k) { y[k] = F(a[i], b[j]); });
}

/// F of numbers, or of strings (joined by +).
template <auto F>
void add_or_join(OpContext& c) {
  if (c.input(0).dtype() == string) return string_binary<F, std::string>(c);
  run_binary(c, find_scalar_binary<F, kNeverFaults, Numeric>);
}

}  // namespace runnel::inline v0
