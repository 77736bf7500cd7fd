#include "runnel/ops/random/rejection.h"

#include <cmath>
#include <limits>

#include "runnel/op/types.h"
#include "runnel/ops/array.h"
#include "runnel/ops/math.h"
#include "runnel/ops/math/elementwise.h"
#include "runnel/ops/random/distributions.h"

namespace runnel::inline v0 {

namespace {

// A distribution's numbers one at a time, the last of each block first.
template <class Distribution>
class Draws {
 public:
  explicit Draws(Philox& source) : source_(source) {}
  auto operator()() {
    if (left_ == 0) {
      numbers_ = Distribution()(source_());
      left_ = Distribution::kCount;
    }
    return numbers_[size_t(--left_)];
  }

 private:
  Philox& source_;
  decltype(Distribution()(Philox::Block())) numbers_{};
  int left_ = 0;
};

// out = draw(parameter, i) for each sample of each parameter; i counts all of them.
template <class T, class Draw>
void fill_samples(int64_t parameters, Tensor& out, const Draw& draw) {
  constexpr int64_t kGrain = 512;
  const int64_t total = out.num_elements();
  if (total == 0) return;
  const int64_t samples = total / parameters;
  T* to = out.mutable_data<T>();
  parallel_for(total, kGrain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t parameter = i / samples, sample = i % samples;
      to[sample * parameters + parameter] = draw(parameter, i);
    }
  });
}
Philox for_sample(Philox generator, int64_t i, int blocks = kReservedPerOutput) {
  generator.skip(uint64_t(blocks) * uint64_t(i));
  return generator;
}

double gamma_sample(double alpha, Philox generator) {
  const bool small = alpha < 1;  // then drawn for alpha + 1, and multiplied by u^(1 / alpha)
  const double d = alpha + (small ? 2.0 / 3 : -1.0 / 3), c = 1.0 / 3 / std::sqrt(d);
  Draws<Normal<double>> normal(generator);
  Draws<Uniform<double>> uniform(generator);
  if (alpha == 1) return -std::log1p(-uniform());
  for (;;) {
    const double x = normal();
    double v = 1 + c * x;
    if (v <= 0) continue;
    v = v * v * v;
    const double u = uniform();
    const bool surely = u < 1 - 0.0331 * (x * x) * (x * x);
    if (!surely && !(std::log(u) < 0.5 * x * x + d * (1 - v + std::log(v)))) continue;
    return small ? d * v * std::pow(uniform(), 1 / alpha) : d * v;
  }
}

double poisson_by_products(double rate, Philox generator) {
  Draws<Uniform<double>> uniform(generator);
  const double limit = std::exp(-rate);
  double product = 1;
  for (int events = 0;; ++events) {
    product = product * uniform();
    if (product <= limit) return events;
  }
}
double poisson_by_rejection(double rate, Philox generator) {
  Draws<Uniform<double>> uniform(generator);
  const double log_rate = std::log(rate), b = 0.931 + 2.53 * std::sqrt(rate), a = -0.059 + 0.02483 * b, inv_alpha = 1.1239 + 1.1328 / (b - 3.4);
  for (;;) {
    const double u = uniform() - 0.5, v = uniform(), rest = 0.5 - std::abs(u);
    const double k = std::floor((2 * a / rest + b) * u + rate + 0.43);
    if (rest >= 0.07 && v <= 0.9277 - 3.6224 / (b - 2)) return k;
    if (k < 0 || (rest < 0.013 && v > rest)) continue;
    if (std::log(v * inv_alpha / (a / (rest * rest) + b)) <= -rate + k * log_rate - std::lgamma(k + 1)) return k;
  }
}
double poisson_sample(double rate, const Philox& generator) {
  if (rate < 0) return std::nan("");
  if (!std::isfinite(rate)) return rate;
  return rate < 10 ? poisson_by_products(rate, generator) : poisson_by_rejection(rate, generator);
}

