#include "runnel/ops/random/categorical.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include "runnel/ops/array/strided.h"
#include "runnel/ops/random/fill.h"

namespace runnel::inline v0 {

namespace {

// The running total of exp(logit - highest); a class whose logit is not finite has no probability.
template <class T>
void cumulate(const T* logits, int64_t classes, std::vector<double>& total) {
  double highest = std::numeric_limits<double>::lowest(), sum = 0;
  for (int64_t j = 0; j < classes; ++j)
    if (std::isfinite(double(logits[j]))) highest = std::max(highest, double(logits[j]));
  for (int64_t j = 0; j < classes; ++j) {
    if (std::isfinite(double(logits[j]))) sum += std::exp(double(logits[j]) - highest);
    total[size_t(j)] = sum;
  }
}

}  // namespace

void sample_categories(const Philox& generator, const Tensor& logits, Tensor& out) {
  int64_t batch = logits.dim(0), classes = logits.dim(1), samples = out.dim(1);
  if (classes == 0 && out.num_elements() > 0)
    fail<errors::InvalidArgumentError>("Multinomial", cat("num_classes should be positive, got ", classes));
  PhiloxStream bits(generator);
  std::vector<double> total(size_t(classes), 0.0);
  std::vector<int64_t> drawn(size_t(samples), 0);
  for (int64_t b = 0; b < batch; ++b) {
    dispatch<Real>(logits.dtype(), "Multinomial", [&]<class T>() { cumulate(logits.data<T>() + b * classes, classes, total); });
    for (int64_t s = 0; s < samples; ++s) {
      uint32_t x0 = bits(), x1 = bits();
      double wanted = unit_double(x0, x1) * total.back();
      drawn[size_t(s)] = std::upper_bound(total.begin(), total.end(), wanted) - total.begin();
    }
    dispatch<Indices>(out.dtype(), "Multinomial", [&]<class T>() {
      for (int64_t s = 0; s < samples; ++s) out.mutable_data<T>()[b * samples + s] = T(drawn[size_t(s)]);
    });
  }
}

Tensor shuffled(const Tensor& x, const Philox& generator) {
  if (x.rank() == 0) return x.alias();
  int64_t n = x.dim(0), width = n == 0 ? 0 : x.num_elements() / n;
  std::vector<int64_t> order(size_t(n), 0);
  std::iota(order.begin(), order.end(), 0);
  shuffle(generator, n, [&](int64_t a, int64_t b) { std::swap(order[size_t(a)], order[size_t(b)]); });
  Tensor y(x.dtype(), x.shape());
  dispatch_storage(x.dtype(), [&]<class T>() {
    const T* from = static_cast<const T*>(x.raw());
    T* to = static_cast<T*>(y.mutable_raw());
    for (int64_t i = 0; i < n; ++i) std::copy_n(from + order[size_t(i)] * width, width, to + i * width);
  });
  return y;
}

}  // namespace runnel::inline v0
