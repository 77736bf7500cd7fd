#include "runnel/ops/random/rejection.h"

#include <cmath>
#include <limits>

#include "runnel/op/types.h"
#include "runnel/ops/array.h"
#include "runnel/ops/math.h"
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

template <class T>
T log_of(T x) {
  return T(std::log(std::conditional_t<sizeof(T) == 8, double, float>(x)));
}

template <class T>
T gamma_sample(T alpha, Philox generator) {
  const bool small = alpha < T(1);  // then drawn for alpha + 1, and multiplied by u^(1 / alpha)
  const T third = T(1) / T(3);
  const T d = alpha + (small ? T(2) / T(3) : -third), c = third / T(std::sqrt(d));
  Draws<Normal<T>> normal(generator);
  Draws<Uniform<T>> uniform(generator);
  for (;;) {
    const T x = normal();
    T v = T(1) + c * x;
    if (v <= T(0)) continue;
    v = v * v * v;
    const T u = uniform();
    const bool surely = u < T(1) - T(0.0331) * (x * x) * (x * x);
    if (!surely && !(log_of(u) < T(0.5) * x * x + d * (T(1) - v + log_of(v)))) continue;
    const T result = d * v;
    return small ? result * T(std::pow(uniform(), T(1) / alpha)) : result;
  }
}

template <class Real>
Real poisson_by_products(Real rate, Philox generator) {
  Draws<Uniform<Real>> uniform(generator);
  const Real limit = std::exp(-rate);
  Real product = 1, events = 0;
  for (;; events += 1) {
    product = product * uniform();
    if (product <= limit) return events;
  }
}
template <class Real>
Real poisson_by_rejection(Real rate, Philox generator) {
  Draws<Uniform<Real>> uniform(generator);
  const Real log_rate = std::log(rate);
  const Real b = Real(0.931) + Real(2.53) * std::sqrt(rate), a = Real(-0.059) + Real(0.02483) * b;
  const Real inv_alpha = Real(1.1239) + Real(1.1328) / (b - Real(3.4));
  for (;;) {
    const Real u = uniform() - Real(0.5), v = uniform(), rest = Real(0.5) - std::abs(u);
    const Real k = std::floor((Real(2) * a / rest + b) * u + rate + Real(0.43));
    if (rest >= Real(0.07) && v <= Real(0.9277) - Real(3.6224) / (b - Real(2))) return k;
    if (k < 0 || (rest < Real(0.013) && v > rest)) continue;
    const Real s = std::log(v * inv_alpha / (a / (rest * rest) + b)), t = -rate + k * log_rate - std::lgamma(k + 1);
    if (s <= t) return k;
  }
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
    fill_samples<T>(alpha.num_elements(), out, [&](int64_t p, int64_t i) { return gamma_sample(from[p], for_sample(generator, i)); });
  });
}

void fill_gamma_in_double(const Philox& generator, const Tensor& alpha, Tensor& out) {
  dispatch<Floating>(out.dtype(), "StatelessRandomGamma", [&]<class T>() {
    const T* from = alpha.data<T>();
    fill_samples<T>(alpha.num_elements(), out, [&](int64_t p, int64_t i) {
      Philox own = for_sample(generator, i);
      if (double(from[p]) == 1) return T(-std::log1p(-Draws<Uniform<double>>(own)()));
      return T(gamma_sample(double(from[p]), own));
    });
  });
}

void fill_poisson(const Philox& generator, const Tensor& rate, Tensor& out) {
  dispatch<Counts>(rate.dtype(), "RandomPoisson", [&]<class R>() {
    using Real = std::conditional_t<std::is_same_v<R, float> || std::is_same_v<R, half_t>, float, double>;
    const R* from = rate.data<R>();
    auto draw = [&](int64_t p, int64_t i) {
      const Real lambda = Real(from[p]);
      if (!(lambda >= 0) || std::isinf(lambda)) return lambda < 0 ? std::numeric_limits<Real>::quiet_NaN() : lambda;
      return lambda < 10 ? poisson_by_products(lambda, for_sample(generator, i)) : poisson_by_rejection(lambda, for_sample(generator, i));
    };
    dispatch<Counts>(out.dtype(), "RandomPoisson", [&]<class T>() {
      fill_samples<T>(rate.num_elements(), out, [&](int64_t p, int64_t i) { return T(draw(p, i)); });
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

Tensor broadcast_with(const Tensor& alpha, const Tensor& beta) { return broadcast_to(alpha, broadcast_dynamic_shape(shape(alpha), shape(beta))); }

Tensor with_rate(const Tensor& sample, const Tensor& beta) {
  const double smallest = sample.dtype() == float64 ? std::numeric_limits<double>::min() : sample.dtype() == float16 ? 0x1p-14 : double(std::numeric_limits<float>::min());
  return maximum(smallest, divide(sample, beta));
}

}  // namespace runnel::inline v0
