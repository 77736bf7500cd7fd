// MatrixDiag, MatrixDiagPart and MatrixSetDiag, each in its three versions: V1 knows the main diagonal only, V2 any band,
// V3 also how shorter diagonals are aligned.
#include "runnel/op/gradient_context.h"
#include "runnel/ops/array.h"
#include "runnel/ops/array/ints.h"
#include "runnel/ops/array/padding.h"
#include "runnel/ops/array/strided.h"
#include "runnel/ops/linalg.h"
#include "runnel/ops/linalg/diagonals.h"
#include "runnel/ops/math.h"

namespace runnel::inline v0 {

namespace {

// The band of a call: input `at` holds k; V1 has no such input.
Band band_of(const AttrReader& c, std::span<const Tensor> inputs, size_t at) {
  return at < inputs.size() ? read_band(c, inputs[at]) : Band();
}
// False where k is not known yet.
bool band_of(ShapeContext& c, int at, Band& band) {
  if (at >= c.num_inputs()) return true;
  if (const Tensor* k = c.constant(at)) band = read_band(c, *k);
  return c.constant(at) != nullptr;
}

// How compact diagonals and matrices are walked: (batch, length) for each diagonal.
template <class F>
void for_diagonals(const Band& band, const Shape& matrix, const Shape& compact, F&& f) {
  int64_t rows = matrix.dim(-2), columns = matrix.dim(-1), size = rows * columns;
  int64_t each = (band.is_single() ? 1 : compact.dim(-2)) * compact.dim(-1);
  int64_t batch = size == 0 ? 0 : matrix.num_elements() / size;
  for (const Diagonal& d : diagonals_of(band, rows, columns)) f(d, Dims{batch, d.length}, Dims{size, columns + 1}, Dims{each, 1});
}
void put_diagonals(const Band& band, const Tensor& compact, const Tensor& matrix) {
  DType t = matrix.dtype();
  for_diagonals(band, matrix.shape(), compact.shape(), [&](const Diagonal& d, const Dims& dims, const Dims& in_matrix, const Dims& in_compact) {
    copy_box(t, dims, advance(t, compact.raw(), d.compact_start), in_compact, advance(t, matrix.mutable_raw(), d.matrix_start), in_matrix);
  });
}
void take_diagonals(const Band& band, const Tensor& matrix, const Tensor& compact) {
  DType t = matrix.dtype();
  for_diagonals(band, matrix.shape(), compact.shape(), [&](const Diagonal& d, const Dims& dims, const Dims& in_matrix, const Dims& in_compact) {
    copy_box(t, dims, advance(t, matrix.raw(), d.matrix_start), in_matrix, advance(t, compact.mutable_raw(), d.compact_start), in_compact);
  });
}
void fill_with(const Tensor& y, const OpContext& c, int padding) {
  Tensor value = padding < c.num_inputs() ? c.input(padding) : zeros(Shape(), y.dtype());
  fill_elements(y.dtype(), y.num_elements(), value.raw(), y.mutable_raw());
}

// --- MatrixDiag: inputs diagonal, k, num_rows, num_cols, padding_value ---

// The matrices' sizes: the smallest ones that hold the diagonals, where -1 leaves them open.
struct Sizes {
  int64_t rows, columns;
};
Sizes matrix_sizes(ShapeContext& c, const Band& band, int64_t longest, Sizes wanted) {
  Sizes least{longest - std::min<int64_t>(band.upper, 0), longest + std::max<int64_t>(band.lower, 0)};
  if (wanted.rows < 0 && wanted.columns < 0) return {std::max(least.rows, least.columns), std::max(least.rows, least.columns)};
  Sizes s{wanted.rows < 0 ? least.rows : wanted.rows, wanted.columns < 0 ? least.columns : wanted.columns};
  if (s.rows < least.rows) c.invalid("The number of rows is too small.", {.got = to_text(s.rows), .expected = cat("at least ", least.rows)});
  if (s.columns < least.columns)
    c.invalid("The number of columns is too small.", {.got = to_text(s.columns), .expected = cat("at least ", least.columns)});
  if (s.rows != least.rows && s.columns != least.columns)
    c.invalid("The number of rows or columns is not consistent with the specified d_lower, d_upper, and diagonal.");
  return s;
}
bool wanted_size(ShapeContext& c, int at, int64_t& size) {
  if (at >= c.num_inputs()) return true;
  if (const Tensor* t = c.constant(at)) size = read_int(*t);
  return c.constant(at) != nullptr;
}
void matrix_diag_shape(ShapeContext& c) {
  PartialShape s = c.with_rank_at_least(0, 1);
  Band band;
  Sizes wanted{-1, -1};
  if (!band_of(c, 1, band) || !s.has_rank()) return;
  if (!band.is_single() && s.rank() < 2) c.invalid("diagonal must be at least 2-dim for a band", {.got = cat("shape ", bracketed(s))});
  if (!band.is_single() && s.dim(-2) >= 0 && s.dim(-2) != band.count())
    c.invalid("The number of diagonals provided in the input does not match the lower_diag_index and upper_diag_index range.",
              {.got = to_text(s.dim(-2)), .expected = to_text(band.count())});
  PartialShape out = s.slice(0, s.rank() - (band.is_single() ? 1 : 2));
  bool known = wanted_size(c, 2, wanted.rows) & wanted_size(c, 3, wanted.columns);
  Sizes size = known && s.dim(-1) >= 0 ? matrix_sizes(c, band, s.dim(-1), wanted) : Sizes{-1, -1};
  c.set_output(0, out.concatenate({size.rows, size.columns}));
}
void matrix_diag_kernel(OpContext& c) {
  Tensor& y = c.output();
  fill_with(y, c, 4);
  put_diagonals(band_of(c, c.inputs(), 1), c.input(0), y);
}

// --- MatrixDiagPart: inputs input, k, padding_value ---

void matrix_diag_part_shape(ShapeContext& c) {
  PartialShape s = c.with_rank_at_least(0, 2);
  Band band;
  if (!band_of(c, 1, band) || !s.has_rank()) return;
  PartialShape out = s.slice(0, s.rank() - 2);
  if (!band.is_single()) out = out.concatenate({band.count()});
  int64_t rows = s.dim(-2), columns = s.dim(-1);
  if (rows < 0 || columns < 0) return c.set_output(0, out.concatenate({-1}));
  auto inside = [&](int64_t d) { return d == 0 || (-rows < d && d < columns); };
  if (!inside(band.lower)) c.invalid(cat("lower_diag_index is out of bound: ", band.lower, ". It must be between ", -rows, " and ", columns));
  if (!inside(band.upper)) c.invalid(cat("upper_diag_index is out of bound: ", band.upper, ". It must be between ", -rows, " and ", columns));
  c.set_output(0, out.concatenate({band.longest(rows, columns)}));
}
void matrix_diag_part_kernel(OpContext& c) {
  Tensor& y = c.output();
  fill_with(y, c, 2);
  take_diagonals(band_of(c, c.inputs(), 1), c.input(0), y);
}

// --- MatrixSetDiag: inputs input, diagonal, k ---

void matrix_set_diag_shape(ShapeContext& c) {
  PartialShape s = c.with_rank_at_least(0, 2), diagonal = c.with_rank_at_least(1, 1);
  c.set_output(0, s);
  Band band;
  if (!band_of(c, 2, band) || !s.has_rank() || !diagonal.has_rank()) return;
  PartialShape expected = s.slice(0, s.rank() - 2);
  if (!band.is_single()) expected = expected.concatenate({band.count()});
  bool known = s.dim(-2) >= 0 && s.dim(-1) >= 0;
  expected = expected.concatenate({known ? band.longest(s.dim(-2), s.dim(-1)) : -1});
  if (!expected.is_compatible_with(diagonal))
    c.invalid("Either first dimensions of diagonal don't match input.shape[:-2], or diagonal.shape[:-1] is not equal to the longests diagonal in "
              "range [lower_diag_index:upper_diag_index].",
              {.got = cat("diagonal.shape: ", bracketed(diagonal), ", input.shape: ", bracketed(s)), .expected = cat("diagonal.shape: ", bracketed(expected))});
}
void matrix_set_diag_kernel(OpContext& c) {
  c.output_shape();
  Tensor y = c.input(0).clone();
  put_diagonals(band_of(c, c.inputs(), 2), c.input(1), y);
  c.set_output(0, y);
}

// --- gradients: each operator undoes the other ---

struct Version {
  const char *diag, *part, *set;
};
Version version_of(const AttrReader& c) {
  std::string_view name = c.op().name();
  if (name.ends_with("V3")) return {"MatrixDiagV3", "MatrixDiagPartV3", "MatrixSetDiagV3"};
  if (name.ends_with("V2")) return {"MatrixDiagV2", "MatrixDiagPartV2", "MatrixSetDiagV2"};
  return {"MatrixDiag", "MatrixDiagPart", "MatrixSetDiag"};
}
Attrs align_of(const AttrReader& c) {
  if (c.op().schema().attr_index("align") < 0) return {};
  return {{"align", c.string_attr("align")}};
}
Tensor part_of(const GradientContext& c, const Tensor& matrix, int k) {
  std::vector<Tensor> inputs{matrix};
  if (k < c.num_inputs()) inputs.insert(inputs.end(), {c.input(k), zeros(Shape(), matrix.dtype())});
  return run(get_op(version_of(c).part), inputs, align_of(c));
}
Tensor with_diagonal(const GradientContext& c, const Tensor& matrix, const Tensor& diagonal, int k) {
  std::vector<Tensor> inputs{matrix, diagonal};
  if (k < c.num_inputs()) inputs.push_back(c.input(k));
  return run(get_op(version_of(c).set), inputs, align_of(c));
}
// The padding's share is what the diagonals did not take.
std::vector<Tensor> with_padding(const GradientContext& c, const Tensor& dx, int padding) {
  std::vector<Tensor> out(size_t(c.num_inputs()));
  out[0] = dx;
  if (padding < c.num_inputs() && c.needs(padding)) out[size_t(padding)] = subtract(reduce_sum(c.grad()), reduce_sum(dx));
  return out;
}
std::vector<Tensor> matrix_diag_gradient(const GradientContext& c) { return with_padding(c, part_of(c, c.grad(), 1), 4); }
std::vector<Tensor> matrix_diag_part_gradient(const GradientContext& c) {
  return with_padding(c, with_diagonal(c, zeros_like(c.input(0)), c.grad(), 1), 2);
}
std::vector<Tensor> matrix_set_diag_gradient(const GradientContext& c) {
  std::vector<Tensor> out(size_t(c.num_inputs()));
  if (c.needs(0)) out[0] = with_diagonal(c, c.grad(), zeros_like(c.input(1)), 2);
  if (c.needs(1)) out[1] = part_of(c, c.grad(), 2);
  return out;
}

constexpr const char* kAligned = "T: type; align: {'LEFT_RIGHT', 'RIGHT_LEFT', 'LEFT_LEFT', 'RIGHT_RIGHT'} = 'RIGHT_LEFT'";
constexpr OpDef diag(const char* name, const char* signature, const char* attrs) {
  return {.name = name, .signature = signature, .attrs = attrs, .shape = matrix_diag_shape, .gradient = matrix_diag_gradient, .kernel = matrix_diag_kernel};
}
constexpr OpDef part(const char* name, const char* signature, const char* attrs) {
  return {.name = name, .signature = signature, .attrs = attrs, .shape = matrix_diag_part_shape, .gradient = matrix_diag_part_gradient, .kernel = matrix_diag_part_kernel};
}
constexpr OpDef set(const char* name, const char* signature, const char* attrs) {
  return {.name = name, .signature = signature, .attrs = attrs, .shape = matrix_set_diag_shape, .gradient = matrix_set_diag_gradient, .kernel = matrix_set_diag_kernel};
}
constexpr const char* kDiag = "diagonal: T, k: int32, num_rows: int32, num_cols: int32, padding_value: T -> output: T";
constexpr const char* kPart = "input: T, k: int32, padding_value: T -> diagonal: T";
constexpr const char* kSet = "input: T, diagonal: T, k: int32 -> output: T";

/// MatrixDiag: Matrices with the given main diagonals, zero elsewhere.
/// MatrixDiagV2: Matrices with the given diagonals, `padding_value` elsewhere; shorter diagonals stand to the left.
/// MatrixDiagV3: Matrices with the given diagonals, `padding_value` elsewhere, aligned as `align` says.
/// MatrixDiagPart: The main diagonals of matrices.
/// MatrixDiagPartV2: Diagonals k[0] to k[1] of matrices, filled up with `padding_value`; shorter diagonals stand to the left.
/// MatrixDiagPartV3: Diagonals k[0] to k[1] of matrices, filled up with `padding_value`, aligned as `align` says.
/// MatrixSetDiag: The matrices with other main diagonals.
/// MatrixSetDiagV2: The matrices with other diagonals k[0] to k[1]; shorter diagonals stand to the left.
/// MatrixSetDiagV3: The matrices with other diagonals k[0] to k[1], aligned as `align` says.
constexpr OpDef kOps[] = {
    diag("MatrixDiag", "diagonal: T -> output: T", "T: type"),
    diag("MatrixDiagV2", kDiag, "T: type"),
    diag("MatrixDiagV3", kDiag, kAligned),
    part("MatrixDiagPart", "input: T -> diagonal: T", "T: type"),
    part("MatrixDiagPartV2", kPart, "T: type"),
    part("MatrixDiagPartV3", kPart, kAligned),
    set("MatrixSetDiag", "input: T, diagonal: T -> output: T", "T: type"),
    set("MatrixSetDiagV2", kSet, "T: type"),
    set("MatrixSetDiagV3", kSet, kAligned),
};

}  // namespace
RUNNEL_OPS(linalg_matrix_diag, kOps)

namespace linalg {

Tensor diag(const Tensor& diagonal, const Ints& k, const Operand& num_rows, const Operand& num_cols, const Operand& padding_value,
            const std::string& align) {
  static const Op& op = get_op("MatrixDiagV3");
  return run(op, {diagonal, cast(k.tensor(), int32), num_rows.tensor(), num_cols.tensor(), padding_of(padding_value, diagonal.dtype())}, {{"align", align}});
}
Tensor diag_part(const Tensor& input, const Ints& k, const Operand& padding_value, const std::string& align) {
  static const Op& op = get_op("MatrixDiagPartV3");
  return run(op, {input, cast(k.tensor(), int32), padding_of(padding_value, input.dtype())}, {{"align", align}});
}
Tensor set_diag(const Tensor& input, const Operand& diagonal, const Ints& k, const std::string& align) {
  static const Op& op = get_op("MatrixSetDiagV3");
  return run(op, {input, diagonal.tensor(input.dtype()), cast(k.tensor(), int32)}, {{"align", align}});
}

}  // namespace linalg
}  // namespace runnel::inline v0
