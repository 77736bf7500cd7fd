// Scans and loops.
#include "runnel/base/error.h"
#include "runnel/graph/control_flow.h"
#include "runnel/graph/tensor_array.h"
#include "runnel/keras/ops/axes.h"
#include "runnel/keras/ops/core.h"
#include "runnel/keras/ops/promotion.h"
#include "runnel/ops/array.h"
#include "runnel/ops/math.h"

namespace tf = runnel;

namespace runnel::inline v0::keras::ops {

namespace {

// x[begin : begin + size] of an axis.
Tensor stretch(const Tensor& x, int axis, const Tensor& begin, const Tensor& size) {
  return tf::gather(x, tf::range(begin, begin + size), int64_t(axis));
}

// Each element joined with the one `distance` before it; the first `distance` stay as they are.
Tensors joined_at(const Combination& f, const Tensors& elems, const Tensor& distance, const Tensor& length, int axis) {
  Tensor none = Tensor::scalar(int32_t(0)), rest = length - distance;
  Tensors earlier, later;
  for (const Tensor& t : elems) {
    earlier.push_back(stretch(t, axis, none, rest));
    later.push_back(stretch(t, axis, distance, rest));
  }
  Tensors out = f(earlier, later);
  for (size_t i = 0; i < out.size(); ++i) out[i] = tf::concat({stretch(elems[i], axis, none, distance), out[i]}, axis);
  return out;
}

Tensors doubling(const Combination& f, Tensors elems, int axis) {
  Tensor length = size_along(elems[0], axis);
  if (int64_t known = elems[0].partial_shape()[axis]; known >= 0) {
    for (int64_t distance = 1; distance < known; distance *= 2) elems = joined_at(f, elems, Tensor::scalar(int32_t(distance)), length, axis);
    return elems;
  }
  Tensors state{Tensor::scalar(int32_t(1))};
  state.insert(state.end(), elems.begin(), elems.end());
  auto open = [&](const Tensors& v) { return v[0] < length; };
  auto step = [&](const Tensors& v) {
    Tensors next = joined_at(f, Tensors(v.begin() + 1, v.end()), v[0], length, axis);
    for (size_t i = 0; i < next.size(); ++i) next[i] = tf::ensure_shape(next[i], v[i + 1].partial_shape());
    next.insert(next.begin(), v[0] * 2);
    return next;
  };
  Tensors out = tf::while_loop(open, step, state);
  return Tensors(out.begin() + 1, out.end());
}

Tensors reversed(Tensors tensors, int axis) {
  for (Tensor& t : tensors) t = tf::reverse(t, Dims{axis});
  return tensors;
}

Tensor row_count(const Tensors& xs, std::optional<int64_t> length) {
  if (xs.empty() && !length) fail<ValueError>("", "Got no `xs` to scan over and `length` not provided.");
  return length ? Tensor::scalar(int32_t(*length)) : size_along(xs[0], 0);
}

Tensors rows_at(const Tensors& xs, const Tensor& i) {
  Tensors out;
  for (const Tensor& x : xs) out.push_back(tf::gather(x, i, int64_t(0)));
  return out;
}

// With a length that is known, the rows one after another.
ScanResult scanned_rows(const std::function<ScanResult(const Tensors&, const Tensors&)>& f, Tensors carry, const Tensors& xs, int64_t count, bool reverse) {
  std::vector<Tensors> outputs(static_cast<size_t>(count));
  for (int64_t step = 0; step < count; ++step) {
    int64_t i = reverse ? count - 1 - step : step;
    ScanResult result = f(carry, rows_at(xs, Tensor::scalar(int32_t(i))));
    carry = result.carry;
    outputs[size_t(i)] = result.outputs;
  }
  Tensors stacked;
  for (size_t k = 0; count > 0 && k < outputs[0].size(); ++k) {
    Tensors column;
    for (const Tensors& row : outputs) column.push_back(row[k]);
    stacked.push_back(tf::stack(column));
  }
  return {carry, stacked};
}

}  // namespace

Tensors associative_scan(const Combination& f, const Tensors& elems, bool reverse, int64_t axis) {
  if (elems.empty()) return {};
  int place = axis_of(axis, rank_of(elems[0], "associative_scan"));
  for (const Tensor& t : elems) {
    int64_t a = t.partial_shape()[place], b = elems[0].partial_shape()[place];
    if (a >= 0 && b >= 0 && a != b) fail<ValueError>("", cat("Array inputs to associative_scan must have the same first dimension. (saw: ", a, ", ", b, ")"));
  }
  return reverse ? reversed(doubling(f, reversed(elems, place), place), place) : doubling(f, elems, place);
}

Tensors fori_loop(const Operand& lower, const Operand& upper, const std::function<Tensors(const Tensor& i, const Tensors& value)>& body,
                  const Tensors& init_val) {
  Tensor begin = to_tensor(lower), end = to_tensor(upper, begin.dtype());
  Tensors state{begin};
  state.insert(state.end(), init_val.begin(), init_val.end());
  auto open = [&](const Tensors& v) { return v[0] < end; };
  auto step = [&](const Tensors& v) {
    Tensors next = body(v[0], Tensors(v.begin() + 1, v.end()));
    next.insert(next.begin(), v[0] + 1);
    return next;
  };
  Tensors out = tf::while_loop(open, step, state);
  return Tensors(out.begin() + 1, out.end());
}

// An unknown number of rows becomes a loop with a list for each output; the first row, outside of it, tells what they are.
ScanResult scan(const std::function<ScanResult(const Tensors& carry, const Tensors& row)>& f, const Tensors& init, const Tensors& xs,
                std::optional<int64_t> length, bool reverse) {
  Tensor count = row_count(xs, length);
  if (std::optional<Dims> known = Ints(count).values()) return scanned_rows(f, init, xs, (*known)[0], reverse);
  auto place = [&](const Tensor& step) { return reverse ? count - 1 - step : step; };
  Tensor zero = Tensor::scalar(int32_t(0));
  ScanResult first = f(init, rows_at(xs, place(zero)));
  std::vector<TensorArray> lists;
  Tensors state{Tensor::scalar(int32_t(1))};
  state.insert(state.end(), first.carry.begin(), first.carry.end());
  for (const Tensor& output : first.outputs) {
    lists.emplace_back(output.dtype(), TensorArrayOptions{.size = count, .element_shape = output.partial_shape()});
    state.push_back(lists.back().write(place(zero), output).flow());
  }
  size_t carried = init.size();
  auto step = [&](const Tensors& v) {
    ScanResult result = f(Tensors(v.begin() + 1, v.begin() + 1 + int64_t(carried)), rows_at(xs, place(v[0])));
    Tensors next{v[0] + 1};
    next.insert(next.end(), result.carry.begin(), result.carry.end());
    for (size_t k = 0; k < lists.size(); ++k) next.push_back(lists[k].with_flow(v[1 + carried + k]).write(place(v[0]), result.outputs[k]).flow());
    return next;
  };
  Tensors last = tf::while_loop([&](const Tensors& v) { return v[0] < count; }, step, state);
  ScanResult out{Tensors(last.begin() + 1, last.begin() + 1 + int64_t(carried)), {}};
  for (size_t k = 0; k < lists.size(); ++k) out.outputs.push_back(lists[k].with_flow(last[1 + carried + k]).stack());
  return out;
}

}  // namespace runnel::inline v0::keras::ops
