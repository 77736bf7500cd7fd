#include "runnel/ops/array/padding.h"

#include "runnel/ops/array.h"

namespace runnel::inline v0 {

Tensor padding_of(const Operand& value, DType dtype) {
  if (!value.is_weak()) return value.tensor(dtype);
  Tensor t = value.tensor();
  bool usual = t.dtype() == int32 && t.num_elements() == 1 && t.item<int32_t>() == 0;
  return usual ? zeros(Shape(), dtype) : value.tensor(dtype);
}

}  // namespace runnel::inline v0
