#include "runnel/ops/array/ints.h"

#include "runnel/op/types.h"

namespace runnel::inline v0 {

Dims read_ints(const Tensor& tensor) {
  Dims out(int(tensor.num_elements()));
  dispatch<Integers>(tensor.dtype(), "integer parameter", [&]<class T>() {
    const T* in = tensor.data<T>();
    for (int i = 0; i < out.size(); ++i) out[i] = int64_t(in[i]);
  });
  return out;
}

std::optional<Dims> known_ints(const Tensor& tensor) {
  if (tensor.is_symbolic()) return std::nullopt;
  return read_ints(tensor);
}

int64_t read_int(const Tensor& tensor) {
  if (tensor.num_elements() != 1) tensor.item<int32_t>();  // throws
  return read_ints(tensor)[0];
}

void write_ints(Tensor& out, const Dims& values) {
  dispatch<Integers>(out.dtype(), "integer result", [&]<class T>() {
    for (int i = 0; i < values.size(); ++i) out.mutable_data<T>()[i] = T(values[i]);
  });
}

Tensor int_vector(DType dtype, const Dims& values) {
  Tensor out(dtype, {values.size()});
  write_ints(out, values);
  return out;
}

Tensor int_scalar(DType dtype, int64_t value) {
  Tensor out(dtype, {});
  write_ints(out, Dims{value});
  return out;
}

}  // namespace runnel::inline v0
