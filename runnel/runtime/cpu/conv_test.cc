#include "runnel/runtime/cpu/conv.h"

#include <doctest/doctest.h>

#include <cstring>
#include <vector>

#include "runnel/runtime/cpu/conv_plain.h"
#include "runnel/runtime/cpu/isa.h"
#include "runnel/runtime/thread_pool.h"

namespace tf = runnel;
namespace cpu = runnel::cpu;
using cpu::ConvAxis;
using cpu::ConvShape;

namespace {

// Small integers, so that every order of summation gives the same float.
template <class T>
std::vector<T> values(int64_t count, int seed) {
  std::vector<T> out(static_cast<size_t>(count));
  uint64_t state = uint64_t(seed) * 977 + 1;
  for (T& x : out) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    x = T(int(state >> 33) % 5 - 2);
  }
  return out;
}

// TensorFlow's rules for SAME and VALID.
ConvAxis axis(int64_t in, int64_t filter, int64_t stride, int64_t dilation, bool same) {
  int64_t span = (filter - 1) * dilation + 1;
  ConvAxis x{.in = in, .filter = filter, .stride = stride, .dilation = dilation};
  x.out = same ? (in + stride - 1) / stride : std::max<int64_t>(0, (in - span + stride) / stride);
  if (same) x.pad = std::max<int64_t>(0, (x.out - 1) * stride + span - in) / 2;
  return x;
}

template <class F>
void for_each_isa(F body) {
  cpu::Isa before = cpu::isa();
  for (cpu::Isa set : {cpu::Isa::portable, cpu::Isa::avx2, cpu::Isa::avx512}) {
    if (!cpu::isa_available(set)) continue;
    cpu::set_isa(set);
    CAPTURE(cpu::isa_name());
    body();
  }
  cpu::set_isa(before);
}

template <class T>
bool same_bytes(const std::vector<T>& a, const std::vector<T>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0;
}

template <class T>
void check(const ConvShape& s) {
  CAPTURE(s.in_channels);
  CAPTURE(s.out_channels);
  CAPTURE(s.groups);
  CAPTURE(s.height.in);
  CAPTURE(s.width.in);
  CAPTURE(s.width.filter);
  CAPTURE(s.width.stride);
  CAPTURE(s.width.dilation);
  const int64_t in = s.batch * cpu::in_pixels(s) * s.in_channels, out = s.batch * cpu::out_pixels(s) * s.out_channels;
  const int64_t size = cpu::taps(s) * s.in_channels / s.groups * s.out_channels;
  auto x = values<T>(in, 1), f = values<T>(size, 2), g = values<T>(out, 3), bias = values<T>(s.out_channels, 4);
  std::vector<T> want(static_cast<size_t>(out)), got(static_cast<size_t>(out));
  for (cpu::Epilogue<T> epilogue : {cpu::Epilogue<T>{}, {bias.data(), cpu::Activation::relu}}) {
    cpu::plain_conv(s, x.data(), f.data(), want.data(), epilogue);
    cpu::conv(s, x.data(), f.data(), got.data(), epilogue);
    CHECK(same_bytes(got, want));
  }
  want.assign(static_cast<size_t>(in), T(7));
  got.assign(static_cast<size_t>(in), T(9));
  cpu::plain_input_gradient(s, f.data(), g.data(), want.data());
  cpu::conv_input_gradient(s, f.data(), g.data(), got.data());
  CHECK(same_bytes(got, want));
  want.assign(static_cast<size_t>(size), T(7));
  got.assign(static_cast<size_t>(size), T(9));
  cpu::plain_filter_gradient(s, x.data(), g.data(), want.data());
  cpu::conv_filter_gradient(s, x.data(), g.data(), got.data());
  CHECK(same_bytes(got, want));
}

}  // namespace

