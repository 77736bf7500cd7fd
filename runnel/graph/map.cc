#include "runnel/graph/map.h"

#include "runnel/base/error.h"
#include "runnel/base/stop.h"
#include "runnel/graph/control_flow.h"
#include "runnel/graph/graph_function.h"
#include "runnel/graph/tensor_array.h"
#include "runnel/ops/array.h"
#include "runnel/ops/math.h"

namespace runnel::inline v0 {

namespace {

PartialShape row_shape(const Tensor& t) {
  PartialShape shape = t.partial_shape();
  if (!shape.has_rank()) return PartialShape::unknown_rank();
  if (shape.rank() == 0) fail<ValueError>("", "elements in elems must be 1+ dimensional Tensors, not scalars");
  return shape.slice(1, shape.rank());
}

// The rows of several tensors of equal length.
class Rows {
 public:
  explicit Rows(const std::vector<Tensor>& elems) {
    if (elems.empty()) fail<ValueError>("", "elems must be a Tensor or (possibly nested) sequence of Tensors. Got []");
    for (const Tensor& t : elems) arrays_.push_back(TensorArray(t.dtype(), {.element_shape = row_shape(t)}).unstack(t));
    PartialShape shape = elems[0].partial_shape();
    length_ = shape.has_rank() && shape[0] >= 0 ? Tensor::scalar(int32_t(shape[0])) : arrays_[0].size();
  }
  const Tensor& length() const { return length_; }
  int64_t known_length() const { return length_.is_symbolic() ? -1 : length_.item<int32_t>(); }
  std::vector<Tensor> at(const Tensor& i) const {
    std::vector<Tensor> out;
    for (const TensorArray& a : arrays_) out.push_back(a.read(i));
    return out;
  }

 private:
  std::vector<TensorArray> arrays_;
  Tensor length_;
};

// A function that is traced once, and called as often as need be.
class Once {
 public:
  Once(const char* name, const RowFunction& fn, const std::vector<Tensor>& like) {
    std::vector<Argument> arguments;
    for (const Tensor& t : like) arguments.push_back({t.dtype(), t.partial_shape(), "args"});
    Traced traced = trace_function(unique_function_name(name), arguments, fn);
    function_ = traced.function();
    captures_ = traced.captures;
  }
  std::vector<Tensor> operator()(std::vector<Tensor> arguments) const {
    arguments.insert(arguments.end(), captures_.begin(), captures_.end());
    return call_function(function_, std::move(arguments));
  }
  // One array for each result.
  std::vector<TensorArray> arrays(const Tensor& size) const {
    std::vector<TensorArray> out;
    for (int i = 0; i < function_->num_results(); ++i)
      out.emplace_back(function_->output_types(i + 1).back(), TensorArrayOptions{.size = size, .element_shape = function_->output_shape(i)});
    return out;
  }

