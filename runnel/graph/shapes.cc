#include "runnel/graph/shapes.h"

namespace runnel::inline v0 {

bool is_narrower(const PartialShape& a, const PartialShape& b) {
  if (!b.has_rank()) return true;
  if (!a.has_rank() || a.rank() != b.rank()) return false;
  for (int i = 0; i < a.rank(); ++i)
    if (b[i] >= 0 && a[i] != b[i]) return false;
  return true;
}

PartialShape common_shape(const PartialShape& a, const PartialShape& b) {
  if (!a.has_rank() || !b.has_rank() || a.rank() != b.rank()) return PartialShape::unknown_rank();
  PartialShape out = a;
  for (int i = 0; i < a.rank(); ++i)
    if (a[i] != b[i]) out.set_dim(i, PartialShape::kUnknown);
  return out;
}

Tensor shape_tensor(const PartialShape& shape) {
  if (!shape.has_rank()) return Tensor::scalar(int32_t(-1));
  Tensor out(int32, Shape({shape.rank()}));
  for (int i = 0; i < shape.rank(); ++i) out.mutable_data<int32_t>()[i] = int32_t(shape[i]);
  return out;
}

}  // namespace runnel::inline v0
