// The numbers below are TensorFlow's (2.21, CPU) after the same calls.
#include <doctest/doctest.h>

#include <cmath>

#include "runnel/ops/array.h"
#include "runnel/ops/random.h"

using namespace runnel;

namespace {
template <class T>
std::vector<T> list(const Tensor& t) {
  return {t.values<T>().begin(), t.values<T>().end()};
}
using Floats = std::vector<float>;
void check_near(const Tensor& t, const Floats& expected) {
  REQUIRE(t.num_elements() == int64_t(expected.size()));
  for (size_t i = 0; i < expected.size(); ++i) CHECK(std::abs(t.data<float>()[i] - expected[i]) <= std::abs(expected[i]) * 4e-7f);
}
}  // namespace

TEST_CASE("random numbers after set_seed are TensorFlow's, call by call") {
  random::set_seed(42);
  CHECK(list<float>(random::uniform({5})) == Floats{0x1.54417cp-1f, 0x1.c39748p-2f, 0x1.695a08p-2f, 0x1.dba15p-2f, 0x1.13bfp-5f});
  CHECK(list<float>(random::uniform({3})) == Floats{0x1.603348p-1f, 0x1.f01b38p-2f, 0x1.dcab4cp-1f});
  CHECK(list<float>(random::uniform({3}, 0, {}, float32, 7)) == Floats{0x1.b9bcbp-1f, 0x1.50433p-1f, 0x1.fb28d4p-1f});
  CHECK(list<float>(random::uniform({3}, 0, {}, float32, 7)) == Floats{0x1.62ca88p-2f, 0x1.e32edp-1f, 0x1.0afdb8p-2f});
  check_near(random::normal({5}), {-0x1.1e4202p-1f, -0x1.11c7p-1f, 0x1.2fbf8ep+1f, -0x1.929576p+0f, 0x1.9c6b3ap-1f});
  random::normal({3}, 0.0, 1.0, float64);
  CHECK(list<int>(random::uniform({5}, 0, 10, int32)) == std::vector<int>{9, 5, 8, 8, 3});
  CHECK(list<int64_t>(random::uniform({3}, -5, int64_t(1000000000000), int64)) == std::vector<int64_t>{520111401291, 505836202116, 488803542309});
  check_near(random::truncated_normal({6}), {-0x1.9ada12p-3f, -0x1.4609bap+0f, 0x1.efb82ap-2f, 0x1.145046p+0f, 0x1.20a216p-2f, 0x1.8e4278p-1f});
  random::truncated_normal({3}, 0.0, 1.0, float64);
  for (DType t : {float16, bfloat16}) random::uniform({5}, 0, {}, t);
  random::normal({5}, 0.0, 1.0, float16);
  CHECK(list<double>(random::uniform({3}, 0, {}, float64)) == std::vector<double>{0x1.6f058c9cde64p-2, 0x1.49dc5782a7598p-2, 0x1.9b45d3e0fc0f8p-1});
  CHECK(list<int>(random::shuffle(range(10))) == std::vector<int>{1, 6, 7, 3, 5, 2, 8, 0, 9, 4});
  CHECK(list<int>(random::shuffle(reshape(range(12), {6, 2}))) == std::vector<int>{0, 1, 6, 7, 2, 3, 8, 9, 4, 5, 10, 11});
  CHECK(list<int>(random::shuffle(range(10), 5)) == std::vector<int>{7, 3, 0, 4, 5, 8, 1, 9, 6, 2});
  CHECK(list<int>(random::shuffle(range(10), 5)) == std::vector<int>{6, 3, 7, 4, 8, 1, 5, 9, 0, 2});
  Tensor logits = reshape(Tensor::from(Floats{0.1f, 2.f, -1.f, 0.f, 0.f, 5.f}), {2, 3});
  CHECK(list<int64_t>(random::categorical(logits, 7)) == std::vector<int64_t>{2, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2});
  Tensor even = reshape(Tensor::from(Floats{0.5f, 0.5f}), {1, 2});
  CHECK(list<int64_t>(random::categorical(even, 9, {}, 3)) == std::vector<int64_t>{0, 1, 1, 0, 1, 1, 1, 0, 1});
  CHECK(list<int64_t>(random::categorical(even, 9, {}, 3)) == std::vector<int64_t>{0, 0, 0, 1, 1, 1, 1, 1, 1});
}

TEST_CASE("global seeds of any size and sign") {
  random::set_seed(0);
  CHECK(list<float>(random::uniform({3}, 0, {}, float32, 0)) == Floats{0x1.43b3p-6f, 0x1.cd84p-8f, 0x1.84dbbp-3f});
  random::set_seed((int64_t(1) << 40) + 3);
  CHECK(list<float>(random::uniform({3})) == Floats{0x1.fa503cp-1f, 0x1.1c2b48p-1f, 0x1.419908p-2f});
  random::set_seed(-5);
  CHECK(list<float>(random::uniform({3})) == Floats{0x1.23ff94p-1f, 0x1.d8fbdp-1f, 0x1.b31ep-5f});
}

TEST_CASE("stateless random numbers are TensorFlow's") {
  Tensor seed = Tensor::from(std::vector<int>{1, 2});
  CHECK(list<float>(random::stateless_uniform({5}, seed)) == Floats{0x1.b028bp-1f, 0x1.894f1p-3f, 0x1.fe10f8p-1f, 0x1.48793p-3f, 0x1.168498p-2f});
  check_near(random::stateless_normal({5}, seed), {0x1.16959ap-1f, 0x1.a8b702p-3f, 0x1.2d51c8p-4f, 0x1.7c645p-5f, -0x1.4d34fep+0f});
  check_near(random::stateless_truncated_normal({5}, seed), {0x1.16959ap-1f, 0x1.a8b702p-3f, 0x1.2d51c8p-4f, 0x1.7c645p-5f, 0x1.587c58p-3f});
  CHECK(list<int>(random::stateless_uniform({5}, seed, -3, 17, int32)) == std::vector<int>{-3, 6, 11, 16, 4});
  CHECK(list<int64_t>(random::stateless_uniform({3}, seed, std::nullopt, std::nullopt, int64)) ==
        std::vector<int64_t>{7464880146280614444, 1591045637757961278, -1057468755545501549});
  CHECK(list<int>(random::stateless_shuffle(range(10), seed)) == std::vector<int>{0, 3, 8, 1, 5, 4, 9, 7, 6, 2});
  CHECK(list<int>(random::split(seed, 3)) == std::vector<int>{1105988140, 1738052849, -335576002, 370444179, 10670227, -246211131});
  CHECK(list<int>(random::fold_in(seed, 5)) == std::vector<int>{1105988140, 5});
}

TEST_CASE("a Generator goes on from its state") {
  auto g = random::Generator::from_seed(99);
  check_near(g.normal({5}), {-0x1.fca5acp-1f, 0x1.6fdd82p+0f, 0x1.1ffa5ap+0f, 0x1.8dd142p-1f, -0x1.cd60dp-1f});
  CHECK(list<int64_t>(g.state()) == std::vector<int64_t>{1379, 0, 0});
  CHECK(list<float>(g.uniform({2})) == Floats{0x1.13386p-2f, 0x1.bb06cp-2f});
  g.skip(17);
  CHECK(list<int64_t>(g.state()) == std::vector<int64_t>{6243, 0, 0});
  CHECK(list<int64_t>(g.make_seeds(2)) == std::vector<int64_t>{4211788745073248879, -5791900725578087801, 0, 0});
}
