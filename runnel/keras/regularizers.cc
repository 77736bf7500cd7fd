#include "runnel/keras/regularizers.h"

#include <cmath>

#include "runnel/ops/array.h"
#include "runnel/ops/linalg.h"
#include "runnel/ops/math.h"

namespace runnel::inline v0::keras {

namespace {

void check_factor(double value, const char* name) {
  if (!(value >= 0) || std::isinf(value))
    fail<ValueError>("", cat("Invalid value for argument ", name, ": expected a non-negative float. Received: ", name, "=", value));
}
Tensor l1_penalty(const Tensor& x, double factor) { return reduce_sum(abs(x)) * factor; }
Tensor l2_penalty(const Tensor& x, double factor) { return reduce_sum(square(x)) * factor; }

}  // namespace

L1Body::L1Body(const L1Options& options) : BodyWith(options) { check_factor(options.l1, "l1"); }
Tensor L1Body::call(const Tensor& x) { return l1_penalty(x, options_.l1); }

L2Body::L2Body(const L2Options& options) : BodyWith(options) { check_factor(options.l2, "l2"); }
Tensor L2Body::call(const Tensor& x) { return l2_penalty(x, options_.l2); }

L1L2Body::L1L2Body(const L1L2Options& options) : BodyWith(options) {
  check_factor(options.l1, "l1");
  check_factor(options.l2, "l2");
}
Tensor L1L2Body::call(const Tensor& x) {
  if (options_.l1 == 0) return l2_penalty(x, options_.l2);
  if (options_.l2 == 0) return l1_penalty(x, options_.l1);
  return l1_penalty(x, options_.l1) + l2_penalty(x, options_.l2);
}

Tensor RegularizerBaseBody::call(const Tensor& x) {
  fail<NotImplementedError>("", "Regularizer subclasses must implement the `__call__()` method.");
}

namespace {
struct RegularizerFromFunction final : FromFunction<RegularizerBody> {
  using FromFunction::FromFunction;
  Tensor call(const Tensor& x) override { return (*function_)({x}); }
};
}  // namespace
Ref<KerasObject> RegularizerBody::from_function(const Ref<Function>& function) { return make_ref<RegularizerFromFunction>(function); }

RUNNEL_KERAS_CLASS(regularizers, Regularizer, RegularizerBaseBody)

OrthogonalRegularizerBody::OrthogonalRegularizerBody(const OrthogonalRegularizerOptions& options) : BodyWith(options) {
  check_factor(options.factor, "factor");
  if (options.mode != "rows" && options.mode != "columns")
    fail<ValueError>("", cat("Invalid value for argument `mode`. Expected one of {\"rows\", \"columns\"}. Received: mode=", options.mode));
}
Tensor OrthogonalRegularizerBody::call(const Tensor& x) {
  PartialShape s = x.partial_shape();
  if (s.rank() != 2)
    fail<ValueError>("", cat("Inputs to OrthogonalRegularizer must have rank 2. Received: inputs.shape=", to_text(s)));
  bool rows = options_.mode == "rows";
  Tensor unit = x * minimum(rsqrt(reduce_sum(square(x), rows ? 1 : 0, true)), 1e7);
  Tensor cosines = rows ? matmul(unit, unit, false, true) : matmul(unit, unit, true);
  double size = double(s.dim(rows ? 0 : 1));
  Tensor others = cosines * (1.0 - eye(int64_t(size), {}, {}, x.dtype()));
  return options_.factor * 0.5 * reduce_sum(abs(others)) / (size * (size - 1) / 2);
}

RUNNEL_KERAS_CLASS(regularizers, L1, L1Body)
RUNNEL_KERAS_CLASS(regularizers, L2, L2Body)
RUNNEL_KERAS_CLASS(regularizers, L1L2, L1L2Body)
RUNNEL_KERAS_CLASS(regularizers, OrthogonalRegularizer, OrthogonalRegularizerBody)

}  // namespace runnel::inline v0::keras
