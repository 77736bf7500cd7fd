// Numbers in texts and from texts.
#include <algorithm>
#include <cstdio>

#include "runnel/base/numbers.h"
#include "runnel/ops/strings.h"
#include "runnel/ops/strings/each.h"

namespace runnel::inline v0 {

namespace {

constexpr int64_t kMostWidth = 1 << 16;  // of one number: more is a mistake, or an attack on memory

// The format of C's printf() that the attributes ask for, without the letter that names the type.
std::string format_of(OpContext& c, bool floating) {
  bool scientific = c.bool_attr("scientific"), shortest = c.bool_attr("shortest");
  const std::string& fill = c.string_attr("fill");
  int64_t width = c.int_attr("width"), precision = c.int_attr("precision");
  auto invalid = [](const std::string& what) { fail<errors::InvalidArgumentError>("", what); };
  if (!floating && (scientific || shortest)) invalid(cat("scientific and shortest format not supported for datatype ", c.type("T").short_name()));
  if (!floating && precision >= 0) invalid(cat("precision not supported for datatype ", c.type("T").short_name()));
  if (scientific && shortest) invalid("Cannot select both scientific and shortest notation");
  if (std::max(width, precision) > kMostWidth) invalid(cat("width and precision must be at most ", kMostWidth));
  if (fill.size() > 1) invalid(cat("Fill string must be one or fewer characters"));
  if (!fill.empty() && std::string_view(" +-0#").find(fill[0]) == std::string_view::npos) invalid(cat("Fill argument not supported: \"", fill, "\""));
  return cat("%", fill, width >= 0 ? cat(width) : "", precision >= 0 ? cat(".", precision) : "");
}

template <class... T>
std::string printed(const std::string& format, T... values) {
  std::string out(64, '\0');
  int size = std::snprintf(out.data(), out.size(), format.c_str(), values...);
  if (size_t(size) >= out.size()) {
    out.resize(size_t(size) + 1);
    std::snprintf(out.data(), out.size(), format.c_str(), values...);
  }
  out.resize(size_t(size));
  return out;
}

template <class T, class F>
void each_number(OpContext& c, const F& f) {
  each_element<T, std::string>(c, f);
}
template <class T>
void signed_texts(OpContext& c) {
  std::string format = format_of(c, false) + "lld";
  if (format == "%lld") return each_number<T>(c, [](T x) { return std::to_string(x); });
  each_number<T>(c, [&](T x) { return printed(format, static_cast<long long>(x)); });
}
template <class T>
void unsigned_texts(OpContext& c) {
  std::string format = format_of(c, false) + "llu";
  each_number<T>(c, [&](T x) { return printed(format, static_cast<unsigned long long>(x)); });
}
std::string floating_format(OpContext& c) { return format_of(c, true) + (c.bool_attr("scientific") ? "e" : c.bool_attr("shortest") ? "g" : "f"); }
template <class T>
void floating_texts(OpContext& c) {
  std::string format = floating_format(c);
  each_number<T>(c, [&](T x) { return printed(format, double(x)); });
}
template <class T>
void complex_texts(OpContext& c) {
  std::string one = floating_format(c), format = cat("(", one, ",", one, ")");
  each_number<T>(c, [&](const T& x) { return printed(format, double(x.real()), double(x.imag())); });
}

void as_string_kernel(OpContext& c) {
  switch (c.type("T").code()) {
    case DType::kFloat32: return floating_texts<float>(c);
    case DType::kFloat64: return floating_texts<double>(c);
    case DType::kFloat16: return floating_texts<half_t>(c);
    case DType::kBfloat16: return floating_texts<bfloat16_t>(c);
    case DType::kInt8: return signed_texts<int8_t>(c);
    case DType::kInt16: return signed_texts<int16_t>(c);
    case DType::kInt32: return signed_texts<int32_t>(c);
    case DType::kInt64: return signed_texts<int64_t>(c);
    case DType::kUint8: return unsigned_texts<uint8_t>(c);
    case DType::kUint16: return unsigned_texts<uint16_t>(c);
    case DType::kUint32: return unsigned_texts<uint32_t>(c);
    case DType::kUint64: return unsigned_texts<uint64_t>(c);
    case DType::kComplex64: return complex_texts<complex64_t>(c);
    case DType::kComplex128: return complex_texts<complex128_t>(c);
    case DType::kBool: format_of(c, false); return each_number<bool>(c, [](bool x) { return std::string(x ? "true" : "false"); });
    default: {
      std::string format = format_of(c, true) + "s";  // a text without a width stays
      return each_number<std::string>(c, [&](const std::string& x) { return c.int_attr("width") < 0 ? x : printed(format, x.c_str()); });
    }
  }
}

template <class T>
void numbers_of(OpContext& c) {
  each_text<T>(c, [&](const std::string& text) {
    T value;
    if (!parse_number(text, value)) fail<errors::InvalidArgumentError>("", cat("StringToNumberOp could not correctly convert string: ", text), {.expected = c.type("out_type").name()});
    return value;
  });
}
void to_number_kernel(OpContext& c) {
  switch (c.type("out_type").code()) {
    case DType::kFloat32: return numbers_of<float>(c);
    case DType::kFloat64: return numbers_of<double>(c);
    case DType::kInt32: return numbers_of<int32_t>(c);
    case DType::kInt64: return numbers_of<int64_t>(c);
    case DType::kUint32: return numbers_of<uint32_t>(c);
    default: return numbers_of<uint64_t>(c);
  }
}

/// AsString: Numbers in text.
/// StringToNumber: The numbers that texts hold.
constexpr OpDef kOps[] = {
    {.name = "AsString", .signature = "input: T -> output: string",
     .attrs = "T: {float, double, int32, uint8, int16, int8, int64, bfloat16, uint16, half, uint32, uint64, complex64, complex128, bool, string}; "
              "precision: int = -1; scientific: bool = false; shortest: bool = false; width: int = -1; fill: string = ''",
     .shape = same_shape_as_texts, .no_gradient = "its output is text", .kernel = as_string_kernel},
    text_op("StringToNumber", "string_tensor: string -> output: out_type", "out_type: {float, double, int32, int64, uint32, uint64} = float", to_number_kernel, kText),
};

}  // namespace
RUNNEL_OPS(strings_numbers, kOps)

Tensor as_string(const Tensor& input, int64_t precision, bool scientific, bool shortest, int64_t width, const std::string& fill) {
  static const Op& op = get_op("AsString");
  return run(op, {input}, {{"precision", precision}, {"scientific", scientific}, {"shortest", shortest}, {"width", width}, {"fill", fill}});
}
Tensor strings::to_number(const Tensor& input, DType out_type) { return run(get_op("StringToNumber"), {input}, {{"out_type", out_type}}); }

}  // namespace runnel::inline v0
