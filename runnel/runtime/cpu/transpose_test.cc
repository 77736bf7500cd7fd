#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <numeric>
#include <vector>

#include "runnel/runtime/cpu/transpose.h"

using namespace runnel;

namespace {

/// Element i of the transposed array, by the definition.
int64_t source_of(int64_t i, const std::vector<int64_t>& dims, const std::vector<int>& permutation) {
  std::vector<int64_t> strides(dims.size());
  cpu::dense_strides(dims, strides.data());
  int64_t offset = 0;
  for (int k = int(dims.size()) - 1; k >= 0; --k) {
    int axis = permutation[size_t(k)];
    offset += i % dims[size_t(axis)] * strides[size_t(axis)];
    i /= dims[size_t(axis)];
  }
  return offset;
}

}  // namespace

TEST_CASE("transposition agrees with the definition for every order and element size") {
  const std::vector<int64_t> shapes[] = {{7}, {3, 5}, {100, 70}, {2, 3, 4}, {33, 1, 40}, {4, 35, 3, 33}, {2, 2, 3, 2, 3}};
  for (const auto& dims : shapes) {
    int64_t n = 1;
    for (int64_t d : dims) n *= d;
    std::vector<int> permutation(dims.size());
    std::iota(permutation.begin(), permutation.end(), 0);
    do {
      for (int size : {1, 2, 4, 8, 16}) {
        std::vector<uint8_t> x(size_t(n * size)), y(size_t(n * size));
        for (size_t i = 0; i < x.size(); ++i) x[i] = uint8_t(i * 131 >> 3);
        cpu::transpose(x.data(), dims, permutation, size, y.data());
        bool equal = true;
        for (int64_t i = 0; i < n; ++i)
          equal &= std::memcmp(&y[size_t(i * size)], &x[size_t(source_of(i, dims, permutation) * size)], size_t(size)) == 0;
        CHECK(equal);
      }
    } while (std::next_permutation(permutation.begin(), permutation.end()));
  }
}

TEST_CASE("strided copies reverse, repeat and slice") {
  std::vector<int32_t> x = {0, 1, 2, 3, 4, 5}, y(6);
  int64_t back[] = {-1}, forward[] = {1}, six[] = {6}, repeat[] = {0};
  cpu::copy_strided(&x[5], back, y.data(), forward, six, 4);
  CHECK(y == std::vector<int32_t>{5, 4, 3, 2, 1, 0});
  cpu::copy_strided(&x[3], repeat, y.data(), forward, six, 4);
  CHECK(y == std::vector<int32_t>(6, 3));
  int64_t x_strides[] = {3, 1}, y_strides[] = {1, 2}, box[] = {2, 3};
  cpu::copy_strided(x.data(), x_strides, y.data(), y_strides, box, 4);
  CHECK(y == std::vector<int32_t>{0, 3, 1, 4, 2, 5});
}

TEST_CASE("padding surrounds, and gathered rows report bad indices") {
  std::vector<int32_t> x = {1, 2, 3, 4}, y(20, -1);
  int64_t dims[] = {2, 2}, before[] = {1, 0}, after[] = {1, 3};
  int32_t nine = 9;
  cpu::pad(x.data(), dims, before, after, &nine, 4, y.data());
  CHECK(y == std::vector<int32_t>{9, 9, 9, 9, 9, 1, 2, 9, 9, 9, 3, 4, 9, 9, 9, 9, 9, 9, 9, 9});
  int64_t indices[] = {1, 0, 2, 1};
  std::vector<int32_t> rows(8, -1);
  CHECK(cpu::gather_rows(x.data(), 2, 8, indices, 4, rows.data()) == 2);
  CHECK(rows == std::vector<int32_t>{3, 4, 1, 2, 0, 0, 3, 4});
  CHECK(cpu::gather_rows(x.data(), 2, 8, indices, 2, rows.data()) == -1);
}
