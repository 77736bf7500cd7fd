// Rows of tensors, as tables keep keys and values: one element, or several that belong together.
#pragma once

#include "runnel/core/tensor.h"

namespace runnel::inline v0::lookup {

/// Row `i` of `to` becomes row `j` of `from`. Rows have `width` elements of one dtype.
void copy_row(const Tensor& to, int64_t i, const Tensor& from, int64_t j, int64_t width);
bool same_row(const Tensor& a, int64_t i, const Tensor& b, int64_t j, int64_t width);
/// The hash of a key, as TensorFlow's dense tables have it. Keys are strings, int32 or int64.
uint64_t hash_row(const Tensor& keys, int64_t i, int64_t width);
/// A row in errors: 7, text, or [1,2].
std::string row_text(const Tensor& rows, int64_t i, int64_t width);

}  // namespace runnel::inline v0::lookup
