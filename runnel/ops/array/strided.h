// Moving elements between strided boxes, for every dtype: what slices, transposes, joins, splits, pads and tiles are made of.
#pragma once

#include "runnel/core/tensor.h"

namespace runnel::inline v0 {

/// Copies a box of `dims` elements from x to y. Strides are in elements; 0 repeats, negative ones walk backwards.
/// x and y point to the box's first element. Large boxes are copied in parallel.
void copy_box(DType dtype, const Dims& dims, const void* x, const Dims& x_strides, void* y, const Dims& y_strides);

/// y[0..n) = *value.
void fill_elements(DType dtype, int64_t n, const void* value, void* y);

/// Strides of a dense row-major array.
Dims dense_strides(const Dims& dims);
inline Dims dense_strides(const Shape& shape) { return dense_strides(shape.dims()); }

/// The address `elements` after p.
inline const void* advance(DType dtype, const void* p, int64_t elements) {
  return static_cast<const char*>(p) + elements * dtype.size();
}
inline void* advance(DType dtype, void* p, int64_t elements) { return static_cast<char*>(p) + elements * dtype.size(); }

/// An element of 16 bytes.
struct Wide {
  uint64_t parts[2];
};

/// Calls f.operator()<T>() with a type that copies like the dtype's elements.
template <class F>
void dispatch_storage(DType dtype, F&& f) {
  if (dtype == string) return f.template operator()<std::string>();
  if (!dtype.is_plain()) return f.template operator()<ResourceRef>();
  switch (dtype.size()) {
    case 1: return f.template operator()<uint8_t>();
    case 2: return f.template operator()<uint16_t>();
    case 4: return f.template operator()<uint32_t>();
    case 8: return f.template operator()<uint64_t>();
    default: return f.template operator()<Wide>();
  }
}

}  // namespace runnel::inline v0
