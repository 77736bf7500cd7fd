// Pad, PadV2, MirrorPad, MirrorPadGrad.
#include "runnel/op/gradient_context.h"
#include "runnel/op/types.h"
#include "runnel/ops/array.h"
#include "runnel/ops/array/ints.h"
#include "runnel/ops/array/strided.h"
#include "runnel/ops/math.h"

namespace runnel::inline v0 {

namespace {

struct Paddings {
  Dims before, after;
};
Paddings read_paddings(const Tensor& t) {
  Dims flat = read_ints(t);
  Paddings p;
  for (int i = 0; i + 1 < flat.size(); i += 2) {
    p.before.push_back(flat[i]);
    p.after.push_back(flat[i + 1]);
  }
  return p;
}

// The output of padding (sign 1) or of taking padding off (sign -1).
void padded_shape(ShapeContext& c, int sign) {
  PartialShape in = c.input(0), pads = c.with_rank(1, 2);
  if (pads[1] >= 0 && pads[1] != 2) c.invalid(cat("paddings must be a matrix with 2 columns: ", bracketed(pads)));
  if (in.has_rank() && pads[0] >= 0 && pads[0] != in.rank())
    c.invalid(cat("The first dimension of paddings must be the rank of inputs", bracketed(pads), " ", bracketed(in)));
  if (!in.has_rank() && pads[0] >= 0) in = PartialShape::unknown_dims(int(pads[0]));
  if (!in.has_rank()) return;
  if (!c.constant(1)) return c.set_output(0, PartialShape::unknown_dims(in.rank()));
  Paddings p = read_paddings(*c.constant(1));
  for (int i = 0; i < in.rank(); ++i) {
    if (p.before[i] < 0 || p.after[i] < 0) c.invalid(cat("Paddings must be non-negative: ", p.before[i], " ", p.after[i]));
    int64_t change = sign * (p.before[i] + p.after[i]), size = in[i] < 0 ? PartialShape::kUnknown : in[i] + change;
    if (change == 0) continue;
    if (in[i] >= 0 && size < 0) c.invalid("the paddings are larger than the input", {.got = bracketed(in)});
    in.set_dim(i, size);
  }
  c.set_output(0, in);
}
void pad_shape(ShapeContext& c) {
  if (c.num_inputs() == 3) c.with_rank(2, 0);
  padded_shape(c, 1);
}

Tensor zero_of(DType dtype) {
  Tensor out(dtype, {});
  if (dtype.is_plain()) dispatch<Plain>(dtype, "Pad", [&]<class T>() { *out.mutable_data<T>() = T(0); });
  return out;
}

void pad_kernel(OpContext& c) {
  const Tensor& x = c.input(0);
  Tensor& y = c.output();
  Paddings p = read_paddings(c.input(1));
  Dims walk = dense_strides(y.shape());
  int64_t start = 0;
  for (int i = 0; i < x.rank(); ++i) start += p.before[i] * walk[i];
  fill_elements(y.dtype(), y.num_elements(), (c.num_inputs() == 3 ? c.input(2) : zero_of(y.dtype())).raw(), y.mutable_raw());
  copy_box(x.dtype(), x.shape().dims(), x.raw(), dense_strides(x.shape()), advance(y.dtype(), y.mutable_raw(), start), walk);
}
std::vector<Tensor> pad_gradient(const GradientContext& c) {
  Tensor begin = reshape(slice(c.input(1), Ints{0, 0}, Ints{-1, 1}), {-1});
  std::vector<Tensor> out(size_t(c.num_inputs()));
  if (c.needs(0)) out[0] = slice(c.grad(), begin, shape(c.input(0), begin.dtype()));
  if (c.num_inputs() == 3 && c.needs(2)) {
    Tensor inside = c.needs(0) ? out[0] : slice(c.grad(), begin, shape(c.input(0), begin.dtype()));
    out[2] = subtract(reduce_sum(c.grad()), reduce_sum(inside));
  }
  return out;
}

// --- mirrors: REFLECT leaves the border out (offset 1), SYMMETRIC repeats it (offset 0) ---

int mirror_offset(const AttrReader& c) { return c.string_attr("mode") == "REFLECT" ? 1 : 0; }

void check_mirror(ShapeContext& c, const PartialShape& inner) {
  if (!c.constant(1) || !inner.has_rank()) return;
  Paddings p = read_paddings(*c.constant(1));
  int offset = mirror_offset(c);
  for (int i = 0; i < inner.rank(); ++i) {
    if (inner[i] < 0 || (p.before[i] <= inner[i] - offset && p.after[i] <= inner[i] - offset)) continue;
    c.invalid(offset ? cat("paddings must be less than the dimension size: ", p.before[i], ", ", p.after[i], " not less than ", inner[i])
                     : cat("paddings must be no greater than the dimension size: ", p.before[i], ", ", p.after[i], " greater than ", inner[i]));
  }
}
void mirror_shape(ShapeContext& c) {
  padded_shape(c, 1);
  check_mirror(c, c.input(0));
}
void mirror_grad_shape(ShapeContext& c) {
  padded_shape(c, -1);
  check_mirror(c, c.outputs()[0]);
}

// The mirrored borders of one axis of an array: each is a box copied (or added) against the direction of the axis.
struct Border {
  int64_t from, to, count;  // positions along the axis: element from - k belongs to to + k
};

// y holds x in its middle; borders are filled axis by axis, so that corners mirror what earlier axes have filled.
void mirror_kernel(OpContext& c) {
  pad_kernel(c);
  Tensor& y = c.output();
  if (y.num_elements() == 0) return;
  Paddings p = read_paddings(c.input(1));
  int offset = mirror_offset(c);
  Dims walk = dense_strides(y.shape());
  for (int axis = 0; axis < y.rank(); ++axis) {
    int64_t before = p.before[axis], after = p.after[axis], n = y.dim(axis);
    for (Border b : {Border{2 * before - 1 + offset, 0, before}, Border{n - after - 1 - offset, n - after, after}}) {
      Dims dims = y.shape().dims(), back = walk;
      dims[axis] = b.count;
      back[axis] = -walk[axis];
      copy_box(y.dtype(), dims, advance(y.dtype(), static_cast<const void*>(y.raw()), b.from * walk[axis]), back,
               advance(y.dtype(), y.mutable_raw(), b.to * walk[axis]), walk);
    }
  }
}
std::vector<Tensor> mirror_gradient(const GradientContext& c) {
  static const Op& op = get_op("MirrorPadGrad");
  return {run(op, {c.grad(), c.input(1)}, {{"mode", c.string_attr("mode")}}), Tensor()};
}

// Adds the borders of one axis into the inside: rows of `inner` elements, `n` of them, `outer` times.
template <class T>
void fold_axis(T* data, int64_t outer, int64_t n, int64_t inner, int64_t before, int64_t after, int offset) {
  for (int64_t o = 0; o < outer; ++o) {
    T* base = data + o * n * inner;
    for (Border b : {Border{2 * before - 1 + offset, 0, before}, Border{n - after - 1 - offset, n - after, after}})
      for (int64_t k = 0; k < b.count; ++k)
        for (int64_t i = 0; i < inner; ++i) {
          T& to = base[(b.from - k) * inner + i];
          to = T(to + base[(b.to + k) * inner + i]);
        }
  }
}
void mirror_grad_kernel(OpContext& c) {
  Tensor folded = c.input(0).clone();
  const Shape& s = folded.shape();
  Paddings p = read_paddings(c.input(1));
  Dims walk = dense_strides(s);
  Tensor& y = c.output();
  int64_t outer = 1, start = 0;
  for (int axis = 0; axis < s.rank(); outer *= s[axis++]) {
    start += p.before[axis] * walk[axis];
    dispatch<Numeric>(folded.dtype(), "MirrorPadGrad", [&]<class T>() {
      fold_axis(folded.mutable_data<T>(), s.num_elements() == 0 ? 0 : outer, s[axis], walk[axis], p.before[axis], p.after[axis], mirror_offset(c));
    });
  }
  copy_box(y.dtype(), y.shape().dims(), advance(y.dtype(), static_cast<const void*>(folded.raw()), start), walk, y.mutable_raw(), dense_strides(y.shape()));
}
std::vector<Tensor> mirror_grad_gradient(const GradientContext& c) {
  static const Op& op = get_op("MirrorPad");
  return {run(op, {c.grad(), c.input(1)}, {{"mode", c.string_attr("mode")}}), Tensor()};
}

/// MirrorPad: Pads with the values inside, mirrored at the border, which is repeated (SYMMETRIC) or not (REFLECT).
/// MirrorPadGrad: The gradient of MirrorPad: what was padded, added back to where it came from.
constexpr OpDef kOps[] = {
    {.name = "Pad", .signature = "input: T, paddings: Tpaddings -> output: T", .attrs = "T: type; Tpaddings: index = int32",
     .shape = pad_shape, .gradient = pad_gradient, .kernel = pad_kernel},
    {.name = "PadV2", .signature = "input: T, paddings: Tpaddings, constant_values: T -> output: T", .attrs = "T: type; Tpaddings: index = int32",
     .shape = pad_shape, .gradient = pad_gradient, .kernel = pad_kernel},
    {.name = "MirrorPad", .signature = "input: T, paddings: Tpaddings -> output: T", .attrs = "T: type; Tpaddings: index = int32; mode: {'REFLECT', 'SYMMETRIC'}",
     .shape = mirror_shape, .gradient = mirror_gradient, .kernel = mirror_kernel},
    {.name = "MirrorPadGrad", .signature = "input: T, paddings: Tpaddings -> output: T", .attrs = "T: numeric; Tpaddings: index = int32; mode: {'REFLECT', 'SYMMETRIC'}",
     .shape = mirror_grad_shape, .gradient = mirror_grad_gradient, .kernel = mirror_grad_kernel},
};

// The default of constant_values: a bare 0, which every dtype (string too) has.
bool is_default(const Operand& value) {
  if (!value.is_weak()) return false;
  Tensor t = value.tensor();
  return t.dtype() == int32 && t.num_elements() == 1 && t.item<int32_t>() == 0;
}

}  // namespace
RUNNEL_OPS(array_pad, kOps)

Tensor pad(const Tensor& tensor, const Operand& paddings, const std::string& mode, const Operand& constant_values) {
  static const Op &zero = get_op("Pad"), &value = get_op("PadV2"), &mirror = get_op("MirrorPad");
  std::string upper = mode;
  for (char& ch : upper) ch = char(ch >= 'a' && ch <= 'z' ? ch - 32 : ch);
  if (upper == "REFLECT" || upper == "SYMMETRIC") return run(mirror, {tensor, paddings.tensor()}, {{"mode", upper}});
  if (upper != "CONSTANT") fail<ValueError>("pad", cat("Value of argument `mode` expected to be one of \"CONSTANT\", \"REFLECT\", or \"SYMMETRIC\". Received `mode` = ", mode));
  if (is_default(constant_values)) return run(zero, {tensor, paddings.tensor()});
  return run(value, {tensor, paddings.tensor(), constant_values.tensor(tensor.dtype())});
}
Tensor pad(const Tensor& tensor, std::initializer_list<std::initializer_list<int64_t>> paddings, const std::string& mode, const Operand& constant_values) {
  Dims flat;
  for (const auto& row : paddings)
    for (int64_t v : row) flat.push_back(v);
  Tensor t = Tensor::from(std::span<const int64_t>(flat)).reshaped({int64_t(paddings.size()), 2});
  return pad(tensor, t, mode, constant_values);
}

}  // namespace runnel::inline v0
