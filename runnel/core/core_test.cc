#include <doctest/doctest.h>

#include <limits>

#include "runnel/base/error.h"
#include "runnel/core/attr.h"
#include "runnel/core/tensor.h"

using namespace runnel;

TEST_CASE("half and bfloat16 round to nearest even") {
  CHECK(float(half_t(1.0f + 0x1p-11f)) == 1.0f);
  CHECK(float(half_t(1.0f + 3 * 0x1p-11f)) == 1.0f + 0x1p-9f);
  CHECK(float(half_t(65520.0f)) == std::numeric_limits<float>::infinity());
  CHECK(float(half_t(0x1p-24f)) == 0x1p-24f);
  for (int bits = 0; bits < 65536; ++bits) {
    half_t h = half_t::from_bits(uint16_t(bits));
    if (float(h) == float(h)) REQUIRE(half_t(float(h)).bits == bits);
    bfloat16_t b = bfloat16_t::from_bits(uint16_t(bits));
    if (float(b) == float(b)) REQUIRE(bfloat16_t(float(b)).bits == bits);
  }
}

TEST_CASE("shapes broadcast, merge and refuse") {
  CHECK(broadcast_shapes(Shape({2, 1, 3}), Shape({4, 1})) == Shape({2, 4, 3}));
  CHECK(to_text(Shape({2})) == "(2,)");
  CHECK(to_text(PartialShape({-1, 3})) == "(None, 3)");
  CHECK_THROWS_AS(broadcast_shapes(Shape({2}), Shape({3})), errors::InvalidArgumentError);
  CHECK_THROWS_AS(Shape({int64_t(1) << 40, int64_t(1) << 40}), errors::InvalidArgumentError);
  CHECK(Shape({int64_t(1) << 40, int64_t(1) << 40, 0}).num_elements() == 0);
}

TEST_CASE("tensors share memory until cloned") {
  Tensor t(float32, {4, 8});
  for (int i = 0; i < 32; ++i) t.mutable_data<float>()[i] = float(i);
  CHECK(t.is_unique());
  Tensor r = t.reshaped({8, 4});
  CHECK(r.raw() == t.raw());
  CHECK(!t.is_unique());
  CHECK(t.rows(1, 3).data<float>()[0] == 8.0f);
  CHECK(t.clone().is_unique());
  CHECK_THROWS_AS(t.data<int>(), TypeError);
  CHECK_THROWS_AS(Tensor(float32, Shape({int64_t(1) << 50})), errors::ResourceExhaustedError);
  Tensor s(string, {3});
  s.mutable_data<std::string>()[2] = "three";
  CHECK(s.clone().data<std::string>()[2] == "three");
}

TEST_CASE("freed blocks are used again") {
  auto before = cpu_allocator().stats();
  for (int i = 0; i < 100; ++i) Tensor(float32, {1000});
  CHECK(cpu_allocator().stats().in_use == before.in_use);
}

TEST_CASE("an empty handle says so where it is used") {
  const Tensor none;
  CHECK_FALSE(none);
  CHECK_THROWS_AS(none.shape(), ValueError);
  CHECK_THROWS_AS(none.partial_shape(), ValueError);
  CHECK_THROWS_AS(none.dtype(), ValueError);
  CHECK_THROWS_AS(none.data<float>(), ValueError);
  CHECK_THROWS_AS(none.alias(), ValueError);
  CHECK_THROWS_AS(none.clone(), ValueError);
  CHECK_THROWS_WITH_AS(none.item<float>(), doctest::Contains("a default-constructed tensor holds no values"), ValueError);
}
