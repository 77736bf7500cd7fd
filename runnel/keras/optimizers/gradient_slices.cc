#include "runnel/keras/optimizers/gradient_slices.h"

#include "runnel/ops/indexed_slices.h"
#include "runnel/ops/math.h"

namespace runnel::inline v0::keras {

namespace {

struct Made {
  Tensor gradient, slices;
};
thread_local std::vector<Made> made;

// nullptr for a gradient that was dense from the start.
const Tensor* slices_behind(const Tensor& gradient) {
  for (const Made& m : made)
    if (m.gradient.is(gradient)) return &m.slices;
  return nullptr;
}

}  // namespace

DenseGradients::DenseGradients(const std::vector<Tensor>& gradients) {
  for (const Tensor& g : gradients) {
    tensors_.push_back(dense(g));
    if (IndexedSlices::is_slices(g)) made.push_back({tensors_.back(), g});
  }
}
DenseGradients::~DenseGradients() { made.clear(); }

Tensor with_values(const Tensor& gradient, const Tensor& values) {
  if (!IndexedSlices::is_slices(gradient)) return values;
  const IndexedSlices& slices = IndexedSlices::of(gradient);
  return IndexedSlices{values, slices.indices, slices.dense_shape}.as_tensor();
}
const Tensor& values_of(const Tensor& gradient) { return IndexedSlices::is_slices(gradient) ? IndexedSlices::of(gradient).values : gradient; }

bool is_from_slices(const Tensor& gradient) { return slices_behind(gradient) != nullptr; }

Tensor squared(const Tensor& gradient) {
  const Tensor* slices = slices_behind(gradient);
  return slices ? dense(with_values(*slices, square(values_of(*slices)))) : square(gradient);
}
Tensor magnitude(const Tensor& gradient) {
  const Tensor* slices = slices_behind(gradient);
  return slices ? dense(with_values(*slices, abs(values_of(*slices)))) : abs(gradient);
}

}  // namespace runnel::inline v0::keras