TEST_CASE_TEMPLATE("convolution and its gradients equal plain loops", T, float, double) {
  for_each_isa([] {
    for (bool same : {false, true}) {
      for (int64_t stride : {1, 2, 3}) {
        for (int64_t dilation : {1, 2}) {
          for (int64_t filter : {1, 3}) {
            check<T>({.batch = 2, .in_channels = 3, .out_channels = 5, .height = axis(9, filter, stride, dilation, same),
                      .width = axis(19, filter, stride, dilation, same)});
          }
        }
      }
    }
    check<T>({.batch = 1, .in_channels = 34, .out_channels = 70, .height = axis(5, 3, 1, 1, true), .width = axis(30, 3, 1, 1, true)});
    check<T>({.batch = 3, .in_channels = 512, .out_channels = 9, .height = axis(3, 2, 1, 1, true), .width = axis(4, 3, 1, 1, true)});
    check<T>({.batch = 2, .in_channels = 8, .out_channels = 12, .groups = 4, .height = axis(7, 3, 2, 1, true), .width = axis(8, 3, 2, 1, true)});
    check<T>({.batch = 2, .in_channels = 5, .out_channels = 10, .groups = 5, .height = axis(7, 3, 1, 1, true), .width = axis(8, 3, 1, 1, true)});
    check<T>({.batch = 2, .in_channels = 37, .out_channels = 37, .groups = 37, .height = axis(7, 3, 2, 1, true), .width = axis(8, 3, 1, 2, true)});
    check<T>({.batch = 1, .in_channels = 16, .out_channels = 16, .groups = 16, .depth = axis(3, 2, 1, 1, false), .height = axis(5, 3, 1, 1, true), .width = axis(6, 3, 2, 1, true)});
    check<T>({.batch = 2, .in_channels = 20, .out_channels = 20, .groups = 20, .height = axis(9, 5, 1, 1, true), .width = axis(31, 5, 1, 1, true)});
    for (int64_t filter : {3, 5}) {  // rows of at least seven pixels
      check<T>({.batch = 2, .in_channels = 19, .out_channels = 19, .groups = 19, .height = axis(6, 3, 2, 1, true), .width = axis(12, filter, 1, 1, false)});
      check<T>({.batch = 2, .in_channels = 33, .out_channels = 33, .groups = 33, .height = axis(7, 3, 1, 2, true), .width = axis(7, filter, 1, 1, true)});
    }
    check<T>({.batch = 10, .in_channels = 16, .out_channels = 40, .height = axis(7, 3, 1, 1, true), .width = axis(7, 3, 1, 1, true)});
    check<T>({.batch = 17, .in_channels = 300, .out_channels = 80, .height = axis(7, 3, 1, 1, true), .width = axis(7, 3, 1, 1, true)});
    check<T>({.batch = 2, .in_channels = 200, .out_channels = 140, .height = axis(9, 3, 2, 1, true), .width = axis(16, 3, 2, 1, true)});
    for (int64_t stride : {1, 2}) {  // few channels on either side
      check<T>({.batch = 3, .in_channels = 1, .out_channels = 20, .height = axis(9, 3, stride, 1, true), .width = axis(13, 3, stride, 1, true)});
      for (int64_t few : {1, 2, 3, 4}) {
        check<T>({.batch = 2, .in_channels = 37, .out_channels = few, .height = axis(6, 3, stride, 1, true), .width = axis(11, 2, stride, 2, true)});
        check<T>({.batch = 2, .in_channels = few, .out_channels = 37, .depth = axis(3, 2, 1, 1, false), .height = axis(6, 3, stride, 1, true),
                  .width = axis(11, 3, stride, 1, true)});
      }
    }
    check<T>({.batch = 2, .in_channels = 4, .out_channels = 6, .width = axis(33, 5, 2, 1, true)});  // one dimension
    check<T>({.batch = 2, .in_channels = 3, .out_channels = 4, .depth = axis(5, 3, 2, 1, true), .height = axis(6, 3, 1, 1, true),
              .width = axis(7, 2, 1, 2, false)});
    check<T>({.batch = 2, .in_channels = 3, .out_channels = 4, .height = axis(2, 5, 1, 1, true), .width = axis(1, 7, 1, 1, true)});
  });
}

TEST_CASE_TEMPLATE("convolution of halves", T, tf::half_t, tf::bfloat16_t) {
  for_each_isa([] {
    check<T>({.batch = 2, .in_channels = 3, .out_channels = 4, .height = axis(5, 2, 1, 1, true), .width = axis(5, 2, 1, 1, true)});
  });
}

TEST_CASE("convolution with empty dimensions") {
  ConvShape s{.batch = 0, .in_channels = 3, .out_channels = 2, .height = axis(4, 3, 1, 1, true), .width = axis(4, 3, 1, 1, true)};
  std::vector<float> filter(54, 5.f), in(0), out(0);
  cpu::conv(s, in.data(), filter.data(), out.data());
  cpu::conv_filter_gradient(s, in.data(), out.data(), filter.data());
  CHECK(filter == std::vector<float>(54, 0.f));
}

TEST_CASE("the bits of a convolution do not depend on the number of threads") {
  const ConvShape shapes[] = {
      {.batch = 5, .in_channels = 33, .out_channels = 40, .height = axis(21, 3, 1, 1, true), .width = axis(23, 3, 1, 1, true)},
      {.batch = 9, .in_channels = 160, .out_channels = 150, .height = axis(7, 3, 1, 1, true), .width = axis(7, 3, 1, 1, true)},
      {.batch = 40, .in_channels = 70, .out_channels = 3, .height = axis(28, 3, 1, 1, true), .width = axis(28, 3, 1, 1, true)},
      {.batch = 40, .in_channels = 1, .out_channels = 70, .height = axis(28, 3, 1, 1, true), .width = axis(28, 3, 1, 1, true)},
      {.batch = 5, .in_channels = 40, .out_channels = 40, .groups = 40, .height = axis(21, 3, 1, 1, true), .width = axis(23, 3, 1, 1, true)},
      {.batch = 5, .in_channels = 40, .out_channels = 40, .groups = 40, .height = axis(21, 3, 2, 1, true), .width = axis(23, 3, 2, 1, true)}};
  for_each_isa([&] {
    for (const ConvShape& s : shapes) {
      const int64_t in = s.batch * cpu::in_pixels(s) * s.in_channels, out = s.batch * cpu::out_pixels(s) * s.out_channels;
      const int64_t size = cpu::taps(s) * s.in_channels / s.groups * s.out_channels;
      auto reciprocals = [](int64_t count, int64_t period) {
        std::vector<float> values(static_cast<size_t>(count));
        for (int64_t i = 0; i < count; ++i) values[size_t(i)] = 1.f / float(i % period + 3);
        return values;
      };
      const std::vector<float> x = reciprocals(in, 97), f = reciprocals(size, 89), g = reciprocals(out, 83);
      std::vector<float> y[2], dx[2], df[2];
      for (int i : {0, 1}) {
        tf::set_num_threads(i == 0 ? 1 : 3);
        y[i].resize(size_t(out));
        dx[i].resize(size_t(in));
        df[i].resize(size_t(size));
        cpu::conv(s, x.data(), f.data(), y[i].data());
        cpu::conv_input_gradient(s, f.data(), g.data(), dx[i].data());
        cpu::conv_filter_gradient(s, x.data(), g.data(), df[i].data());
      }
      CHECK(same_bytes(y[0], y[1]));
      CHECK(same_bytes(dx[0], dx[1]));
      CHECK(same_bytes(df[0], df[1]));
    }
  });
  tf::set_num_threads(0);
}
