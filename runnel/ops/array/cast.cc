// Cast: values under another dtype, rounded or cut as C++ converts them.
#include <cmath>
#include <cstring>
#include <limits>

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

// --- Bitcast ---

void bitcast_shape(ShapeContext& c) {
  int from = c.input_dtype(0).size(), to = c.type("type").size();
  PartialShape in = c.input(0);
  if (!in.has_rank()) return;
  if (from < to) {
    if (in.rank() == 0) c.invalid(cat("Cannot bitcast from ", from, " to ", to), {.got = "a scalar"});
    if (in.dim(-1) >= 0 && in.dim(-1) != to / from) c.invalid(cat("Cannot bitcast from ", to / from, " to ", in.dim(-1)), {.expected = cat("a last dimension of ", to / from)});
    in = in.slice(0, in.rank() - 1);
  } else if (from > to) {
    in = in.concatenate(PartialShape({from / to}));
  }
  c.set_output(0, in);
}
void bitcast_kernel(OpContext& c) {
  const Tensor& x = c.input(0);
  const Shape& shape = c.output_shape();
  if (x.buffer()) return c.set_output(0, Tensor::view(c.output_dtype(0), shape, x.buffer(), x.mutable_raw()));
  std::memcpy(c.output().mutable_raw(), x.raw(), size_t(x.nbytes()));
}

constexpr OpDef kOps[] = {
    {.name = "Bitcast", .signature = "input: T -> output: type", .attrs = "T: numeric; type: numeric", .shape = bitcast_shape,
     .no_gradient = "TensorFlow declares none: bytes are not differentiable", .kernel = bitcast_kernel},
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

Tensor bitcast(const Tensor& input, DType type) {
  static const Op& op = get_op("Bitcast");
  return run(op, {input}, {{"type", type}});
}

namespace {
// The largest (smallest) value of dtype `from` that `to` can hold.
template <class From, class To>
From limit(bool high) {
  if constexpr (kIsHalf<To>) {
    float most = std::is_same_v<To, half_t> ? 65504.f : float(bfloat16_t::from_bits(0x7f7f));
    return From(high ? most : -most);
  } else if constexpr (std::is_integral_v<From> && std::is_integral_v<To>) {
    using Own = std::numeric_limits<From>;
    __int128 edge = high ? __int128(std::numeric_limits<To>::max()) : __int128(std::numeric_limits<To>::lowest());
    return From(edge > __int128(Own::max()) ? __int128(Own::max()) : edge < __int128(Own::lowest()) ? __int128(Own::lowest()) : edge);
  } else {
    // A float may round the edge up, past what fits: then the next smaller value is it.
    double edge = double(high ? std::numeric_limits<To>::max() : std::numeric_limits<To>::lowest());
    if constexpr (std::is_same_v<From, float> && std::is_integral_v<To>)
      if (high && sizeof(To) >= 4) edge = double(std::nextafter(float(edge), 0.f));
    if constexpr (std::is_same_v<From, double> && std::is_integral_v<To>)
      if (high && sizeof(To) == 8) edge = std::nextafter(edge, 0.0);
    return convert<From>(edge);
  }
}
Tensor limit(DType from, DType to, bool high) {
  Tensor out(from, {});
  dispatch<Real>(to, "saturate_cast", [&]<class To>() {
    dispatch<Real>(from, "saturate_cast", [&]<class From>() { *out.mutable_data<From>() = limit<From, To>(high); });
  });
  return out;
}
}  // namespace

Tensor saturate_cast(const Tensor& value, DType dtype) {
  DType from = value.dtype();
  if (from == dtype || from.is_bool() || from.is_complex() || dtype.is_bool() || dtype.is_complex() || dtype == string) return cast(value, dtype);
  if (dtype.is_floating() && (from.is_integer() || dtype.size() >= from.size())) return cast(value, dtype);
  return cast(clip_by_value(value, limit(from, dtype, false), limit(from, dtype, true)), dtype);
}

}  // namespace runnel::inline v0
