#include "runnel/keras/dropped.h"

#include "runnel/ops/array.h"
#include "runnel/ops/math.h"

namespace runnel::inline v0::keras {

Tensor dropped(const Tensor& x, double rate, const Tensor& seed, const std::optional<Ints>& noise_shape) {
  if (rate == 1) return zeros_like(x);
  const PartialShape known = x.partial_shape();
  Ints own = known.is_fully_known() ? Ints(known.dims()) : Ints(shape(x));
  Tensor noise = draw_uniform(noise_shape ? *noise_shape : own, 0, 1, x.dtype(), seed);
  return where(noise >= rate, x * (1 / (1 - rate)), zeros_like(x));
}

}  // namespace runnel::inline v0::keras
