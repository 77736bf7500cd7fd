// Texts joined, cut, measured and rewritten.
#include <algorithm>

#include "runnel/base/letters.h"
#include "runnel/ops/batching_rules.h"
#include "runnel/ops/strings.h"
#include "runnel/ops/strings/each.h"

namespace runnel::inline v0 {

namespace {

[[noreturn]] void invalid(const std::string& what) { fail<errors::InvalidArgumentError>("", what); }

void join_shape(ShapeContext& c) {
  PartialShape out;
  for (int i = 0; i < c.num_inputs(); ++i) {
    PartialShape in = c.input(i);
    if (!in.has_rank()) return c.set_output(0, PartialShape::unknown_rank());
    if (in.rank() == 0) continue;
    if (out.rank() && !out.is_compatible_with(in)) invalid(cat("Input shapes do not match: ", bracketed(out), " vs. ", bracketed(in)));
    out = out.rank() ? out.merge_with(in) : in;
  }
  c.set_output(0, out);
}

void join_kernel(OpContext& c) {
  const std::string& separator = c.string_attr("separator");
  Tensor& out = c.output();
  for (int64_t i = 0, n = out.num_elements(); i < n; ++i) {
    std::string& text = out.mutable_data<std::string>()[i];
    for (int k = 0; k < c.num_inputs(); ++k) {
      if (k) text += separator;
      text += c.input(k).data<std::string>()[c.input(k).rank() ? i : 0];
    }
  }
}

bool counts_characters(const AttrReader& c) { return c.string_attr("unit") == "UTF8_CHAR"; }

void length_kernel(OpContext& c) {
  bool characters = counts_characters(c);
  each_text<int32_t>(c, [&](const std::string& text) { return int32_t(characters ? utf8_length(text) : int64_t(text.size())); });
}

template <auto kAscii, auto kUtf8>
void letters_kernel(OpContext& c) {
  const std::string& encoding = c.string_attr("encoding");
  if (!encoding.empty() && encoding != "utf-8") invalid(cat("only utf-8 or '' (no encoding) is supported, received ", encoding));
  each_text<std::string>(c, [&](const std::string& text) { return encoding.empty() ? kAscii(text) : kUtf8(text); });
}

void strip_kernel(OpContext& c) {
  each_text<std::string>(c, [](const std::string& text) {
    constexpr const char* kSpaces = " \t\n\v\f\r";
    size_t begin = text.find_first_not_of(kSpaces);
    return begin == std::string::npos ? std::string() : text.substr(begin, text.find_last_not_of(kSpaces) - begin + 1);
  });
}

void substr_shape(ShapeContext& c) {
  PartialShape pos = c.input(1), len = c.input(2);
  if (!pos.is_compatible_with(len)) invalid(cat("pos and len should have the same shape, got: ", bracketed(pos), " vs. ", bracketed(len)));
  c.set_output(0, broadcast_shapes(c.input(0), pos, "Substr"));
}

// Where element `flat` of a tensor of shape `out` lies in one of shape `in` that broadcasts to it.
int64_t broadcast_place(int64_t flat, const Shape& out, const Shape& in) {
  int64_t at = 0, stride = 1;
  for (int axis = 1; axis <= in.rank(); ++axis) {
    if (in.dim(-axis) > 1) at += flat % out.dim(-axis) * stride;
    flat /= std::max<int64_t>(out.dim(-axis), 1);
    stride *= in.dim(-axis);
  }
  return at;
}

std::string cut(const std::string& text, int64_t pos, int64_t len, bool characters, int64_t index) {
  int64_t size = characters ? utf8_length(text) : int64_t(text.size());
  if (pos < -size || pos > size) invalid(cat("pos ", pos, " out of range for string", characters ? "" : cat(" b'", text, "'"), " at index ", index));
  int64_t begin = pos < 0 ? pos + size : pos, end = len < 0 ? size : std::min(size, len > size ? size : begin + len);
  if (!characters) return text.substr(size_t(begin), size_t(end - begin));
  size_t from = utf8_offset(text, begin);
  return text.substr(from, utf8_offset(text, end) - from);
}

template <class T>
void substr_texts(OpContext& c) {
  Tensor& out = c.output();
  const Tensor &texts = c.input(0), &pos = c.input(1), &len = c.input(2);
  bool characters = counts_characters(c);
  for (int64_t i = 0, n = out.num_elements(); i < n; ++i) {
    int64_t k = broadcast_place(i, out.shape(), pos.shape());
    const std::string& text = texts.data<std::string>()[broadcast_place(i, out.shape(), texts.shape())];
    out.mutable_data<std::string>()[i] = cut(text, pos.data<T>()[k], len.data<T>()[k], characters, i);
  }
}
void substr_kernel(OpContext& c) { c.type("T") == int32 ? substr_texts<int32_t>(c) : substr_texts<int64_t>(c); }

#define RUNNEL_UNIT "unit: {'BYTE', 'UTF8_CHAR'} = 'BYTE'"
constexpr const char *kUnary = "input: string -> output: string", *kEncoding = "encoding: string = ''";

/// StringJoin: The texts of all inputs, element by element, with the separator between them.
/// StringLength: The length in bytes or in characters.
/// StringLower: Small letters in place of capital ones.
/// StringUpper: Capital letters in place of small ones.
/// StringStrip: Without the white space at both ends.
/// Substr: `len` bytes or characters from `pos` on.
constexpr OpDef kOps[] = {
    {.name = "StringJoin", .signature = "inputs: N*string -> output: string", .attrs = "N: int >= 0; separator: string = ''", .shape = join_shape,
     .no_gradient = kText, .kernel = join_kernel},
    text_op("StringLength", "input: string -> output: int32", RUNNEL_UNIT, length_kernel, kTextUndeclared),
    text_op("StringLower", kUnary, kEncoding, letters_kernel<ascii_lower, utf8_lower>, kTextUndeclared),
    text_op("StringUpper", kUnary, kEncoding, letters_kernel<ascii_upper, utf8_upper>, kTextUndeclared),
    text_op("StringStrip", kUnary, "", strip_kernel, kTextUndeclared),
    {.name = "Substr", .signature = "input: string, pos: T, len: T -> output: string", .attrs = "T: index; " RUNNEL_UNIT, .shape = substr_shape,
     .no_gradient = kTextUndeclared, .kernel = substr_kernel},
};

std::vector<Batched> join_batched(const BatchingContext& c) {
  std::vector<Tensor> inputs;
  for (int i = 0; i < c.num_inputs(); ++i) {
    if (c.rank(i) != c.rank(0)) return {};  // a scalar among them goes with every element of one row only
    inputs.push_back(c.stack(i));
  }
  return stacked(run_all(c.op(), inputs, c.attrs()));
}
std::vector<Batched> substr_batched(const BatchingContext& c) {
  if (c.stacked(1) != c.stacked(2) || std::min(c.rank(0), c.rank(1)) < 0) return {};
  int rank = std::max(c.rank(0), c.rank(1));
  return stacked(run_all(c.op(), {c.aligned(0, rank), c.aligned(1, rank), c.aligned(2, rank)}, c.attrs()));
}

constexpr BatchingDef kRules[] = {
    {"StringToHashBucket", batch_as_rows}, {"StringToHashBucketFast", batch_as_rows}, {"StringToHashBucketStrong", batch_as_rows}, {"AsString", batch_as_rows},
    {"StringToNumber", batch_as_rows},     {"StringLength", batch_as_rows},           {"StringLower", batch_as_rows},              {"StringUpper", batch_as_rows},
    {"StringStrip", batch_as_rows},        {"StringJoin", join_batched},              {"Substr", substr_batched},
};

}  // namespace
RUNNEL_OPS(strings_text, kOps)
RUNNEL_BATCHING(strings_batching, kRules)

Tensor strings::join(const std::vector<Tensor>& inputs, const std::string& separator) {
  return run(get_op("StringJoin"), inputs, {{"N", int64_t(inputs.size())}, {"separator", separator}});
}
Tensor strings::length(const Tensor& input, const std::string& unit) { return run(get_op("StringLength"), {input}, {{"unit", unit}}); }
Tensor strings::lower(const Tensor& input, const std::string& encoding) { return run(get_op("StringLower"), {input}, {{"encoding", encoding}}); }
Tensor strings::upper(const Tensor& input, const std::string& encoding) { return run(get_op("StringUpper"), {input}, {{"encoding", encoding}}); }
Tensor strings::strip(const Tensor& input) { return run(get_op("StringStrip"), {input}); }
Tensor strings::substr(const Tensor& input, const Operand& pos, const Operand& len, const std::string& unit) {
  auto [p, l] = match(pos, len);
  return run(get_op("Substr"), {input, p, l}, {{"unit", unit}});
}

}  // namespace runnel::inline v0
