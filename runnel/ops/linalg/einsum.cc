// Einsum: the operator for one or two inputs, its gradient, and tf.einsum for any number.
#include "runnel/ops/linalg/einsum.h"

#include <algorithm>
#include <cctype>
#include <cstring>
#include <map>

#include "runnel/op/gradient_context.h"
#include "runnel/ops/array.h"
#include "runnel/ops/linalg.h"
#include "runnel/ops/linalg/einsum_equation.h"
#include "runnel/ops/math.h"
#include "runnel/ops/math/elementwise.h"

namespace runnel::inline v0 {

namespace {

bool has(const std::string& s, char c) { return s.find(c) != std::string::npos; }

// Enters a dimension: sizes under one letter agree, sizes under an ellipsis broadcast.
void merge_size(ShapeContext& c, std::map<int, int64_t>& sizes, int label, int64_t size, int input, int axis) {
  auto [it, is_new] = sizes.emplace(label, size);
  if (is_new || size < 0 || size == it->second) return;
  if (it->second < 0 || (label >= kEllipsis && it->second == 1)) {
    it->second = size;
  } else if (label < kEllipsis || size != 1) {
    c.invalid(cat("Expected dimension ", it->second, " at axis ", axis, " of the input shaped ", bracketed(c.input(input)),
                  " but got dimension ", size));
  }
}

void einsum_shape(ShapeContext& c) {
  EinsumEquation e = parse_einsum(c.string_attr("equation"));
  if (int(e.inputs.size()) != c.num_inputs())
    c.invalid(cat("Expected ", e.inputs.size(), " inputs for equation ", e.text(), " but got: ", c.num_inputs()));
  if (c.num_inputs() > 2) c.invalid("has at most two inputs", {.hint = "tf.einsum contracts more, two at a time."});
  std::map<int, int64_t> sizes;
  int hidden = 0;
  for (int i = 0; i < c.num_inputs(); ++i) {
    PartialShape s = c.input(i);
    if (!s.has_rank()) return;
    std::vector<int> labels = einsum_labels(e.inputs[size_t(i)], s.rank(), e.text());
    for (int axis = 0; axis < s.rank(); ++axis) {
      merge_size(c, sizes, labels[size_t(axis)], s[axis], i, axis);
      if (labels[size_t(axis)] >= kEllipsis) hidden = std::max(hidden, labels[size_t(axis)] - kEllipsis + 1);
    }
  }
  Dims out;
  int rank = int(e.output.size()) + (has(e.output, '.') ? hidden - 1 : 0);
  for (int label : einsum_labels(e.output, rank, e.text())) out.push_back(sizes[label]);
  c.set_output(0, PartialShape(out));
}

Tensor call(const EinsumEquation& e, std::span<const Tensor> inputs) {
  static const Op& op = get_op("Einsum");
  return run(op, inputs, {{"equation", e.text()}});
}

// Known sizes of a subscript's result, to choose the order of contractions by; unknown ones count as 2.
double result_size(const std::string& result, const std::vector<std::string>& subs, const std::vector<Tensor>& inputs) {
  double size = 1;
  for (char label : result) {
    int64_t known = 2;
    for (size_t i = 0; i < subs.size(); ++i) {
      PartialShape s = inputs[i].partial_shape();
      size_t at = subs[i].find(label), dots = subs[i].find('.');
      if (label == '.' || at == std::string::npos || (dots != std::string::npos && dots < at) || !s.has_rank() || int(at) >= s.rank()) continue;
      known = std::max<int64_t>(known, s[int(at)]);
    }
    size *= double(known);
  }
  return size;
}

// What the product of inputs i and j must keep: labels that the others or the output have.
std::string kept_labels(const EinsumEquation& e, size_t i, size_t j) {
  std::string elsewhere = e.output, out;
  for (size_t k = 0; k < e.inputs.size(); ++k)
    if (k != i && k != j) elsewhere += e.inputs[k];
  for (char label : e.inputs[i] + e.inputs[j])
    if (has(elsewhere, label) && !has(out, label)) out.push_back(label);
  return out;
}

// Contracts the cheapest pair until two inputs are left.
Tensor contract(EinsumEquation e, std::vector<Tensor> inputs) {
  while (inputs.size() > 2) {
    size_t best_i = 0, best_j = 1;
    double best = -1;
    for (size_t i = 0; i < inputs.size(); ++i)
      for (size_t j = i + 1; j < inputs.size(); ++j) {
        double size = result_size(kept_labels(e, i, j), e.inputs, inputs);
        if (best < 0 || size < best) best = size, best_i = i, best_j = j;
      }
    EinsumEquation pair{{e.inputs[best_i], e.inputs[best_j]}, kept_labels(e, best_i, best_j)};
    std::vector<Tensor> two{inputs[best_i], inputs[best_j]};
    for (size_t gone : {best_j, best_i}) {
      inputs.erase(inputs.begin() + int64_t(gone));
      e.inputs.erase(e.inputs.begin() + int64_t(gone));
    }
    inputs.push_back(call(pair, two));
    e.inputs.push_back(pair.output);
  }
  return call(e, inputs);
}

// ones(size of x along axis), which carries a label that the gradient must be spread over.
Tensor ones_along(const Tensor& x, int axis) {
  PartialShape s = x.partial_shape();
  if (s[axis] >= 0) return ones(Ints{s[axis]}, x.dtype());
  return ones(slice(shape(x), Ints{axis}, Ints{1}), x.dtype());
}

// d/dx: the output's gradient and the other inputs, contracted to x's subscript.
Tensor input_gradient(const GradientContext& c, const EinsumEquation& e, size_t k) {
  const Tensor& x = c.input(int(k));
  int rank = x.partial_shape().rank();
  EinsumEquation back{{e.output}, e.inputs[k]};
  std::vector<Tensor> operands{c.grad()};
  std::string available = e.output;
  for (size_t i = 0; i < e.inputs.size(); ++i) {
    if (i == k) continue;
    back.inputs.push_back(e.inputs[i]);
    operands.push_back(conj(c.input(int(i))));
    available += e.inputs[i];
  }
  std::vector<int> labels = einsum_labels(e.inputs[k], rank, e.text());
  for (int axis = 0; axis < rank; ++axis) {
    int label = labels[size_t(axis)];
    if (label >= kEllipsis || has(available, char(label))) continue;
    available.push_back(char(label));
    back.inputs.push_back(std::string(1, char(label)));
    operands.push_back(ones_along(x, axis));
  }
  Tensor dx = contract(back, operands);
  if (!has(e.inputs[k], '.')) return dx;
  // the ellipsis of the output may be longer than x's: its first dimensions are summed, then those where x has size 1
  int extra = dx.partial_shape().rank() - rank, first = int(e.inputs[k].find('.'));
  if (extra > 0) {
    Dims axes;
    for (int i = 0; i < extra; ++i) axes.push_back(first + i);
    dx = reduce_sum(dx, Axes(axes));
  }
  return unbroadcast(dx, x);
}

std::vector<Tensor> einsum_gradient(const GradientContext& c) {
  EinsumEquation e = parse_einsum(c.string_attr("equation"));
  std::vector<Tensor> out(e.inputs.size());
  for (size_t k = 0; k < out.size(); ++k)
    if (c.needs(int(k))) out[k] = input_gradient(c, e, k);
  return out;
}

constexpr OpDef kOps[] = {
    {.name = "Einsum", .signature = "inputs: N*T -> output: T", .attrs = "equation: string; N: int >= 1; T: numeric", .shape = einsum_shape,
     .gradient = einsum_gradient, .kernel = einsum_kernel},
};

}  // namespace
RUNNEL_OPS(linalg_einsum, kOps)

Tensor einsum(const std::string& equation, const Operands& inputs, const std::string&) {
  if (!std::all_of(equation.begin(), equation.end(), [](unsigned char c) { return std::isalpha(c) || std::strchr(" ,.->", c); }))
    fail<ValueError>("einsum", cat("Subscripts have incorrect format: ", equation));
  EinsumEquation e = parse_einsum(equation);
  std::vector<Tensor> tensors = match(inputs);
  if (tensors.size() != e.inputs.size())
    fail<ValueError>("einsum", cat("Got ", tensors.size(), " inputs for equation \"", equation, "\", expecting ", e.inputs.size()));
  return contract(e, tensors);
}

}  // namespace runnel::inline v0
