#include "runnel/lookup/rows.h"

#include <algorithm>
#include <cstring>

#include "runnel/base/hash64.h"
#include "runnel/core/tensor_text.h"

namespace runnel::inline v0::lookup {

namespace {
const std::string* texts(const Tensor& t, int64_t row, int64_t width) { return static_cast<const std::string*>(t.raw()) + row * width; }
const char* bytes(const Tensor& t, int64_t row, int64_t size) { return static_cast<const char*>(t.raw()) + row * size; }

uint64_t hash_element(const Tensor& keys, int64_t at) {
  switch (keys.dtype().code()) {
    case DType::kString: return hash64(static_cast<const std::string*>(keys.raw())[at]);
    case DType::kInt32: return uint64_t(int64_t(static_cast<const int32_t*>(keys.raw())[at]));
    default: return uint64_t(static_cast<const int64_t*>(keys.raw())[at]);
  }
}

std::string element(const Tensor& t, int64_t at) {
  return t.dtype() == string ? static_cast<const std::string*>(t.raw())[at] : element_text(t, at);
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

uint64_t hash_row(const Tensor& keys, int64_t i, int64_t width) {
  if (width == 1) return hash_element(keys, i);
  uint64_t out = 0;
  for (int64_t k = 0; k < width; ++k) out = hash64_combine(out, hash_element(keys, i * width + k));
  return out;
}

std::string row_text(const Tensor& rows, int64_t i, int64_t width) {
  if (width == 1) return element(rows, i);
  std::string out = "[";
  for (int64_t k = 0; k < width; ++k) out += (k ? "," : "") + element(rows, i * width + k);
  return out + "]";
}

}  // namespace runnel::inline v0::lookup
