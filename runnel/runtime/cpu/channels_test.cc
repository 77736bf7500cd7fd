#include "runnel/runtime/cpu/channels.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>

#include "runnel/runtime/cpu/isa.h"
#include "runnel/runtime/thread_pool.h"

using namespace runnel;
using cpu::ChannelLayout;
using cpu::Isa;

namespace {

std::vector<float> numbers(int64_t n, int seed) {
  std::vector<float> x(static_cast<size_t>(n));
  for (size_t i = 0; i < x.size(); ++i) x[i] = float((i + size_t(seed)) * 7919 % 2003) / 1000 - 1;
  return x;
}

// Channels last and first; a channel a row; more channels than a period; sizes that fill no vector.
const ChannelLayout kLayouts[] = {{5000, 32, 1}, {977, 3, 1}, {40, 600, 1}, {9, 5, 7}, {3, 4, 9001}, {1, 1, 1}};

struct Results {
  std::vector<double> sums, squares, dy, products;
  std::vector<float> y, dx;
  bool operator==(const Results&) const = default;
};

Results run(const ChannelLayout& l, const std::vector<float>& x, const std::vector<float>& g) {
  std::vector<float> a = numbers(l.channels, 1), b = numbers(l.channels, 2), c = numbers(l.channels, 3), d = numbers(l.channels, 4);
  Results r{cpu::channel_sums(float32, l, x.data()), cpu::channel_square_sums(float32, l, x.data(), a), {}, {}, x, x};
  cpu::GradientSums sums = cpu::channel_gradient_sums(float32, l, g.data(), x.data(), a);
  r.dy = sums.dy;
  r.products = sums.products;
  cpu::channel_normalize(float32, l, x.data(), a, b, c, r.y.data());
  cpu::channel_gradient(float32, l, g.data(), x.data(), {a, b, c, d}, r.dx.data());
  return r;
}

template <class Body>
void for_each_isa(Body body) {
  Isa before = cpu::isa();
  for (Isa isa : {Isa::portable, Isa::avx2, Isa::avx512}) {
    if (!cpu::isa_available(isa)) continue;
    cpu::set_isa(isa);
    body();
  }
  cpu::set_isa(before);
}

}  // namespace

TEST_CASE("sums and maps of channels follow their formulas on every instruction set") {
  for (const ChannelLayout& l : kLayouts)
    for_each_isa([&] {
      std::vector<float> x = numbers(l.elements(), 5), g = numbers(l.elements(), 6);
      std::vector<float> a = numbers(l.channels, 1), b = numbers(l.channels, 2), c = numbers(l.channels, 3), d = numbers(l.channels, 4);
      Results r = run(l, x, g), right{std::vector<double>(size_t(l.channels)), {}, {}, {}, x, x};
      right.squares = right.dy = right.products = right.sums;
      int64_t wrong = 0;
      for (int64_t i = 0; i < l.elements(); ++i) {
        size_t at = size_t(i), ch = size_t(i / l.inner % l.channels);
        double centred = double(x[at]) - a[ch];
        right.sums[ch] += x[at];
        right.squares[ch] += centred * centred;
        right.dy[ch] += g[at];
        right.products[ch] += g[at] * centred;
        wrong += std::abs(r.y[at] - (centred * b[ch] + c[ch])) > 1e-6;
        wrong += std::abs(r.dx[at] - d[ch] * (g[at] - b[ch] - centred * c[ch])) > 2e-6;
      }
      CHECK(wrong == 0);
      for (size_t ch = 0; ch < size_t(l.channels); ++ch) {
        double n = double(l.outer * l.inner);
        CHECK(std::abs(r.sums[ch] - right.sums[ch]) < 1e-6 * n);
        CHECK(std::abs(r.squares[ch] - right.squares[ch]) < 1e-6 * n);
        CHECK(std::abs(r.dy[ch] - right.dy[ch]) < 1e-6 * n);
        CHECK(std::abs(r.products[ch] - right.products[ch]) < 1e-6 * n);
      }
    });
}

TEST_CASE("sums and maps of channels have the same bits on one thread and on two") {
  int before = num_threads();
  for (const ChannelLayout& l : kLayouts) {
    std::vector<float> x = numbers(l.elements(), 5), g = numbers(l.elements(), 6);
    set_num_threads(1);
    Results one = run(l, x, g);
    set_num_threads(2);
    CHECK(run(l, x, g) == one);
  }
  set_num_threads(before);
}
