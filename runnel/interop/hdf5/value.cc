#include "runnel/interop/hdf5/value.h"

#include <algorithm>
#include <cstring>

namespace runnel::inline v0::hdf5 {

namespace {

void swap_bytes(char* data, size_t count, size_t size) {
  for (size_t i = 0; i < count; ++i) std::reverse(data + i * size, data + (i + 1) * size);
}

Tensor numbers(const Datatype& type, const Shape& shape, std::string_view bytes) {
  Tensor out(type.dtype, shape);
  std::memcpy(out.mutable_raw(), bytes.data(), size_t(out.nbytes()));
  if (type.big_endian && type.size > 1) swap_bytes(static_cast<char*>(out.mutable_raw()), size_t(out.num_elements()), type.size);
  if (type.dtype == bool_)
    for (uint8_t *b = static_cast<uint8_t*>(out.mutable_raw()), *end = b + out.num_elements(); b < end; ++b) *b = *b != 0;
  return out;
}

std::string fixed_string(const Datatype& type, std::string_view element) {
  if (type.space_padded) {
    size_t last = element.find_last_not_of(' ');
    return std::string(element.substr(0, last == std::string_view::npos ? 0 : last + 1));
  }
  return std::string(element.substr(0, element.find('\0')));
}

std::string variable_string(Source& source, GlobalHeaps& heaps, std::string_view element) {
  Cursor cursor = source.cursor(element);
  uint32_t size = cursor.u32();
  uint64_t address = cursor.offset();
  if (size == 0 || address == 0 || address == kUndefined) return "";
  std::string_view object = heaps.object(address, cursor.u32());
  if (size > object.size()) damaged("a string is longer than its place");
  return std::string(object.substr(0, size));
}

Tensor strings(Source& source, GlobalHeaps& heaps, const Datatype& type, const Shape& shape, std::string_view bytes) {
  Tensor out(string, shape);
  std::string* texts = out.mutable_data<std::string>();
  for (int64_t i = 0; i < shape.num_elements(); ++i) {
    std::string_view element = bytes.substr(size_t(i) * type.size, type.size);
    texts[i] = type.kind == Datatype::kFixedString ? fixed_string(type, element) : variable_string(source, heaps, element);
    source.allocate(texts[i].size());
  }
  return out;
}

}  // namespace

Shape tensor_shape(const Datatype& type, const Shape& shape) {
  if (type.kind != Datatype::kOpaque) return shape;
  Dims dims = shape.dims();
  dims.push_back(type.size);
  return Shape(dims);
}

Tensor make_tensor(Source& source, GlobalHeaps& heaps, const Datatype& type, const Shape& shape, std::string_view bytes) {
  if (bytes.size() < checked_product(uint64_t(shape.num_elements()), type.size)) damaged("a value is shorter than its shape says");
  if (type.dtype == string) return strings(source, heaps, type, shape, bytes);
  return numbers(type, tensor_shape(type, shape), bytes);
}

}  // namespace runnel::inline v0::hdf5