 private:
  Ref<GraphFunction> function_;
  std::vector<Tensor> captures_;
};

std::vector<Tensor> joined(const std::vector<Tensor>& a, const std::vector<Tensor>& b) {
  std::vector<Tensor> out = a;
  out.insert(out.end(), b.begin(), b.end());
  return out;
}
std::vector<Tensor> part(const std::vector<Tensor>& v, size_t begin, size_t count) {
  return {v.begin() + std::ptrdiff_t(begin), v.begin() + std::ptrdiff_t(begin + count)};
}

// results[k] with the row `values[k]` at the end.
void keep(std::vector<std::vector<Tensor>>& results, const std::vector<Tensor>& values) {
  results.resize(values.size());
  for (size_t k = 0; k < values.size(); ++k) results[k].push_back(values[k]);
}
std::vector<Tensor> stacked(std::vector<std::vector<Tensor>>& results, bool reverse = false) {
  std::vector<Tensor> out;
  for (std::vector<Tensor>& rows : results) {
    if (reverse) rows = {rows.rbegin(), rows.rend()};
    out.push_back(stack(rows, 0));
  }
  return out;
}

std::vector<Tensor> map_eagerly(const Rows& rows, const RowFunction& fn) {
  std::vector<std::vector<Tensor>> results;
  for (int32_t i = 0, n = rows.length().item<int32_t>(); i < n; ++i, poll_stop()) keep(results, fn(rows.at(Tensor::scalar(i))));
  return stacked(results);
}

// Where there are no rows a trace of the function tells its results' dtypes and shapes.
std::vector<Tensor> map_nothing(const RowFunction& fn, const std::vector<Tensor>& elems) {
  std::vector<Argument> arguments;
  for (const Tensor& t : elems) arguments.push_back({t.dtype(), row_shape(t), "args"});
  std::vector<Tensor> out;
  for (Endpoint e : trace_function(unique_function_name("map_fn"), arguments, fn).outputs) {
    const PartialShape& row = e.node->shapes[size_t(e.output)];
    PartialShape none({0});
    out.push_back(zeros((row.is_fully_known() ? none.concatenate(row) : none).known(), e.node->dtypes[size_t(e.output)]));
  }
  return out;
}

}  // namespace

std::vector<Tensor> map_rows(const RowFunction& fn, const std::vector<Tensor>& elems) {
  Rows rows(elems);
  if (!thread_context().tracer) return rows.length().item<int32_t>() > 0 ? map_eagerly(rows, fn) : map_nothing(fn, elems);
  Once once("map_fn", fn, rows.at(Tensor::scalar(int32_t(0))));
  std::vector<TensorArray> arrays = once.arrays(rows.length());
  std::vector<Tensor> variables{Tensor::scalar(int32_t(0))};
  for (const TensorArray& a : arrays) variables.push_back(a.flow());
  auto more = [&](const std::vector<Tensor>& v) { return less(v[0], rows.length()); };
  auto step = [&](const std::vector<Tensor>& v) {
    std::vector<Tensor> results = once(rows.at(v[0])), next{add(v[0], 1)};
    for (size_t k = 0; k < arrays.size(); ++k) next.push_back(arrays[k].with_flow(v[k + 1]).write(v[0], results[k]).flow());
    return next;
  };
  std::vector<Tensor> last = while_loop(more, step, variables), out;
  for (size_t k = 0; k < arrays.size(); ++k) out.push_back(arrays[k].with_flow(last[k + 1]).stack(rows.known_length()));
  return out;
}

namespace {

void check_result(const Tensor& result, const TensorSpec& spec) {
  if (result.dtype() != spec.dtype)
    fail<errors::InvalidArgumentError>("", cat("TensorArray dtype is ", spec.dtype, " but Op is trying to write dtype ", result.dtype(), " "),
                                       {.hint = "fn_output_signature tells map_fn other dtypes than those of elems"});
  if (!spec.shape.is_compatible_with(result.partial_shape()))
    fail<ValueError>("", cat("Incompatible shape for value (", to_text(result.partial_shape()), "), expected (", to_text(spec.shape), ")"));
}

Tensor no_rows(const TensorSpec& spec) {
  PartialShape none({0});
  return zeros((spec.shape.is_fully_known() ? none.concatenate(spec.shape) : none).known(), spec.dtype);
}

}  // namespace

std::vector<Tensor> map_fn(const RowFunction& fn, const std::vector<Tensor>& elems, std::vector<TensorSpec> signature) {
  if (signature.empty())
    for (const Tensor& t : elems) signature.push_back({.dtype = t.dtype()});
  if (!thread_context().tracer && !elems.empty() && elems[0].rank() > 0 && elems[0].dim(0) == 0) {
    std::vector<Tensor> out;
    for (const TensorSpec& spec : signature) out.push_back(no_rows(spec));
    return out;
  }
  return map_rows([&](const std::vector<Tensor>& row) {
    std::vector<Tensor> results = fn(row);
    if (results.size() != signature.size())
      fail<ValueError>("", "The two structures don't have the same nested structure.",
                       {.got = cat(results.size(), " results"), .expected = to_text(signature.size())});
    for (size_t i = 0; i < results.size(); ++i) check_result(results[i], signature[i]);
    return results;
  }, elems);
}

Tensor map_fn(const std::function<Tensor(const Tensor&)>& fn, const Tensor& elems, const std::optional<TensorSpec>& signature) {
  std::vector<TensorSpec> specs;
  if (signature) specs.push_back(*signature);
  return map_fn(RowFunction([&](const std::vector<Tensor>& row) { return std::vector<Tensor>{fn(row[0])}; }), {elems}, specs)[0];
}

namespace {

// What foldl, foldr and scan share: where they begin, and which row comes next.
class Fold {
 public:
  Fold(const FoldFunction& fn, const std::vector<Tensor>& elems, const std::vector<Tensor>& initializer, bool reverse)
      : fn_(fn), rows_(elems), reverse_(reverse), from_row_(initializer.empty()),
        start_(from_row_ ? rows_.at(reverse ? subtract(rows_.length(), 1) : Tensor::scalar(int32_t(0))) : initializer) {}

