// The jacobians of GradientTape: gradients for all unit vectors, by vectorisation.
#include "runnel/autodiff/gradient_tape.h"
#include "runnel/base/stop.h"
#include "runnel/graph/map.h"
#include "runnel/graph/vectorizer.h"
#include "runnel/ops/array.h"
#include "runnel/ops/indexed_slices.h"
#include "runnel/ops/math.h"

namespace runnel::inline v0 {

namespace {

Tensor joined(std::initializer_list<Tensor> sizes) { return concat(Operands(std::vector<Tensor>(sizes)), 0); }
Tensor leading(const Tensor& t, int64_t count) { return slice(shape(t), {0}, {count}); }
Tensor rest(const Tensor& t, int64_t from) { return slice(shape(t), {from}, {-1}); }
Tensor unit_vectors(const Tensor& count, DType dtype) { return one_hot(range(count), count, std::nullopt, std::nullopt, -1, dtype); }

// The same row after row.
std::vector<Tensor> rows_one_by_one(const std::function<std::vector<Tensor>(const Tensor&)>& gradient, const Tensor& seeds, size_t keys) {
  std::vector<size_t> connected;
  auto row = [&](const std::vector<Tensor>& seed) {
    std::vector<Tensor> grads = gradient(seed[0]), present;
    connected.clear();
    for (size_t k = 0; k < grads.size(); ++k) {
      if (!grads[k]) continue;
      connected.push_back(k);
      present.push_back(dense(grads[k]));
    }
    return present;
  };
  std::vector<Tensor> rows = map_rows(RowFunction(row), {seeds}), out(keys);
  for (size_t i = 0; i < rows.size(); ++i) out[connected[i]] = rows[i];
  return out;
}

}  // namespace

// (n, source...) for each key, from the seeds (n, target...); an empty Tensor where they are not connected.
std::vector<Tensor> GradientTape::rows_of_jacobian(const Tensor& target, std::span<const Tensor> keys, const Tensor& seeds,
                                                   UnconnectedGradients unconnected, bool at_once) {
  auto gradient = [&](const Tensor& seed) { return tape_.gradient(std::span(&target, 1), keys, std::span(&seed, 1), unconnected); };
  bool no_rows = seeds.partial_shape().is_fully_known() && seeds.num_elements() == 0;
  if (!at_once && !no_rows) return rows_one_by_one(gradient, seeds, keys.size());
  auto vectorizer = make_ref<Vectorizer>(gather(shape(seeds), 0), true);
  try {
    std::vector<Tensor> out = vectorizer->run([&] { return gradient(vectorizer->element(seeds)); });
    for (Tensor& t : out)
      if (t) t = vectorizer->stack(dense(t));
    return out;
  } catch (const std::exception& error) {
    rethrow_stop(error);
    if (!vectorizer->met_no_rule()) throw;
  }
  return rows_one_by_one(gradient, seeds, keys.size());
}

std::vector<Tensor> GradientTape::jacobian(const Tensor& target, const std::vector<Source>& sources, UnconnectedGradients unconnected,
                                           bool experimental_use_pfor) {
  prepare();
  std::vector<Tensor> keys;
  for (const Source& s : sources) keys.push_back(s.key());
  Tensor count = size(target), seeds = reshape(unit_vectors(count, target.dtype()), joined({expand_dims(count, 0), shape(target)}));
  std::vector<Tensor> out = rows_of_jacobian(target, keys, seeds, unconnected, experimental_use_pfor);
  if (!persistent_) tape_.reset();
  for (Tensor& rows : out)
    if (rows) rows = reshape(rows, joined({shape(target), rest(rows, 1)}));
  return out;
}

Tensor GradientTape::jacobian(const Tensor& target, const Source& source, UnconnectedGradients unconnected, bool experimental_use_pfor) {
  return jacobian(target, std::vector<Source>{source}, unconnected, experimental_use_pfor)[0];
}

// Rows of a batch do not depend on each other, so one pass gives a derivative for all of them.
Tensor GradientTape::batch_jacobian(const Tensor& target, const Source& source, UnconnectedGradients unconnected, bool experimental_use_pfor) {
  prepare();
  for (const Tensor* t : {&target, &source.key()})
    if (t->dtype() != resource && t->partial_shape().has_rank() && t->partial_shape().rank() < 2)
      fail<ValueError>("", cat("Shape ", to_text(t->partial_shape()), " must have rank at least 2"));
  Tensor inner = reduce_prod(rest(target, 1)), batch = leading(target, 1), line = expand_dims(inner, 0);
  Tensor units = broadcast_to(expand_dims(unit_vectors(inner, target.dtype()), 1), joined({line, batch, line}));
  Tensor seeds = reshape(units, joined({line, shape(target)}));
  Tensor rows = rows_of_jacobian(target, std::span(&source.key(), 1), seeds, unconnected, experimental_use_pfor)[0];  // (inner, b, source...)
  if (!persistent_) tape_.reset();
  if (!rows) return rows;
  Dims order{1, 0};
  for (int i = 2; i < rows.partial_shape().rank(); ++i) order.push_back(i);
  Tensor by_example = transpose(rows, order);
  return reshape(by_example, joined({shape(target), rest(by_example, 2)}));
}

}  // namespace runnel::inline v0
