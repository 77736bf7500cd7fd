// Composites that create: eye, meshgrid, sequence_mask.
#include "runnel/op/gradient_context.h"
#include "runnel/ops/array.h"
#include "runnel/ops/array/ints.h"
#include "runnel/ops/math.h"

namespace runnel::inline v0 {

Tensor sequence_mask(const Operand& lengths, const std::optional<Operand>& maxlen, DType dtype) {
  Tensor n = lengths.tensor();
  Tensor most = maxlen ? cast(maxlen->tensor(), n.dtype()) : maximum(0, reduce_max(n));
  PartialShape s = most.partial_shape();
  if (s.has_rank() && s.rank() != 0) fail<ValueError>("sequence_mask", "maxlen must be scalar for sequence_mask");
  Tensor mask = less(range(0, most, 1, n.dtype()), expand_dims(n, -1));
  return dtype == bool_ ? mask : cast(mask, dtype);
}

Tensor eye(const Operand& num_rows, const std::optional<Operand>& num_columns, const Ints& batch_shape, DType dtype) {
  Tensor n = num_rows.tensor(int32);
  if (std::optional<Dims> known = known_ints(n); known && known->size() == 1 && (*known)[0] < 0)
    fail<errors::InvalidArgumentError>("eye", cat("Dimension ", (*known)[0], " must be >= 0"), {.got = cat("num_rows=", (*known)[0])});
  Tensor rows = range(n, {}, 1, int32);
  Tensor columns = num_columns ? range(num_columns->tensor(int32), {}, 1, int32) : rows;
  Tensor one = cast(equal(expand_dims(rows, 1), columns), dtype);
  if (!batch_shape.is_set()) return one;
  Tensor batch = cast(batch_shape.tensor(), int32);
  return broadcast_to(one, concat({batch, shape(one)}, 0));
}

std::vector<Tensor> meshgrid(const std::vector<Tensor>& vectors, const std::string& indexing) {
  if (indexing != "xy" && indexing != "ij") fail<ValueError>("", cat("Argument `indexing` parameter must be either 'xy' or 'ij', got '", indexing, "'"));
  int rank = int(vectors.size());
  std::vector<Tensor> sizes, out;
  for (const Tensor& v : vectors) sizes.push_back(size(v));
  if (indexing == "xy" && rank > 1) std::swap(sizes[0], sizes[1]);
  if (rank == 0) return out;
  Tensor full = stack(sizes);
  for (int i = 0; i < rank; ++i) {
    Dims dims(rank, 1);
    dims[indexing == "xy" && i < 2 && rank > 1 ? 1 - i : i] = -1;
    out.push_back(broadcast_to(reshape(vectors[size_t(i)], dims), full));
  }
  return out;
}

}  // namespace runnel::inline v0
