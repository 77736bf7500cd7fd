#include "runnel/core/tensor_proto.h"

#include "runnel/base/proto_reader.h"

namespace runnel::inline v0 {

ProtoWriter shape_proto(const PartialShape& shape) {
  ProtoWriter out;
  if (!shape.has_rank()) out.integer(3, 1);
  else
    for (int64_t size : shape) {
      ProtoWriter dim;
      dim.integer(1, size);
      out.message(2, dim);
    }
  return out;
}

ProtoWriter tensor_proto(const Tensor& t) {
  ProtoWriter out;
  out.integer(1, t.dtype().code());
  out.message(2, shape_proto(t.partial_shape()));
  if (t.dtype() == string)
    for (const std::string& s : t.values<std::string>()) out.present_text(8, s);
  else if (t.dtype().is_plain()) out.text(4, {static_cast<const char*>(t.raw()), size_t(t.nbytes())});
  return out;
}

namespace {

constexpr int64_t kMostFilled = int64_t(1) << 26;  // elements that the last value of a list may stand for

[[noreturn]] void damaged(std::string_view what) { fail<errors::DataLossError>("", cat("the bytes are no TensorProto: ", what)); }

DType dtype_of_number(int64_t number) {
  const DType dtype = number > 0 && number < DType::kCodes ? DType::Code(number) : DType::kInvalid;
  if (dtype.is_floating() || dtype.is_complex() || dtype.is_integer() || dtype.is_bool() || dtype == string) return dtype;
  damaged(cat("dtype ", number));
}

Shape shape_of(std::string_view bytes) {
  Dims dims;
  int64_t total = 1;
  for (ProtoReader in(bytes); in.next();) {
    if (in.field() != 2) continue;
    int64_t size = 0;
    for (ProtoReader dim(in.text()); dim.next();)
      if (dim.field() == 1) size = dim.integer();
    if (size < 0 || __builtin_mul_overflow(total, size, &total)) damaged("a size is wrong");
    dims.push_back(size);
  }
  return Shape(dims);
}

// The elements one after another as they stand in memory.
struct Values {
  std::string bytes;
  std::vector<std::string> texts;
  DType dtype;

  template <class T>
  void add(T value) {
    bytes.append(reinterpret_cast<const char*>(&value), size_t(dtype.size()));
  }
  void read(const ProtoReader& in) {
    auto integer = [&](int64_t v) { add(v); };  // little-endian: the low bytes come first
    switch (in.field()) {
      case 4: bytes = in.text(); break;
      case 5: case 9: in.each_real<float>([&](float v) { bytes.append(reinterpret_cast<const char*>(&v), sizeof v); }); break;
      case 6: case 12: in.each_real<double>([&](double v) { bytes.append(reinterpret_cast<const char*>(&v), sizeof v); }); break;
      case 8: texts.emplace_back(in.text()); break;
      case 7: case 10: case 11: case 13: case 16: case 17:
        if (dtype == string || dtype.size() > 8) damaged("integers for another dtype");
        in.each_integer(integer);
        break;
      default: break;
    }
  }
};

Tensor filled(const Shape& shape, const Values& values) {
  const int64_t n = shape.num_elements(), size = values.dtype.size();
  const bool texts = values.dtype == string;
  const int64_t given = texts ? int64_t(values.texts.size()) : int64_t(values.bytes.size()) / size;
  if (given > n || (given < n && n > (texts ? kMostFilled >> 10 : kMostFilled))) damaged(cat(given, " values for ", n, " elements"));
  Tensor out(values.dtype, shape);
  for (int64_t i = 0; i < n; ++i) {
    const int64_t from = std::min(i, given - 1);
    if (texts && given > 0) out.mutable_data<std::string>()[i] = values.texts[size_t(from)];
    else if (!texts && given > 0) std::memcpy(static_cast<char*>(out.mutable_raw()) + i * size, values.bytes.data() + from * size, size_t(size));
    else if (!texts) std::memset(static_cast<char*>(out.mutable_raw()) + i * size, 0, size_t(size));
  }
  return out;
}

}  // namespace

Tensor tensor_from_proto(std::string_view bytes) {
  Values values;
  Shape shape;
  for (ProtoReader in(bytes); in.next();) {
    if (in.field() == 1) values.dtype = dtype_of_number(in.integer());
    if (in.field() == 2) shape = shape_of(in.text());
  }
  if (!values.dtype) damaged("it has no dtype");
  for (ProtoReader in(bytes); in.next();) values.read(in);
  return filled(shape, values);
}

}  // namespace runnel::inline v0
