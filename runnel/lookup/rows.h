// Rows of tensors, as tables keep keys and values: one element, or several that belong together.
#pragma once

#include <span>

#include "runnel/base/hash64.h"
#include "runnel/core/tensor.h"

namespace runnel::inline v0::lookup {

/// Calls f(K()) with the C++ type of keys: std::string, int32_t or int64_t.
template <class F>
decltype(auto) with_key_type(DType dtype, F&& f) {
  if (dtype == string) return f(std::string());
  return dtype == int32 ? f(int32_t()) : f(int64_t());
}

/// The hash of a key of `width` elements, as TensorFlow's dense tables have it.
inline uint64_t hash_element(const std::string& key) { return hash64(key); }
inline uint64_t hash_element(int64_t key) { return uint64_t(key); }
template <class K>
uint64_t hash_key(const K* key, int64_t width) {
  if (width == 1) return hash_element(*key);
  uint64_t out = 0;
  for (int64_t i = 0; i < width; ++i) out = hash64_combine(out, hash_element(key[i]));
  return out;
}

/// Row `i` of `to` becomes row `j` of `from`. Rows have `width` elements of one dtype.
void copy_row(const Tensor& to, int64_t i, const Tensor& from, int64_t j, int64_t width);
bool same_row(const Tensor& a, int64_t i, const Tensor& b, int64_t j, int64_t width);
/// A row in errors: 7, text, or [1,2].
std::string row_text(const Tensor& rows, int64_t i, int64_t width);

/// Where found values come from.
struct FoundRows {
  const Tensor &values, &defaults;
  bool one_default;  ///< Else there is one for each key.
  int64_t width;
  /// Rows [begin, begin + rows.size()) of `out`: those of `values`, or defaults where the number is negative.
  void copy_to(const Tensor& out, int64_t begin, std::span<const int64_t> rows) const;
};

}  // namespace runnel::inline v0::lookup
