#include "runnel/runtime/cpu/row_loop.h"

#include <doctest/doctest.h>

#include <cstring>
#include <vector>

using namespace runnel;
using cpu::RowLoop;
using Floats = std::vector<float>;

namespace {

Floats ramp(int64_t n, float step) {
  Floats x(static_cast<size_t>(n));
  for (size_t i = 0; i < x.size(); ++i) x[i] = float(int64_t(i) * 37 % 101 - 50) * step;
  return x;
}
bool same_bits(const Floats& a, const Floats& b) { return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0; }

}  // namespace

// y = (x - mean) * scale + shift, with the mean of each row as an output of its own.
static void check_rows(int64_t rows, int64_t cols, const std::vector<int64_t>& scale_dims, const std::vector<int64_t>& shift_dims) {
  CAPTURE(rows);
  CAPTURE(cols);
  auto sub = cpu::binary("Sub", float32), mul = cpu::binary("Mul", float32), add = cpu::binary("AddV2", float32);
  auto mean = cpu::reduction("Mean", float32);
  std::vector<int64_t> dims{rows, cols}, narrow{rows, 1};
  int axes[] = {1};
  auto count = [](const std::vector<int64_t>& d) { return d.empty() ? int64_t(1) : d.size() == 1 ? d[0] : d[0] * d[1]; };
  size_t size = size_t(rows * cols);
  Floats x = ramp(rows * cols, 0.1f), scale = ramp(count(scale_dims), 0.3f), shift = ramp(count(shift_dims), 0.7f);
  Floats means(static_cast<size_t>(rows)), y(size);
  cpu::run_reduction(mean, x.data(), dims, axes, means.data());
  cpu::broadcast_binary(sub, x.data(), dims, means.data(), narrow, y.data(), dims);
  cpu::broadcast_binary(mul, y.data(), dims, scale.data(), scale_dims, y.data(), dims);
  cpu::broadcast_binary(add, y.data(), dims, shift.data(), shift_dims, y.data(), dims);

  RowLoop loop;
  int vx = loop.input(float32), vscale = loop.input(float32), vshift = loop.input(float32);
  int vmean = loop.reduce(mean, vx);
  loop.output(loop.binary(add, loop.binary(mul, loop.binary(sub, vx, vmean), vscale), vshift));
  loop.output(vmean);
  loop.finish();
  Floats got(size), got_means(static_cast<size_t>(rows));
  RowLoop::Input inputs[] = {{x.data(), dims}, {scale.data(), scale_dims}, {shift.data(), shift_dims}};
  void* outputs[] = {got.data(), got_means.data()};
  REQUIRE(loop.run(inputs, dims, 1, outputs));
  CHECK(same_bits(got, y));
  CHECK(same_bits(got_means, means));
}

TEST_CASE("a loop over rows has the bits of its steps, whatever the rows' length and the operands' shapes") {
  for (auto [rows, cols] : std::vector<std::pair<int64_t, int64_t>>{{1, 2}, {1000, 3}, {500, 64}, {37, 300}, {9, 5000}, {3, 131072}}) {
    check_rows(rows, cols, {cols}, {});
    check_rows(rows, cols, {rows, 1}, {1, cols});
    check_rows(rows, cols, {rows, cols}, {1});
  }
}

TEST_CASE("a loop over rows declines what it cannot do") {
  RowLoop loop;
  int x = loop.input(float32);
  loop.output(loop.reduce(cpu::reduction("Sum", float32), x));
  loop.finish();
  float value = 0, sum = 0;
  void* outputs[] = {&sum};
  std::vector<int64_t> one{1, 1}, wide{1, RowLoop::kLongestRow + 1}, none{0, 4}, number{1, 1};
  RowLoop::Input same[] = {{&value, one}};
  CHECK_FALSE(loop.run(same, one, 1, outputs));   // rows of one element
  CHECK_FALSE(loop.run(same, wide, 1, outputs));  // rows that are too long
  RowLoop::Input empty[] = {{&value, none}};
  CHECK_FALSE(loop.run(empty, none, 1, outputs));
}