double binomial_by_waiting(double count, double prob, Philox generator) {
  Draws<Uniform<double>> uniform(generator);
  double waited = 0;
  for (int successes = 0;; ++successes) {
    waited += std::ceil(std::log(uniform()) / std::log1p(-prob));
    if (waited > count) return successes;
  }
}
// log k! less Stirling's approximation.
double stirling_tail(double k) {
  static const double kFirst[] = {0.0810614667953272,  0.0413406959554092,  0.0276779256849983,  0.02079067210376509, 0.0166446911898211,
                                  0.0138761288230707,  0.0118967099458917,  0.0104112652619720,  0.00925546218271273, 0.00833056343336287};
  if (k <= 9) return kFirst[size_t(k)];
  const double square = (k + 1) * (k + 1);
  return (1.0 / 12 - (1.0 / 360 - 1.0 / 1260 / square) / square) / (k + 1);
}
double binomial_by_rejection(double count, double prob, Philox generator) {
  Draws<Uniform<double>> uniform(generator);
  const double deviation = std::sqrt(count * prob * (1 - prob));
  const double b = 1.15 + 2.53 * deviation, a = -0.0873 + 0.0248 * b + 0.01 * prob, c = count * prob + 0.5;
  const double box = 0.92 - 4.2 / b, odds = prob / (1 - prob), alpha = (2.83 + 5.1 / b) * deviation, mode = std::floor((count + 1) * prob);
  for (;;) {
    const double u = uniform() - 0.5, v = uniform(), rest = 0.5 - std::abs(u);
    const double k = std::floor((2 * a / rest + b) * u + c);
    if (rest >= 0.07 && v <= box) return k;
    if (k < 0 || k > count) continue;
    const double bound = (mode + 0.5) * std::log((mode + 1) / (odds * (count - mode + 1))) + (count + 1) * std::log((count - mode + 1) / (count - k + 1)) +
                         (k + 0.5) * std::log(odds * (count - k + 1) / (k + 1)) + stirling_tail(mode) + stirling_tail(count - mode) -
                         stirling_tail(k) - stirling_tail(count - k);
    if (std::log(v * alpha / (a / (rest * rest) + b)) <= bound) return k;
  }
}
template <class T>
double binomial_sample(T count, T prob, const Philox& generator, int64_t i) {
  if (!(count > T(0)) || prob <= T(0)) return 0;
  if (prob >= T(1)) return double(count);
  if (std::isnan(double(prob))) return std::nan("");
  const bool mirrored = prob > T(0.5);
  const T rare = mirrored ? T(1) - prob : prob;
  constexpr int kWaitingBlocks = 42;
  const double drawn = count * rare >= T(10) ? binomial_by_rejection(double(count), double(rare), for_sample(generator, i))
                                             : binomial_by_waiting(double(count), double(rare), for_sample(generator, i, kWaitingBlocks));
  return mirrored ? double(count) - drawn : drawn;
}

using Counts = TypeList<float, double, half_t, int32_t, int64_t>;

}  // namespace

void fill_gamma(const Philox& generator, const Tensor& alpha, Tensor& out) {
  dispatch<Floating>(out.dtype(), "RandomGamma", [&]<class T>() {
    const T* from = alpha.data<T>();
    fill_samples<T>(alpha.num_elements(), out, [&](int64_t p, int64_t i) { return T(gamma_sample(double(from[p]), for_sample(generator, i))); });
  });
}

void fill_poisson(const Philox& generator, const Tensor& rate, Tensor& out) {
  dispatch<Counts>(rate.dtype(), "RandomPoisson", [&]<class R>() {
    const R* from = rate.data<R>();
    dispatch<Counts>(out.dtype(), "RandomPoisson", [&]<class T>() {
      fill_samples<T>(rate.num_elements(), out, [&](int64_t p, int64_t i) { return T(poisson_sample(double(from[p]), for_sample(generator, i))); });
    });
  });
}

void fill_binomial(const Philox& generator, const Tensor& counts, const Tensor& probs, Tensor& out) {
  const Shape parameters = broadcast_shapes(counts.shape(), probs.shape(), "RandomBinomial");
  const Tensor n = broadcast_to(counts, parameters), p = broadcast_to(probs, parameters);
  dispatch<TypeList<float, double, half_t>>(probs.dtype(), "RandomBinomial", [&]<class P>() {
    const P *count = n.data<P>(), *prob = p.data<P>();
    dispatch<Counts>(out.dtype(), "RandomBinomial", [&]<class T>() {
      fill_samples<T>(n.num_elements(), out, [&](int64_t k, int64_t i) { return T(binomial_sample(count[k], prob[k], generator, i)); });
    });
  });
}

Tensor gamma_gradient(const Tensor& gradient, const Tensor& alpha, const Tensor& sample) {
  static const Op& by_alpha = get_op("RandomGammaGrad");
  return unbroadcast(multiply(gradient, run(by_alpha, {alpha, sample})), alpha);
}

Tensor broadcast_with(const Tensor& alpha, const Tensor& beta) { return broadcast_to(alpha, broadcast_dynamic_shape(shape(alpha), shape(beta))); }

Tensor with_rate(const Tensor& sample, const Tensor& beta) {
  const double smallest = sample.dtype() == float64 ? std::numeric_limits<double>::min() : sample.dtype() == float16 ? 0x1p-14 : double(std::numeric_limits<float>::min());
  return maximum(smallest, divide(sample, beta));
}

}  // namespace runnel::inline v0
