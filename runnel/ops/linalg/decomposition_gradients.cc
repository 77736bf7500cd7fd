#include "runnel/ops/linalg/decomposition_gradients.h"

#include "runnel/base/error.h"
#include "runnel/ops/array.h"
#include "runnel/ops/linalg.h"
#include "runnel/ops/math.h"
#include "runnel/ops/math/elementwise.h"

namespace runnel::inline v0::linalg_internal {

namespace {

using linalg::adjoint;

// The lower half, with half of the diagonal.
Tensor lower_half(const Tensor& x) {
  Tensor low = linalg::band_part(x, -1, 0);
  return linalg::set_diag(low, linalg::diag_part(low) * 0.5);
}
Tensor hermitian(const Tensor& x) { return (x + adjoint(x)) * 0.5; }
Tensor as_matrix(const Tensor& scalars) { return expand_dims(expand_dims(scalars, -1), -1); }
Tensor column(const Tensor& x) { return expand_dims(x, -1); }
Tensor row(const Tensor& x) { return expand_dims(x, -2); }
Tensor strict_lower(const Tensor& x) { return linalg::band_part(x, -1, 0) - linalg::band_part(x, 0, 0); }

// 1 / (b_j - a_i), and 0 on the diagonal.
Tensor inverse_differences(const Tensor& a) { return reciprocal_no_nan(row(a) - column(a)); }

[[noreturn]] void no_full_gradient(const char* op) {
  fail<errors::UnimplementedError>(op, "the gradient is known for square matrices and reduced factors only", {.hint = "use full_matrices=False."});
}

}  // namespace

// Phi(L^H gL) between inverses of L on both sides, made Hermitian.
std::vector<Tensor> cholesky_gradient(const GradientContext& c) {
  const Tensor& l = c.output();
  Tensor inner = lower_half(matmul(l, c.grad(), false, false, true));
  Tensor left = linalg::triangular_solve(l, inner, true, true);
  Tensor both = adjoint(linalg::triangular_solve(l, adjoint(left), true, true));
  return {hermitian(both)};
}

std::vector<Tensor> inverse_gradient(const GradientContext& c) {
  const Tensor& inverse = c.output();
  bool adjointed = c.bool_attr("adjoint");
  Tensor g = -matmul(matmul(inverse, c.grad(), false, false, true), inverse, false, false, false, true);
  return {adjointed ? adjoint(g) : g};
}

std::vector<Tensor> determinant_gradient(const GradientContext& c) {
  return {as_matrix(c.grad() * conj(c.output())) * linalg::inv(c.input(0), true)};
}
std::vector<Tensor> log_determinant_gradient(const GradientContext& c) { return {as_matrix(c.grad(1)) * linalg::inv(c.input(0), true)}; }

std::vector<Tensor> solve_gradient(const GradientContext& c) {
  bool adjointed = c.bool_attr("adjoint");
  const Tensor& x = c.output();
  Tensor b = linalg::solve(c.input(0), c.grad(), !adjointed);
  Tensor a = adjointed ? -matmul(x, b, false, false, false, true) : -matmul(b, x, false, false, false, true);
  return {unbroadcast(a, c.input(0)), unbroadcast(b, c.input(1))};
}

std::vector<Tensor> triangular_gradient(const GradientContext& c) {
  bool adjointed = c.bool_attr("adjoint"), lower = c.bool_attr("lower");
  const Tensor& x = c.output();
  Tensor b = linalg::triangular_solve(c.input(0), c.grad(), lower, !adjointed);
  Tensor a = adjointed ? -matmul(x, b, false, false, false, true) : -matmul(b, x, false, false, false, true);
  a = lower ? linalg::band_part(a, -1, 0) : linalg::band_part(a, 0, -1);
  return {unbroadcast(a, c.input(0)), unbroadcast(b, c.input(1))};
}

// V (diag(ge) + F * (V^H gV)) V^H with F_ij = 1 / (e_j - e_i); only the lower half of the input counts.
std::vector<Tensor> eigh_gradient(const GradientContext& c) {
  bool vectors = c.bool_attr("compute_v");
  std::vector<Tensor> again;
  if (!vectors) {
    linalg::SelfAdjointEig whole = linalg::eigh(c.input(0));
    again = {whole.e, whole.v};
  }
  const Tensor &e = vectors ? c.output(0) : again[0], &v = vectors ? c.output(1) : again[1];
  Tensor middle = linalg::diag(c.grad(0));
  if (vectors && c.has_grad(1)) middle = middle + inverse_differences(e) * matmul(v, c.grad(1), false, false, true);
  Tensor g = matmul(v, matmul(middle, v, false, false, false, true));
  Tensor low = linalg::band_part(g + adjoint(g), -1, 0);
  return {linalg::set_diag(low, linalg::diag_part(low) * 0.5)};
}

// V^-H (diag(ge) + F * (V^H gV - V^H V diag(re(V^H gV)))) V^H, with F_ij = conj(1 / (e_j - e_i)) (arXiv:1701.00392, eq. 4.77).
std::vector<Tensor> eig_gradient(const GradientContext& c) {
  bool vectors = c.bool_attr("compute_v");
  const Tensor& e = c.output(0);
  Tensor v = vectors ? c.output(1) : run_all(get_op("Eig"), {c.input(0)}, {{"compute_v", true}, {"Tout", e.dtype()}})[1];
  Tensor vh = adjoint(v), inner = linalg::diag(c.has_grad(0) ? c.grad(0) : zeros_like(e));
  if (vectors && c.has_grad(1)) {
    Tensor vgv = matmul(vh, c.grad(1)), lengths = linalg::diag(cast(real(linalg::diag_part(vgv)), e.dtype()));
    inner = inner + conj(inverse_differences(e)) * (vgv - matmul(matmul(vh, v), lengths));
  }
  return {cast(linalg::solve(vh, matmul(inner, vh)), c.input(0).dtype())};
}

// For rows >= columns, or a square q: (gq + q M^H...) R^-H as of arXiv:1009.1112.
std::vector<Tensor> qr_gradient(const GradientContext& c) {
  const Tensor &q = c.output(0), &r = c.output(1);
  PartialShape s = c.input(0).partial_shape();
  bool tall = s.dim(-2) >= s.dim(-1);
  if (!tall || (c.bool_attr("full_matrices") && s.dim(-2) != s.dim(-1))) no_full_gradient("Qr");
  Tensor gq = c.grad(0), gr = c.grad(1);
  Tensor rdr = matmul(r, gr, false, false, false, true), qdq = matmul(q, gq, false, false, true);
  Tensor rdr_less = rdr - adjoint(rdr), qdq_less = qdq - adjoint(qdq), tril = strict_lower(rdr_less + qdq_less);
  auto divided = [&](const Tensor& x) { return adjoint(linalg::triangular_solve(r, adjoint(x), false, false)); };
  Tensor a = matmul(q, gr + divided(tril)), b = divided(gq - matmul(q, qdq));
  Tensor out = a + b;
  if (q.dtype().is_complex()) {
    Tensor m = rdr - adjoint(qdq);
    out = out + divided(matmul(q, linalg::set_diag(zeros_like(m), linalg::diag_part(m))) * complex(0.0, -1.0));
  }
  return {out};
}

// Singular values alone: U diag(gs) V^H. With vectors, of the reduced form (Giles, section 3; Townsend 2016).
std::vector<Tensor> svd_gradient(const GradientContext& c) {
  if (!c.bool_attr("compute_uv")) {
    linalg::Svd parts = linalg::svd_parts(c.input(0));
    Tensor s = cast(c.grad(0), parts.u.dtype());
    return {matmul(parts.u * row(s), parts.v, false, false, false, true)};
  }
  PartialShape shape = c.input(0).partial_shape();
  if (c.bool_attr("full_matrices") && shape.dim(-1) != shape.dim(-2)) no_full_gradient("Svd");
  const Tensor &s = c.output(0), &u = c.output(1), &v = c.output(2);
  Tensor gs = c.grad(0), gu = c.grad(1), gv = c.grad(2), squares = square(s);
  Tensor f = reciprocal_no_nan(row(squares) - column(squares)), inverse = reciprocal_no_nan(s);
  Tensor udu = matmul(u, gu, false, false, true), vdv = matmul(v, gv, false, false, true);
  Tensor from_u = f * (udu - adjoint(udu)) * row(s), from_v = column(s) * (f * (vdv - adjoint(vdv)));
  Tensor out = matmul(u, matmul(linalg::diag(gs) + from_u + from_v, v, false, false, false, true));
  // What leaves the spans of the reduced factors.
  Tensor beyond_u = matmul((gu - matmul(u, udu)) * row(inverse), v, false, false, false, true);
  Tensor beyond_v = matmul(u * row(inverse), gv - matmul(v, vdv), false, false, false, true);
  return {out + beyond_u + beyond_v};
}

}  // namespace runnel::inline v0::linalg_internal
