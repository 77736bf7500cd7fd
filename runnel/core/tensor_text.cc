// How C++ programs see a tensor in text. (Python prints through NumPy.)
#include "runnel/core/tensor_text.h"

#include "runnel/base/error.h"

namespace runnel::inline v0 {

namespace {

constexpr int64_t kMostElements = 1000, kEdge = 3;  // as NumPy: larger arrays show three at each end

template <class T>
std::string element_text(const Tensor& t, int64_t i) {
  if constexpr (std::is_same_v<T, complex64_t> || std::is_same_v<T, complex128_t>) {
    T z = t.data<T>()[i];
    return cat(z.real(), z.imag() < 0 ? "" : "+", z.imag(), "j");
  } else if constexpr (std::is_same_v<T, bool>) {
    return t.data<T>()[i] ? "True" : "False";
  } else if constexpr (std::is_same_v<T, half_t> || std::is_same_v<T, bfloat16_t>) {
    return to_text(float(t.data<T>()[i]));
  } else if constexpr (std::is_integral_v<T>) {
    return std::to_string(t.data<T>()[i]);
  } else {
    return to_text(t.data<T>()[i]);
  }
}

}  // namespace

std::string element_text(const Tensor& t, int64_t i) {
  switch (t.dtype().code()) {
    case DType::kFloat32: return element_text<float>(t, i);
    case DType::kFloat64: return element_text<double>(t, i);
    case DType::kFloat16: return element_text<half_t>(t, i);
    case DType::kBfloat16: return element_text<bfloat16_t>(t, i);
    case DType::kInt8: return element_text<int8_t>(t, i);
    case DType::kInt16: return element_text<int16_t>(t, i);
    case DType::kInt32: return element_text<int32_t>(t, i);
    case DType::kInt64: return element_text<int64_t>(t, i);
    case DType::kUint8: return element_text<uint8_t>(t, i);
    case DType::kUint16: return element_text<uint16_t>(t, i);
    case DType::kUint32: return element_text<uint32_t>(t, i);
    case DType::kUint64: return element_text<uint64_t>(t, i);
    case DType::kBool: return element_text<bool>(t, i);
    case DType::kComplex64: return element_text<complex64_t>(t, i);
    case DType::kComplex128: return element_text<complex128_t>(t, i);
    case DType::kString: return cat("b'", t.data<std::string>()[i], "'");
    default: return cat("<", t.dtype(), ">");
  }
}

namespace {

std::string rows_text(const Tensor& t, int axis, int64_t offset, bool shorten) {
  if (axis == t.rank()) return element_text(t, offset);
  int64_t n = t.dim(axis), step = 1;
  for (int i = axis + 1; i < t.rank(); ++i) step *= t.dim(i);
  bool innermost = axis + 1 == t.rank();
  std::string separator = innermost ? " " : "\n" + std::string(size_t(axis) + 1, ' ');
  std::string out = "[";
  for (int64_t i = 0; i < n; ++i) {
    if (i > 0) out += separator;
    if (shorten && n > 2 * kEdge && i == kEdge) {
      out += "..." + separator;
      i = n - kEdge;
    }
    out += rows_text(t, axis + 1, offset + i * step, shorten);
  }
  return out + "]";
}

}  // namespace

std::string to_text(const Tensor& tensor) {
  if (!tensor) return "None";
  std::string tail = cat("shape=", to_text(tensor.partial_shape()), ", dtype=", tensor.dtype());
  if (tensor.is_symbolic()) return cat("tf.Tensor(symbolic, ", tail, ")");
  return cat("tf.Tensor(", rows_text(tensor, 0, 0, tensor.num_elements() > kMostElements), ", ", tail, ")");
}

}  // namespace runnel::inline v0
