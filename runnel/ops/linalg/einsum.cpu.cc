// Einsum on the CPU: each input loses the labels that only it has, two inputs meet in one batched GEMM.
#include <algorithm>

#include "runnel/op/types.h"
#include "runnel/ops/linalg/einsum.h"
#include "runnel/ops/linalg/einsum_equation.h"
#include "runnel/runtime/cpu/gemm.h"
#include "runnel/runtime/cpu/transpose.h"
#include "runnel/runtime/thread_pool.h"

namespace runnel::inline v0 {

namespace {

using Labels = std::vector<int>;

bool contains(const Labels& labels, int label) { return std::find(labels.begin(), labels.end(), label) != labels.end(); }

/// A dense tensor whose dimensions have distinct labels.
struct Labelled {
  Tensor values;
  Labels labels;
  int64_t size(int label) const {
    auto at = std::find(labels.begin(), labels.end(), label);
    return at == labels.end() ? 1 : values.dim(int(at - labels.begin()));
  }
  int64_t size(const Labels& some) const {
    int64_t n = 1;
    for (int label : some) n *= size(label);
    return n;
  }
};

/// Where an element of a strided array lies: a stride for each distinct label (repeated labels walk the diagonal).
struct View {
  Labels labels;
  Dims sizes, strides;
  int at(int label) const { return int(std::find(labels.begin(), labels.end(), label) - labels.begin()); }
};

// A dimension of size 1 under an ellipsis broadcasts, so it has no label.
View view_of(const Tensor& x, const Labels& labels) {
  View v;
  Dims dense(x.rank());
  cpu::dense_strides(x.shape().dims(), dense.data());
  for (int i = 0; i < x.rank(); ++i) {
    int label = labels[size_t(i)];
    if (label >= kEllipsis && x.dim(i) == 1) continue;
    int at = v.at(label);
    if (at < int(v.labels.size())) {
      v.strides[at] += dense[i];
    } else {
      v.labels.push_back(label);
      v.sizes.push_back(x.dim(i));
      v.strides.push_back(dense[i]);
    }
  }
  return v;
}

// The elements of a view in the order of `order`, dense.
Tensor gathered(const Tensor& x, const View& v, const Labels& order) {
  Dims sizes, strides, dense;
  for (int label : order) {
    sizes.push_back(v.sizes[v.at(label)]);
    strides.push_back(v.strides[v.at(label)]);
  }
  dense.resize(sizes.size());
  cpu::dense_strides(sizes, dense.data());
  Shape shape(sizes);
  if (x.num_elements() == shape.num_elements() && strides == dense) return x.reshaped(shape);
  Tensor y(x.dtype(), shape);
  cpu::copy_strided(x.raw(), strides, y.mutable_raw(), dense, sizes, x.dtype().size());
  return y;
}

template <class T>
void sum_rows(const T* x, T* y, int64_t rows, int64_t columns) {
  parallel_for(rows, std::max<int64_t>(1, 16384 / std::max<int64_t>(1, columns)), [=](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r) {
      Accumulator<T> sum = Accumulator<T>();
      for (int64_t i = 0; i < columns; ++i) sum += Accumulator<T>(x[r * columns + i]);
      y[r] = T(sum);
    }
  });
}

// The input without repeated labels and without those that nobody else wants.
template <class T>
Labelled prepared(const Tensor& x, const Labels& labels, const Labels& wanted) {
  View v = view_of(x, labels);
  Labels kept, summed;
  for (int label : v.labels) (contains(wanted, label) ? kept : summed).push_back(label);
  Labels order = kept;
  order.insert(order.end(), summed.begin(), summed.end());
  Tensor dense = gathered(x, v, order);
  if (summed.empty()) return {dense, kept};
  Dims sizes;
  int64_t columns = 1;
  for (int label : kept) sizes.push_back(v.sizes[v.at(label)]);
  for (int label : summed) columns *= v.sizes[v.at(label)];
  Tensor sums(x.dtype(), Shape(sizes));
  sum_rows(dense.data<T>(), sums.mutable_data<T>(), sums.num_elements(), columns);
  return {sums, kept};
}

Labels joined(std::initializer_list<Labels> parts) {
  Labels out;
  for (const Labels& p : parts) out.insert(out.end(), p.begin(), p.end());
  return out;
}

// x as (batch, rows, columns); `swapped` tells that it lies as (batch, columns, rows), where that spares a copy.
Tensor as_matrices(const Labelled& x, const Labels& batch, const Labels& rows, const Labels& columns, bool& swapped) {
  View v = view_of(x.values, x.labels);
  Labels straight = joined({batch, rows, columns}), turned = joined({batch, columns, rows});
  swapped = v.labels != straight && v.labels == turned;
  return gathered(x.values, v, swapped ? turned : straight);
}

template <class T>
Labelled contracted(const Labelled& a, const Labelled& b, const Labels& out) {
  Labels batch, inner, free_a, free_b;
  for (int label : a.labels) (!contains(b.labels, label) ? free_a : contains(out, label) ? batch : inner).push_back(label);
  for (int label : b.labels)
    if (!contains(a.labels, label)) free_b.push_back(label);
  cpu::Gemm<T> g;
  Tensor left = as_matrices(a, batch, free_a, inner, g.transpose_a), right = as_matrices(b, batch, inner, free_b, g.transpose_b);
  g.m = a.size(free_a);
  g.n = b.size(free_b);
  g.k = a.size(inner);
  g.batch = a.size(batch);
  g.stride_a = g.m * g.k;
  g.stride_b = g.k * g.n;
  g.stride_c = g.m * g.n;
  Dims sizes;
  for (int label : batch) sizes.push_back(a.size(label));
  for (int label : free_a) sizes.push_back(a.size(label));
  for (int label : free_b) sizes.push_back(b.size(label));
  Tensor c(a.values.dtype(), Shape(sizes));
  g.a = left.data<T>();
  g.b = right.data<T>();
  g.c = c.mutable_data<T>();
  if (c.num_elements() > 0) cpu::gemm(g);
  return {c, joined({batch, free_a, free_b})};
}

// Writes the result in the output's order; a label that the output repeats fills its diagonal, zeros elsewhere.
void write(const Labelled& result, const Labels& labels, Tensor& out) {
  View v = view_of(out, labels);
  if (int64_t(v.labels.size()) != out.rank()) std::fill_n(static_cast<char*>(out.mutable_raw()), out.nbytes(), char(0));
  View from = view_of(result.values, result.labels);
  Dims strides;
  for (int label : v.labels) strides.push_back(from.at(label) < int(from.labels.size()) ? from.strides[from.at(label)] : 0);
  cpu::copy_strided(result.values.raw(), strides, out.mutable_raw(), v.strides, v.sizes, out.dtype().size());
}

}  // namespace

void einsum_kernel(OpContext& c) {
  Tensor& out = c.output();
  if (out.num_elements() == 0) return;
  EinsumEquation e = parse_einsum(c.string_attr("equation"));
  std::vector<Labels> labels;
  for (int i = 0; i < c.num_inputs(); ++i) labels.push_back(einsum_labels(e.inputs[size_t(i)], c.input(i).rank(), e.text()));
  Labels output = einsum_labels(e.output, out.rank(), e.text());
  dispatch<Numeric>(out.dtype(), c.op().name(), [&]<class T>() {
    if (c.num_inputs() == 1) return write(prepared<T>(c.input(0), labels[0], output), output, out);
    // a label that broadcasts in one input is summed in the other alone, so it counts as absent where its size is 1
    Labels in_a = view_of(c.input(0), labels[0]).labels, in_b = view_of(c.input(1), labels[1]).labels;
    Labelled a = prepared<T>(c.input(0), labels[0], joined({in_b, output}));
    Labelled b = prepared<T>(c.input(1), labels[1], joined({in_a, output}));
    write(contracted<T>(a, b, output), output, out);
  });
}

}  // namespace runnel::inline v0
