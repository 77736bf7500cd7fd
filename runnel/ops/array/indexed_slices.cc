#include "runnel/ops/indexed_slices.h"

#include <utility>

#include "runnel/ops/array.h"
#include "runnel/ops/math.h"

namespace runnel::inline v0 {

namespace {

class Slices : public Resource {
 public:
  explicit Slices(IndexedSlices s) : slices(std::move(s)) {}
  IndexedSlices slices;
};

Slices* slices_of(const Tensor& tensor) {
  if (tensor.dtype() != variant || tensor.is_symbolic()) return nullptr;
  return dynamic_cast<Slices*>(static_cast<const ResourceRef*>(tensor.raw())->get());
}

thread_local bool keep_slices = false;

}  // namespace

KeepSlices::KeepSlices() : before_(std::exchange(keep_slices, true)) {}
KeepSlices::~KeepSlices() { keep_slices = before_; }
bool KeepSlices::active() { return keep_slices; }

Tensor IndexedSlices::to_dense() const { return scatter_nd(expand_dims(indices, -1), values, cast(dense_shape, indices.dtype())); }

Tensor IndexedSlices::as_tensor() const {
  Tensor out(variant, {});
  *static_cast<ResourceRef*>(out.mutable_raw()) = make_ref<Slices>(*this);
  return out;
}

bool IndexedSlices::is_slices(const Tensor& tensor) { return tensor && slices_of(tensor); }
const IndexedSlices& IndexedSlices::of(const Tensor& tensor) { return slices_of(tensor)->slices; }

Tensor dense(const Tensor& tensor) { return IndexedSlices::is_slices(tensor) ? IndexedSlices::of(tensor).to_dense() : tensor; }

Tensor add_gradients(const Tensor& a, const Tensor& b) {
  if (!IndexedSlices::is_slices(a) || !IndexedSlices::is_slices(b)) return add(dense(a), dense(b));
  const IndexedSlices &x = IndexedSlices::of(a), &y = IndexedSlices::of(b);
  DType index = x.indices.dtype() == y.indices.dtype() ? x.indices.dtype() : int64;
  Tensor indices = concat({cast(x.indices, index), cast(y.indices, index)}, 0);
  return IndexedSlices{concat({x.values, y.values}, 0), indices, x.dense_shape}.as_tensor();
}

}  // namespace runnel::inline v0
