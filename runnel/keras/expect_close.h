// For tests: a tensor against values that Keras gave.
#pragma once

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "runnel/core/tensor.h"

namespace runnel::inline v0::keras {

inline void expect_close(const Tensor& got, const std::vector<float>& expected, float tolerance = 1e-6f) {
  REQUIRE(got.num_elements() == int64_t(expected.size()));
  for (size_t i = 0; i < expected.size(); ++i) {
    CAPTURE(i);
    CAPTURE(got.data<float>()[i]);
    CAPTURE(expected[i]);
    CHECK(std::fabs(got.data<float>()[i] - expected[i]) <= tolerance * std::fmax(1.f, std::fabs(expected[i])));
  }
}

inline Tensor floats(const std::vector<float>& values, const Shape& shape) { return Tensor::from(values).reshaped(shape); }

/// From `first` to `last` in equal steps.
inline Tensor steps(float first, float last, const Shape& shape) {
  std::vector<float> values;
  int64_t n = shape.num_elements();
  for (int64_t i = 0; i < n; ++i) values.push_back(first + (last - first) * float(i) / float(n - 1));
  return floats(values, shape);
}

}  // namespace runnel::inline v0::keras
