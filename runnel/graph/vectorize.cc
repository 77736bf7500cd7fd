#include "runnel/graph/vectorize.h"

#include "runnel/base/stop.h"
#include "runnel/graph/vectorizer.h"
#include "runnel/ops/array.h"

namespace runnel::inline v0 {

Tensor Vectorizer::element(const Tensor& stacked) {
  values_.push_back(stacked);
  PartialShape shape = stacked.partial_shape();
  if (shape.has_rank()) shape = shape.slice(1, shape.rank());
  return Tensor::symbolic(stacked.dtype(), {.graph = Ref<RefCounted>(this), .output = int(values_.size()) - 1, .shape = shape});
}

Batched Vectorizer::batched(const Tensor& t) const {
  if (t.is_symbolic() && t.symbol().graph.get() == this) return {values_[size_t(t.symbol().output)], true};
  return {t, false};
}
std::vector<Batched> Vectorizer::batched(std::span<const Tensor> list) const {
  std::vector<Batched> out;
  for (const Tensor& t : list) out.push_back(batched(t));
  return out;
}

void Vectorizer::trace(const Op& op, std::span<const Tensor> inputs, const Attrs& attrs, std::span<const DType>, std::span<Tensor> outputs) {
  std::vector<Batched> results = outside([&] { return runner_.call(op, batched(inputs), attrs); });
  for (size_t i = 0; i < outputs.size(); ++i) outputs[i] = results[i].stacked ? element(results[i].value) : results[i].value;
}

std::vector<Tensor> Vectorizer::trace_custom(std::span<const Tensor> inputs, std::span<const Tensor> outputs, Backward backward) {
  auto for_all = [self = Ref<Vectorizer>(this), backward = std::move(backward)](std::span<const Tensor> grads) {
    std::vector<Tensor> rows;
    for (const Tensor& t : grads) rows.push_back(self->element(t));
    return self->batched(self->run([&] { return backward(rows); }));
  };
  std::vector<Tensor> out;
  for (const Batched& b : outside([&] { return runner_.call_custom(batched(inputs), batched(outputs), for_all); }))
    out.push_back(element(b.value));
  return out;
}

namespace {

Tensor row_count(const Tensor& t) {
  PartialShape shape = t.partial_shape();
  if (shape.has_rank() && shape.rank() == 0) fail<ValueError>("", "elems must be 1+ dimensional Tensors, not scalars");
  return shape.has_rank() && shape[0] >= 0 ? Tensor::scalar(int32_t(shape[0])) : gather(runnel::shape(t), 0);
}

std::vector<Tensor> vectorize(Vectorizer& vectorizer, const RowFunction& fn, const std::vector<Tensor>& elems) {
  std::vector<Tensor> row, out;
  for (const Tensor& t : elems) row.push_back(vectorizer.element(t));
  for (const Tensor& t : vectorizer.run([&] { return fn(row); })) out.push_back(vectorizer.stack(t));
  return out;
}

}  // namespace

std::vector<Tensor> vectorized_map(const RowFunction& fn, const std::vector<Tensor>& elems, bool fallback_to_while_loop) {
  if (elems.empty()) fail<ValueError>("", "elems must be a Tensor or (possibly nested) sequence of Tensors. Got []");
  auto vectorizer = make_ref<Vectorizer>(row_count(elems[0]), fallback_to_while_loop);
  try {
    return vectorize(*vectorizer, fn, elems);
  } catch (const std::exception& error) {
    rethrow_stop(error);
    if (!fallback_to_while_loop || !vectorizer->met_no_rule()) throw;
  }
  return map_rows(fn, elems);
}

Tensor vectorized_map(const std::function<Tensor(const Tensor&)>& fn, const Tensor& elems, bool fallback_to_while_loop) {
  auto list = [&](const std::vector<Tensor>& row) { return std::vector<Tensor>{fn(row[0])}; };
  return vectorized_map(RowFunction(list), {elems}, fallback_to_while_loop)[0];
}

}  // namespace runnel::inline v0
