// embedding_lookup: a gather, with a limit to the rows' lengths.
#include "runnel/ops/array.h"
#include "runnel/ops/math.h"

namespace runnel::inline v0 {

Tensor nn::embedding_lookup(const Tensor& params, const Operand& ids, const std::optional<Operand>& max_norm) {
  Tensor at = ids.tensor(), rows = gather(params, at, 0);
  if (!max_norm) return rows;
  Dims inner;
  for (int d = at.partial_shape().rank(); d < rows.partial_shape().rank(); ++d) inner.push_back(d);
  return clip_by_norm(rows, *max_norm, inner);
}

}  // namespace runnel::inline v0
