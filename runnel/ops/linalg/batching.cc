// How this family's operators run for a whole batch: see op/batching.h.
#include <algorithm>

#include "runnel/ops/batching_rules.h"
#include "runnel/ops/linalg.h"

namespace runnel::inline v0 {

namespace {

using Out = std::vector<Batched>;
using C = BatchingContext;

// Where all elements share b, their rows make one tall matrix.
Out multiplied(const C& c) {
  bool ta = c.bool_attr("transpose_a"), tb = c.bool_attr("transpose_b");
  if (!c.stacked(0) || c.stacked(1) || ta) return stacked({matmul(c.value(0), c.value(1), ta, tb)});
  return stacked({unmerged(matmul(merged(c.value(0)), c.value(1), false, tb), c.count())});
}
Out multiplied_batches(const C& c) {
  int rank = std::max(c.rank(0), c.rank(1));
  if (std::min(c.rank(0), c.rank(1)) < 0) return {};
  return stacked(run_all(c.op(), {c.aligned(0, rank), c.aligned(1, rank)}, c.attrs()));
}

// One more letter in front of what differs from element to element.
Out einsum_rule(const C& c) {
  std::string equation = c.string_attr("equation"), letter;
  size_t arrow = equation.find("->");
  if (arrow == std::string::npos) return {};
  for (char l = 'a'; l <= 'z' && letter.empty(); ++l)
    if (equation.find(l) == std::string::npos) letter = l;
  if (letter.empty()) return {};
  std::string out = c.stacked(0) ? letter : "";
  std::vector<Tensor> inputs{c.value(0)};
  for (char l : equation.substr(0, arrow)) {
    out += l;
    if (l != ',') continue;
    if (c.stacked(int(inputs.size()))) out += letter;
    inputs.push_back(c.value(int(inputs.size())));
  }
  Attrs attrs = c.attrs();
  attrs.set("equation", cat(out, "->", letter, equation.substr(arrow + 2)));
  return stacked(run_all(c.op(), inputs, attrs));
}

// The operator works on the last axes of its first input; the others are shared.
Out matrices(const C& c) {
  if (c.any_stacked(1, c.num_inputs())) return {};
  std::vector<Tensor> inputs;
  for (int i = 0; i < c.num_inputs(); ++i) inputs.push_back(c.value(i));
  return stacked(run_all(c.op(), inputs, c.attrs()));
}

// (matrix, right side) with batches of their own, which must have the same rank.
Out solved(const C& c) { return c.rank(0) >= 0 && c.rank(0) == c.rank(1) ? batch_as_rows(c) : Out(); }
// The first two differ, which diagonal is shared.
Out diagonal_set(const C& c) {
  if (c.any_stacked(2, c.num_inputs())) return {};
  std::vector<Tensor> inputs{c.stack(0), c.stack(1)};
  for (int i = 2; i < c.num_inputs(); ++i) inputs.push_back(c.value(i));
  return stacked(run_all(c.op(), inputs, c.attrs()));
}
// Of one element these are vectors and matrices; of all of them a batch.
Out vector_to_diagonal(const C& c) { return c.rank(0) == 1 ? stacked({run(get_op("MatrixDiag"), {c.value(0)})}) : Out(); }
Out diagonal_of_matrix(const C& c) { return c.rank(0) == 2 ? stacked({run(get_op("MatrixDiagPart"), {c.value(0)})}) : Out(); }

constexpr BatchingDef kRules[] = {
    {"MatMul", multiplied},        {"BatchMatMul", batch_as_rows}, {"BatchMatMulV2", multiplied_batches}, {"BatchMatMulV3", multiplied_batches},
    {"Einsum", einsum_rule},       {"Cross", batch_as_rows},       {"MatrixBandPart", matrices},          {"MatrixDiag", matrices},
    {"MatrixDiagV2", matrices},    {"MatrixDiagV3", matrices},     {"MatrixDiagPart", matrices},          {"MatrixDiagPartV2", matrices},
    {"MatrixDiagPartV3", matrices}, {"MatrixSetDiag", batch_as_rows}, {"MatrixSetDiagV2", diagonal_set}, {"MatrixSetDiagV3", diagonal_set},
    {"Diag", vector_to_diagonal},  {"DiagPart", diagonal_of_matrix}, {"Cholesky", batch_as_rows},    {"MatrixInverse", batch_as_rows},
    {"MatrixDeterminant", batch_as_rows}, {"LogMatrixDeterminant", batch_as_rows}, {"SelfAdjointEigV2", batch_as_rows}, {"Svd", batch_as_rows},
    {"Qr", batch_as_rows},         {"Lu", batch_as_rows},          {"Eig", batch_as_rows},                {"MatrixSolve", solved},
    {"MatrixTriangularSolve", solved},
};

}  // namespace

RUNNEL_BATCHING(linalg_batching, kRules)

}  // namespace runnel::inline v0
