#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "runnel/runtime/cpu/elementwise.h"
#include "runnel/runtime/cpu/isa.h"

using namespace runnel;

TEST_CASE("binary kernels broadcast") {
  std::vector<float> a = {1, 2, 3, 4, 5, 6}, b = {10, 20, 30}, y(6);
  cpu::BinaryKernel add = cpu::binary("AddV2", float32);
  REQUIRE(add);
  CHECK(add.out == float32);
  int64_t a_dims[] = {2, 3}, b_dims[] = {3};
  CHECK(cpu::broadcast_binary(add, a.data(), a_dims, b.data(), b_dims, y.data(), a_dims) == 0);
  CHECK(y == std::vector<float>{11, 22, 33, 14, 25, 36});
}
