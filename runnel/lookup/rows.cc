#include "runnel/lookup/rows.h"

#include <algorithm>
#include <cstring>

#include "runnel/core/tensor_text.h"

namespace runnel::inline v0::lookup {

namespace {
const std::string* texts(const Tensor& t, int64_t row, int64_t width) { return static_cast<const std::string*>(t.raw()) + row * width; }
const char* bytes(const Tensor& t, int64_t row, int64_t size) { return static_cast<const char*>(t.raw()) + row * size; }

std::string element(const Tensor& t, int64_t at) {
  return t.dtype() == string ? static_cast<const std::string*>(t.raw())[at] : element_text(t, at);
}
// Single elements of one size.
template <class T>
void copy_elements(const FoundRows& from, const Tensor& out, int64_t begin, std::span<const int64_t> rows) {
  const T *values = static_cast<const T*>(from.values ? from.values.raw() : nullptr), *defaults = static_cast<const T*>(from.defaults.raw());
  T* to = static_cast<T*>(out.mutable_raw()) + begin;
  for (size_t i = 0; i < rows.size(); ++i) to[i] = rows[i] >= 0 ? values[rows[i]] : defaults[from.one_default ? 0 : begin + int64_t(i)];
}
}  // namespace

void copy_row(const Tensor& to, int64_t i, const Tensor& from, int64_t j, int64_t width) {
  if (to.dtype() == string) {
    std::copy_n(texts(from, j, width), width, const_cast<std::string*>(texts(to, i, width)));
  } else {
    int64_t size = width * to.dtype().size();
    std::memcpy(const_cast<char*>(bytes(to, i, size)), bytes(from, j, size), size_t(size));
  }
}

bool same_row(const Tensor& a, int64_t i, const Tensor& b, int64_t j, int64_t width) {
  if (a.dtype() == string) return std::equal(texts(a, i, width), texts(a, i, width) + width, texts(b, j, width));
  int64_t size = width * a.dtype().size();
  return std::memcmp(bytes(a, i, size), bytes(b, j, size), size_t(size)) == 0;
}

std::string row_text(const Tensor& rows, int64_t i, int64_t width) {
  if (width == 1) return element(rows, i);
  std::string out = "[";
  for (int64_t k = 0; k < width; ++k) out += (k ? "," : "") + element(rows, i * width + k);
  return out + "]";
}

void FoundRows::copy_to(const Tensor& out, int64_t begin, std::span<const int64_t> rows) const {
  if (width == 1) {
    if (out.dtype() == string) return copy_elements<std::string>(*this, out, begin, rows);
    if (out.dtype().size() == 8) return copy_elements<uint64_t>(*this, out, begin, rows);
    if (out.dtype().size() == 4) return copy_elements<uint32_t>(*this, out, begin, rows);
  }
  for (size_t i = 0; i < rows.size(); ++i) {
    int64_t at = begin + int64_t(i);
    if (rows[i] >= 0) copy_row(out, at, values, rows[i], width);
    else copy_row(out, at, defaults, one_default ? 0 : at, width);
  }
}

}  // namespace runnel::inline v0::lookup