  const std::vector<Tensor>& start() const { return start_; }
  const Tensor& length() const { return rows_.length(); }
  int64_t known_length() const { return rows_.known_length(); }
  bool from_row() const { return from_row_; }
  Tensor first() const { return Tensor::scalar(int32_t(from_row_ ? 1 : 0)); }
  Tensor place(const Tensor& i) const { return reverse_ ? subtract(subtract(length(), 1), i) : i; }
  std::vector<Tensor> next(const std::vector<Tensor>& accumulated, const Tensor& i) const { return fn_(accumulated, rows_.at(place(i))); }

 private:
  const FoldFunction& fn_;
  Rows rows_;
  bool reverse_, from_row_;
  std::vector<Tensor> start_;
};

std::vector<Tensor> fold(const FoldFunction& fn, const std::vector<Tensor>& elems, const std::vector<Tensor>& initializer, bool reverse) {
  Fold f(fn, elems, initializer, reverse);
  size_t count = f.start().size();
  auto more = [&](const std::vector<Tensor>& v) { return less(v[0], f.length()); };
  auto step = [&](const std::vector<Tensor>& v) { return joined({add(v[0], 1)}, f.next(part(v, 1, count), v[0])); };
  return part(while_loop(more, step, joined({f.first()}, f.start())), 1, count);
}

}  // namespace

std::vector<Tensor> foldl(const FoldFunction& fn, const std::vector<Tensor>& elems, const std::vector<Tensor>& initializer) {
  return fold(fn, elems, initializer, false);
}
std::vector<Tensor> foldr(const FoldFunction& fn, const std::vector<Tensor>& elems, const std::vector<Tensor>& initializer) {
  return fold(fn, elems, initializer, true);
}

namespace {

std::vector<Tensor> scan_eagerly(const Fold& f, bool reverse) {
  std::vector<Tensor> accumulated = f.start();
  std::vector<std::vector<Tensor>> results(accumulated.size());
  if (f.from_row()) keep(results, accumulated);
  for (int32_t i = f.from_row() ? 1 : 0, n = f.length().item<int32_t>(); i < n; ++i, poll_stop())
    keep(results, accumulated = f.next(accumulated, Tensor::scalar(i)));
  if (!results.empty() && !results[0].empty()) return stacked(results, reverse);
  std::vector<Tensor> none;
  for (const Tensor& t : accumulated) none.push_back(zeros(PartialShape({0}).concatenate(t.partial_shape()).known(), t.dtype()));
  return none;
}

}  // namespace

std::vector<Tensor> scan(const FoldFunction& fn, const std::vector<Tensor>& elems, const std::vector<Tensor>& initializer, bool reverse) {
  Fold f(fn, elems, initializer, reverse);
  if (!thread_context().tracer) return scan_eagerly(f, reverse);
  size_t count = f.start().size();
  std::vector<Tensor> variables = joined({f.first()}, f.start());
  std::vector<TensorArray> arrays;
  for (const Tensor& t : f.start()) {
    TensorArray a(t.dtype(), {.size = f.length(), .element_shape = t.partial_shape()});
    arrays.push_back(f.from_row() ? a.write(f.place(Tensor::scalar(int32_t(0))), t) : a);
    variables.push_back(arrays.back().flow());
  }
  auto more = [&](const std::vector<Tensor>& v) { return less(v[0], f.length()); };
  auto step = [&](const std::vector<Tensor>& v) {
    std::vector<Tensor> accumulated = f.next(part(v, 1, count), v[0]), next = joined({add(v[0], 1)}, accumulated);
    for (size_t k = 0; k < count; ++k)
      next.push_back(arrays[k].with_flow(v[1 + count + k]).write(f.place(v[0]), accumulated[k]).flow());
    return next;
  };
  std::vector<Tensor> last = while_loop(more, step, variables), out;
  for (size_t k = 0; k < count; ++k) out.push_back(arrays[k].with_flow(last[1 + count + k]).stack(f.known_length()));
  return out;
}

}  // namespace runnel::inline v0
