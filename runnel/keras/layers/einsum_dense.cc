#include "runnel/keras/layers/einsum_dense.h"

#include <map>

#include "runnel/ops/array.h"
#include "runnel/ops/linalg.h"
#include "runnel/ops/math.h"

namespace runnel::inline v0::keras {

namespace {

struct Equation {
  std::string input, kernel, output;
  bool ellipsis_first = false, ellipsis_last = false;
};

Equation parsed(const std::string& text) {
  size_t comma = text.find(','), arrow = text.find("->");
  if (comma == std::string::npos || arrow == std::string::npos || comma > arrow)
    fail<ValueError>("", cat("Invalid einsum equation '", text, "'. Equations must be in the form [X],[Y]->[Z], ...[X],[Y]->...[Z], or [X]...,[Y]->[Z]...."));
  Equation e{text.substr(0, comma), text.substr(comma + 1, arrow - comma - 1), text.substr(arrow + 2)};
  for (std::string* s : {&e.input, &e.output}) {
    std::string letters;
    for (char c : *s)
      if (c != ' ' && c != '.') letters += c;
    if (s->starts_with("...")) e.ellipsis_first = true;
    else if (s->ends_with("...")) e.ellipsis_last = true;
    *s = letters;
  }
  return e;
}

using Sizes = std::map<char, int64_t>;

// Sizes of the letters, from the side where the ellipsis is not.
void read_sizes(const std::string& letters, const PartialShape& shape, bool from_end, Sizes& sizes) {
  for (size_t i = 0; i < letters.size(); ++i) {
    int axis = from_end ? shape.rank() - int(letters.size() - i) : int(i);
    if (axis < 0 || axis >= shape.rank())
      fail<ValueError>("", cat("the equation has more axes than the shape ", to_text(shape)), {.got = letters});
    if (shape[axis] >= 0) sizes[letters[i]] = shape[axis];
  }
}

}  // namespace

EinsumShapes einsum_shapes(const std::string& equation, const std::string& bias_axes, const PartialShape& input, const PartialShape& output) {
  Equation e = parsed(equation);
  int extra = input.rank() - int(e.input.size());
  PartialShape full = PartialShape({input[0]}).concatenate(output);
  if (e.ellipsis_first || e.ellipsis_last) {  // the axes of the ellipsis come with the input
    int from = e.ellipsis_first ? (full.rank() < extra + int(e.output.size()) ? 1 : 0) : full.rank();
    if (full.rank() < extra + int(e.output.size())) {
      PartialShape axes = e.ellipsis_first ? input.slice(1, extra) : input.slice(int(e.input.size()), input.rank());
      full = full.slice(0, from).concatenate(axes).concatenate(full.slice(from, full.rank()));
    }
  }
  Sizes sizes;
  read_sizes(e.output, full, e.ellipsis_first, sizes);
  read_sizes(e.input, input, e.ellipsis_first, sizes);
  EinsumShapes out;
  for (size_t i = 0; i < e.output.size(); ++i) {
    int axis = e.ellipsis_first ? full.rank() - int(e.output.size() - i) : int(i);
    if (full[axis] < 0 && sizes.count(e.output[i])) full.set_dim(axis, sizes[e.output[i]]);
  }
  out.output = full;
  for (char c : e.kernel) {
    if (!sizes.count(c))
      fail<ValueError>("", cat("Weight dimension '", c, "' did not have a match in either the input spec '", e.input, "' or the output spec '", e.output,
                               "'. For this layer, the weight must be fully specified."));
    out.kernel.push_back(sizes[c]);
  }
  if (bias_axes.empty()) return out;
  size_t first = e.output.size();
  for (char c : bias_axes) {
    size_t at = e.output.find(c);
    if (at == std::string::npos) fail<ValueError>("", cat("Bias dimension '", c, "' was requested, but is not part of the output spec '", e.output, "'"));
    first = std::min(first, at);
  }
  for (size_t i = first; i < e.output.size(); ++i) {
    bool has = bias_axes.find(e.output[i]) != std::string::npos;
    out.bias.push_back(has ? sizes[e.output[i]] : 1);
  }
  if (e.ellipsis_last)
    for (int i = 0; i < extra; ++i) out.bias.push_back(1);
  return out;
}

namespace {

// Scaled initializers take a kernel's fans from the equation, unless they were told the axes. Returns whether it told them.
bool tell_axes(const Initializer& initializer, const Equation& e) {
  if (!initializer) return false;
  for (const char* name : {"input_axes", "output_axes"}) {
    std::optional<Config> axes = initializer.body()->argument(name);
    if (!axes || !axes->is_null()) return false;
  }
  std::vector<int64_t> input, output;
  for (size_t i = 0; i < e.kernel.size(); ++i) (e.output.find(e.kernel[i]) == std::string::npos ? input : output).push_back(int64_t(i));
  if (input.empty() || output.empty()) return false;
  return initializer.body()->set_argument("input_axes", to_config(Tuple(input))) &&
         initializer.body()->set_argument("output_axes", to_config(Tuple(output)));
}

void forget_axes(const Initializer& initializer) {
  for (const char* name : {"input_axes", "output_axes"}) initializer.body()->set_argument(name, to_config(Tuple()));
}

}  // namespace

namespace {

EinsumLetters letters_of(const std::string& equation, int rank) {
  Equation e = parsed(equation);
  std::string more, used = e.input + e.kernel + e.output;
  for (char c = 'A'; int(e.input.size() + more.size()) < rank && c <= 'Z'; ++c)
    if (used.find(c) == std::string::npos) more += c;
  if (e.ellipsis_last) return {e.input + more, e.kernel, e.output + more};
  return {more + e.input, e.kernel, more + e.output};
}

std::string kept_letters(const std::string& operand, const std::string& output) {
  std::string out;
  for (char c : operand)
    if (output.find(c) != std::string::npos) out += c;
  return out;
}

// A scale of the inputs, of size 1 along the summed axes, as the outputs' shape needs it.
Tensor aligned(Tensor scale, const EinsumLetters& l) {
  scale = transpose(squeeze(scale, l.summed(l.input)), l.order(l.input));
  for (int i = 0; i < int(l.output.size()); ++i)
    if (l.input.find(l.output[size_t(i)]) == std::string::npos) scale = expand_dims(scale, i);
  return scale;
}

}  // namespace

Dims EinsumLetters::summed(const std::string& operand) const {
  Dims out;
  for (int i = 0; i < int(operand.size()); ++i)
    if (output.find(operand[size_t(i)]) == std::string::npos) out.push_back(i);
  return out;
}

Dims EinsumLetters::order(const std::string& operand) const {
  const std::string kept = kept_letters(operand, output);
  Dims out;
  for (char c : kept_letters(output, operand)) out.push_back(int64_t(kept.find(c)));
  return out;
}

EinsumDenseBody::EinsumDenseBody(const EinsumDenseOptions& options) : AdaptableWith(options) {
  parsed(options.equation);
  supports_masking_ = false;
  settle(options.kernel_initializer);
  settle(options.bias_initializer);
}

void EinsumDenseBody::build(const PartialShape& input_shape) {
  const EinsumDenseOptions& o = options_;
  EinsumShapes shapes = einsum_shapes(o.equation, o.bias_axes.value_or(""), input_shape, o.output_shape.shape());
  letters_ = letters_of(o.equation, input_shape.rank());
  kernel_shape_ = Shape(shapes.kernel);
  bool told = tell_axes(o.kernel_initializer, parsed(o.equation));
  build_weight({.name = "kernel", .shape = kernel_shape_, .initializer = o.kernel_initializer, .regularizer = o.kernel_regularizer,
                .constraint = o.kernel_constraint});
  if (told) forget_axes(o.kernel_initializer);  // its config stays as it was given
  if (o.bias_axes)
    bias_ = add_weight({.name = "bias", .shape = Shape(shapes.bias), .initializer = o.bias_initializer, .regularizer = o.bias_regularizer,
                        .constraint = o.bias_constraint});
  build_lora(true);
}

// In 4 bits as a matrix of what is summed and what is not, in 8 bits as it is.
MatrixForm EinsumDenseBody::form_in(const std::string& mode) const {
  const Dims summed = letters_.summed(letters_.kernel);
  if (mode == "int4") {
    int64_t rows = 1;
    for (int64_t axis : summed) rows *= kernel_shape_[int(axis)];
    return {.name = "kernel", .shape = {rows, kernel_shape_.num_elements() / std::max<int64_t>(rows, 1)}, .whole = kernel_shape_.dims(), .reduced = {0}};
  }
  Dims scale;
  for (char c : letters_.output) {
    const size_t at = letters_.kernel.find(c);
    scale.push_back(at == std::string::npos ? 1 : kernel_shape_[int(at)]);
  }
  return {.name = "kernel", .shape = kernel_shape_, .reduced = summed, .scale_order = letters_.order(letters_.kernel), .scale_shape = Shape(scale)};
}

Tensor EinsumDenseBody::call(const Tensor& input, const CallArgs& args) {
  const EinsumLetters& l = letters_;
  Tensor y = multiply_weight(input, {[&](const Tensor& x, const Tensor& w) { return einsum(options_.equation, {x, w}); },
                                     [back = cat(l.output, ",", l.kernel, "->", l.input)](const Tensor& g, const Tensor& w) { return einsum(back, {g, w}); },
                                     l.summed(l.input), [l](const Tensor& scale) { return aligned(scale, l); }},
                             args.training.value_or(false));
  if (bias_) y = y + bias_in_use(bias_);
  return options_.activation(y);
}

RUNNEL_KERAS_CLASS(layers, EinsumDense, EinsumDenseBody)

}  // namespace runnel::inline v0::keras
