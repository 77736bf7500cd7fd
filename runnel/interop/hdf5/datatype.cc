#include "runnel/interop/hdf5/datatype.h"

#include "runnel/base/error.h"
#include "runnel/interop/hdf5/bytes.h"

namespace runnel::inline v0::hdf5 {

namespace {

enum Class { kFixedPoint = 0, kFloatingPoint = 1, kString = 3, kOpaqueBytes = 5, kEnumeration = 8, kVariableLength = 9 };
constexpr int kMaxRank = 32, kMaxDepth = 4;

DType integer_type(uint32_t size, bool is_signed) {
  switch (size) {
    case 1: return is_signed ? int8 : uint8;
    case 2: return is_signed ? int16 : uint16;
    case 4: return is_signed ? int32 : uint32;
    case 8: return is_signed ? int64 : uint64;
    default: unsupported(cat("an integer of ", size, " bytes"));
  }
}

Datatype read_integer(Cursor& cursor, uint32_t bits, uint32_t size) {
  uint16_t bit_offset = cursor.u16(), precision = cursor.u16();
  if (bit_offset != 0 || precision != 8 * size) unsupported("an integer with unused bits");
  return {.kind = Datatype::kNumber, .dtype = integer_type(size, bits & 8), .size = size, .big_endian = (bits & 1) != 0};
}

// Told apart by size and exponent: IEEE's half, single and double, and bfloat16.
Datatype read_float(Cursor& cursor, uint32_t bits, uint32_t size) {
  cursor.skip(5);
  int exponent = cursor.u8();
  cursor.skip(2 + 4);
  Datatype type{.kind = Datatype::kNumber, .size = size, .big_endian = (bits & 1) != 0};
  if (bits & 0x40) unsupported("a float in VAX byte order");
  if (size == 2 && exponent == 5) type.dtype = float16;
  else if (size == 2 && exponent == 8) type.dtype = bfloat16;
  else if (size == 4 && exponent == 8) type.dtype = float32;
  else if (size == 8 && exponent == 11) type.dtype = float64;
  else unsupported(cat("a float of ", size, " bytes with ", exponent, " bits of exponent"));
  return type;
}

std::string_view read_name(Cursor& cursor, bool padded) {
  Cursor ahead = cursor;
  size_t size = 0;
  while (ahead.u8() != 0) ++size;
  std::string_view name = cursor.bytes(size);
  cursor.skip(1);
  if (padded) cursor.skip((8 - (size + 1) % 8) % 8);
  return name;
}

// h5py's bool is the enumeration FALSE, TRUE of one byte; others are read as their integers.
Datatype read_enumeration(Cursor& cursor, uint32_t bits, int version, int depth) {
  Datatype base = read_datatype(cursor, depth + 1);
  if (base.kind != Datatype::kNumber || !base.dtype.is_integer()) damaged("an enumeration of something else than integers");
  uint32_t members = bits & 0xffff;
  bool is_bool = base.size == 1 && members == 2;
  for (uint32_t i = 0; i < members; ++i) is_bool &= read_name(cursor, version < 3) == (i == 0 ? "FALSE" : "TRUE");
  cursor.skip(uint64_t(members) * base.size);
  if (is_bool) base.dtype = bool_;
  return base;
}

Datatype read_variable_length(Cursor& cursor, uint32_t bits, uint32_t size, int depth) {
  read_datatype(cursor, depth + 1);
  if ((bits & 0xf) != 1) unsupported("a sequence of variable length");
  if (size != uint32_t(cursor.sizes().offset) + 8) damaged("a string of variable length has a wrong size");
  return {.kind = Datatype::kVariableString, .dtype = string, .size = size};
}

Datatype read_opaque(Cursor& cursor, uint32_t bits, uint32_t size) {
  cursor.skip(((bits & 0xff) + 7) / 8 * 8);
  return {.kind = Datatype::kOpaque, .dtype = uint8, .size = size};
}

}  // namespace

Datatype read_datatype(Cursor& cursor, int depth) {
  if (depth > kMaxDepth) damaged("a datatype nests too deeply");
  uint32_t head = cursor.u32(), size = cursor.u32();
  int version = int(head >> 4 & 0xf), kind = int(head & 0xf);
  uint32_t bits = head >> 8;
  if (version < 1 || version > 4) damaged("a datatype has an unknown version");
  if (size == 0) damaged("a datatype has no size");
  switch (kind) {
    case kFixedPoint: return read_integer(cursor, bits, size);
    case kFloatingPoint: return read_float(cursor, bits, size);
    case kString: return {.kind = Datatype::kFixedString, .dtype = string, .size = size, .space_padded = (bits & 0xf) == 2};
    case kOpaqueBytes: return read_opaque(cursor, bits, size);
    case kEnumeration: return read_enumeration(cursor, bits, version, depth);
    case kVariableLength: return read_variable_length(cursor, bits, size, depth);
    default: unsupported(cat("the datatype class ", kind));
  }
}

Shape read_dataspace(Cursor& cursor) {
  int version = cursor.u8(), rank = cursor.u8(), flags = cursor.u8();
  if (version != 1 && version != 2) damaged("a dataspace has an unknown version");
  int type = cursor.u8();  // version 1: reserved
  if (version == 1) cursor.skip(4);
  if (rank > kMaxRank) damaged("a dataspace has too many dimensions");
  if (version == 2 && type == 2) return Shape({0});
  Dims dims;
  uint64_t count = 1;
  for (int i = 0; i < rank; ++i) {
    uint64_t size = cursor.length();
    if (size >> 63) damaged("a dimension overflows");
    if (size != 0) count = checked_product(count, size);
    dims.push_back(int64_t(size));
  }
  if (flags & 1) cursor.skip(uint64_t(rank) * uint64_t(cursor.sizes().length));
  return Shape(dims);
}

namespace {

struct FloatLayout {
  int sign, exponent_at, exponent_bits, mantissa_bits, bias;
};

std::string float_message(int size, const FloatLayout& f) {
  Bytes out;
  out.u8(0x11).u8(0x20).u8(f.sign).u8(0).u32(size);
  out.u16(0).u16(8 * size).u8(f.exponent_at).u8(f.exponent_bits).u8(0).u8(f.mantissa_bits).u32(f.bias);
  return out.take();
}

std::string integer_message(int size, bool is_signed) {
  Bytes out;
  out.u8(0x10).u8(is_signed ? 8 : 0).u8(0).u8(0).u32(size).u16(0).u16(8 * size);
  return out.take();
}

std::string string_message(Charset charset) {
  Bytes out;
  out.u8(0x19).u8(1).u8(charset == Charset::kUtf8 ? 1 : 0).u8(0).u32(16);
  return out.text(integer_message(1, false)).take();
}

std::string bool_message() {
  Bytes out;
  out.u8(0x18).u8(2).u8(0).u8(0).u32(1).text(integer_message(1, true));
  return out.text(std::string_view("FALSE\0\0\0TRUE\0\0\0\0", 16)).u8(0).u8(1).take();
}

std::string opaque_message(int size) {
  Bytes out;
  return out.u8(0x15).u8(0).u8(0).u8(0).u32(size).take();
}

}  // namespace

int stored_size(DType dtype) { return dtype == string ? 16 : dtype.size(); }

std::string datatype_message(DType dtype, Charset charset) {
  if (dtype == string) return string_message(charset);
  if (dtype.is_bool()) return bool_message();
  if (dtype.is_integer()) return integer_message(dtype.size(), dtype.is_signed_integer());
  switch (dtype.code()) {
    case DType::kBfloat16: return opaque_message(2);
    case DType::kFloat16: return float_message(2, {15, 10, 5, 10, 15});
    case DType::kFloat32: return float_message(4, {31, 23, 8, 23, 127});
    case DType::kFloat64: return float_message(8, {63, 52, 11, 52, 1023});
    default: fail<ValueError>("HDF5", cat("tensors of dtype ", dtype, " cannot be saved"));
  }
}

std::string dataspace_message(const Shape& shape) {
  if (shape.rank() > kMaxRank) fail<ValueError>("HDF5", cat("tensors of rank ", shape.rank(), " cannot be saved"), {.expected = cat("at most ", kMaxRank)});
  Bytes out;
  out.u8(1).u8(shape.rank()).u8(0).u8(0).u32(0);
  for (int64_t d : shape) out.u64(uint64_t(d));
  return out.take();
}

}  // namespace runnel::inline v0::hdf5
