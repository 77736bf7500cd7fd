// Cast: values under another dtype, rounded or cut as C++ converts them.
#include "runnel/op/gradient_context.h"
#include "runnel/op/types.h"
#include "runnel/ops/array.h"
#include "runnel/ops/math.h"
#include "runnel/runtime/thread_pool.h"

namespace runnel::inline v0 {

namespace {

constexpr int64_t kGrain = 65536;

// Floats become narrow integers by way of int32 (uint32: int64), which is what TensorFlow's compiled code does with
// values that do not fit.
template <class To, class From>
To float_to_integer(From x) {
  if constexpr (sizeof(To) < 4 || std::is_same_v<To, int32_t>) return To(int32_t(x));
  else if constexpr (std::is_same_v<To, uint32_t>) return To(int64_t(x));
  else return To(x);
}

template <class To, class From>
To convert(From x) {
  if constexpr (std::is_same_v<To, From>) return x;
  else if constexpr (kIsComplex<From> && kIsComplex<To>) return To(x);
  else if constexpr (kIsComplex<From>) return convert<To>(x.real());
  else if constexpr (kIsHalf<From>) return convert<To>(float(x));
  else if constexpr (std::is_same_v<To, bool>) return x != From(0);
  else if constexpr (kIsComplex<To>) return To(typename To::value_type(x));
  else if constexpr (kIsHalf<To>) return To(float(x));
  else if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To>) return float_to_integer<To>(x);
  else return To(x);
}

template <class From, class To>
void cast_all(const void* x, void* y, int64_t n) {
  parallel_for(n, kGrain, [&](int64_t begin, int64_t end) {
    const From* in = static_cast<const From*>(x);
    To* out = static_cast<To*>(y);
    for (int64_t i = begin; i < end; ++i) out[i] = convert<To>(in[i]);
  });
}

void cast_kernel(OpContext& c) {
  const Tensor& x = c.input(0);
  DType to = c.output_dtype(0);
  if (x.dtype() == to) return c.set_output(0, x.alias());
  if (!x.dtype().is_plain() || !to.is_plain())
    fail<errors::UnimplementedError>("Cast", cat("Cast ", x.dtype().short_name(), " to ", to.short_name(), " is not supported"));
  Tensor& y = c.output();
  dispatch<Plain>(x.dtype(), "Cast", [&]<class From>() {
    dispatch<Plain>(to, "Cast", [&]<class To>() { cast_all<From, To>(x.raw(), y.mutable_raw(), x.num_elements()); });
  });
}

void same_shape(ShapeContext& c) { c.set_output(0, c.input(0)); }

std::vector<Tensor> cast_gradient(const GradientContext& c) {
  DType from = c.input(0).dtype(), to = c.grad().dtype();
  if (!from.is_differentiable() || !to.is_differentiable()) return {Tensor()};
  return {cast(c.grad(), from)};
}

constexpr OpDef kOps[] = {
    {.name = "Cast", .signature = "x: SrcT -> y: DstT", .attrs = "SrcT: type; DstT: type; Truncate: bool = false",
     .shape = same_shape, .gradient = cast_gradient, .kernel = cast_kernel},
};

}  // namespace
RUNNEL_OPS(array_cast, kOps)

Tensor cast(const Tensor& x, DType dtype) {
  static const Op& op = get_op("Cast");
  if (x.dtype() == dtype) return x;
  return run(op, {x}, {{"DstT", dtype}});
}

}  // namespace runnel::inline v0
