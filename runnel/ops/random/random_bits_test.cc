// Expected numbers are those of TensorFlow 2.21 on the CPU, as bits.
#include <doctest/doctest.h>

#include <cstring>

#include "runnel/base/error.h"
#include "runnel/op/op.h"
#include "runnel/ops/array.h"
#include "runnel/ops/random.h"

using namespace runnel;

namespace {
template <class U>
std::vector<U> bits(const Tensor& t) {
  std::vector<U> out(size_t(t.num_elements()));
  std::memcpy(out.data(), t.raw(), out.size() * sizeof(U));
  return out;
}
using U16 = std::vector<uint16_t>;
using U32 = std::vector<uint32_t>;
using U64 = std::vector<uint64_t>;

// The checksum of zlib, over all the bytes of a tensor.
uint32_t crc(const Tensor& t) {
  uint32_t sum = ~0u;
  for (uint8_t byte : bits<uint8_t>(bitcast(t, uint8))) {
    sum ^= byte;
    for (int i = 0; i < 8; ++i) sum = (sum >> 1) ^ (sum & 1u ? 0xedb88320u : 0u);
  }
  return ~sum;
}
const Tensor& seed() {
  static const Tensor value = Tensor::from(std::vector<int32_t>{7, -3});
  return value;
}
}  // namespace

TEST_CASE("stateless: seed to key and counter") {
  auto k = run_all(get_op("StatelessRandomGetKeyCounter"), {seed()});
  CHECK(bits<uint64_t>(k[0]) == U64{0xb9f4bbecb565c296u});
  CHECK(bits<uint64_t>(k[1]) == U64{0, 0x277b9bf3d34bed1du});
}

TEST_CASE("stateless: few numbers of every dtype") {
  using namespace runnel::random;
  CHECK(bits<uint32_t>(stateless_uniform({5}, seed())) == U32{0x3ede896c, 0x3d85af60, 0x3f3f6390, 0x3e1855a0, 0x3f16fc3e});
  CHECK(bits<uint32_t>(stateless_normal({5}, seed())) == U32{0x3f03c5d9, 0x3f978884, 0x3f1d11c8, 0x3ee7fbc6, 0x3f6e7706});
  CHECK(bits<uint32_t>(stateless_truncated_normal({5}, seed())) == U32{0x3f03c5d9, 0x3f978884, 0x3f1d11c8, 0x3ee7fbc6, 0x3f8196c4});
  CHECK(bits<uint64_t>(stateless_uniform({3}, seed(), 0, 1, float64)) == U64{0x3fde896ce8216bd8, 0x3fef639102261568, 0x3fe6fc3ea751c30a});
  CHECK(bits<uint64_t>(stateless_truncated_normal({3}, seed(), 0.0, 1.0, float64)) ==
        U64{0xbfc2a35fbcdd7934, 0x3ff35301e5e4fb27, 0xbfd2768e2cd10406});
  CHECK(bits<uint16_t>(stateless_uniform({5}, seed(), 0, 1, float16)) == U16{0x38b6, 0x39ec, 0x3720, 0x3968, 0x383e});
  CHECK(bits<uint16_t>(stateless_uniform({5}, seed(), 0, 1, bfloat16)) == U16{0x3f36, 0x3f6c, 0x3f10, 0x3ed0, 0x3e78});
  CHECK(bits<uint32_t>(stateless_uniform({3}, seed(), -2.0, 3.0)) == U32{0x3e315e40, 0xbfd63932, 0x3fde78e8});
}

TEST_CASE("stateless: many numbers by checksum") {
  using namespace runnel::random;
  struct Row {
    DType dtype;
    uint32_t uniform, normal, truncated;
  };
  for (Row row : {Row{float32, 0x01e52bc4, 0x5ad3df9e, 0x6f7d5f05}, Row{float64, 0x14c9e630, 0xf75b1b3c, 0x95cd845d},
                  Row{float16, 0xec11452c, 0x2b3f6cb0, 0x8de3dce3}, Row{bfloat16, 0x860f040e, 0x612888e1, 0xdc2a1077}}) {
    CHECK(crc(stateless_uniform({20001}, seed(), 0, 1, row.dtype)) == row.uniform);
    CHECK(crc(stateless_normal({20001}, seed(), 0.0, 1.0, row.dtype)) == row.normal);
    CHECK(crc(stateless_truncated_normal({20001}, seed(), 0.0, 1.0, row.dtype)) == row.truncated);
  }
}

TEST_CASE("stateless: integers") {
  using namespace runnel::random;
  CHECK(bits<uint32_t>(stateless_uniform({5}, seed(), {}, {}, int32)) == U32{0x7eb7a25b, 0x3a085af6, 0x295fb1c8, 0x81130ab4, 0x39cb7e1f});
  CHECK(bits<uint64_t>(stateless_uniform({2}, seed(), {}, {}, uint64)) == U64{0x3a085af67eb7a25b, 0x81130ab4295fb1c8});
  CHECK(bits<int32_t>(stateless_uniform({6}, seed(), -10, 1000, int32)) == std::vector<int32_t>{717, 232, 638, 98, 27, 909});
  CHECK(bits<int64_t>(stateless_uniform({3}, seed(), -2147483648, 2147483647, int64)) ==
        std::vector<int64_t>{952106321, 712162428, 225730468});
  CHECK_THROWS_WITH_AS(stateless_uniform({2}, seed(), 5, 5, int32), doctest::Contains("Need minval < maxval, got 5 >= 5"),
                       errors::InvalidArgumentError);
  CHECK_THROWS_AS(stateless_uniform({2}, seed(), 0, {}, int32), ValueError);
  CHECK_THROWS_WITH_AS(stateless_uniform({2}, Tensor::from(std::vector<int32_t>{1, 2, 3})),
                       doctest::Contains("seed must have shape [2], not [3]"), errors::InvalidArgumentError);
}

TEST_CASE("set_seed: the numbers that follow") {
  using namespace runnel::random;
  set_seed(42);
  CHECK(bits<uint32_t>(uniform({5})) == U32{0x3f2a20be, 0x3ee1cba4, 0x3eb4ad04, 0x3eedd0a8, 0x3d09df80});
  CHECK(bits<uint32_t>(normal({5})) == U32{0x3dac7df0, 0xbf5c6430, 0x3ec19958, 0xbbaa4581, 0xbefd334b});
  CHECK(bits<uint32_t>(truncated_normal({5})) == U32{0xbf0f2101, 0xbf08e380, 0xbfc94abb, 0x3f4e359d, 0xbb875bcd});
  CHECK(bits<int32_t>(uniform({5}, 0, 100, int32)) == std::vector<int32_t>{94, 90, 44, 44, 42});
  CHECK(bits<int32_t>(shuffle(range(10))) == std::vector<int32_t>{9, 4, 8, 1, 0, 2, 7, 3, 5, 6});
  CHECK(bits<int32_t>(shuffle(reshape(range(12), {6, 2}))) == std::vector<int32_t>{6, 7, 0, 1, 8, 9, 4, 5, 2, 3, 10, 11});
  set_seed(42);
  CHECK(bits<uint32_t>(normal({2})) == U32{0x3ea7a9f4, 0xbf57b653});
}

TEST_CASE("set_seed: odd seeds, and operators with their own") {
  using namespace runnel::random;
  set_seed(1);
  CHECK(bits<uint32_t>(normal({2}, 0.0, 1.0, float32, 5)) == U32{0x3eac8427, 0x3fe32b56});
  CHECK(bits<uint32_t>(normal({2}, 0.0, 1.0, float32, 5)) == U32{0x3fb998b1, 0x3f1c751e});
  CHECK(bits<uint32_t>(uniform({2}, 0, 1, float32, 5)) == U32{0x3e484cf0, 0x3cf49ec0});
  set_seed(-5);
  CHECK(bits<uint32_t>(uniform({2})) == U32{0x3f11ffca, 0x3f6c7de8});
  CHECK(bits<uint32_t>(uniform({2})) == U32{0x3f178f0a, 0x3ef27f1c});
  set_seed((int64_t(1) << 40) + 3);
  CHECK(bits<uint32_t>(uniform({2})) == U32{0x3f7d281e, 0x3f0e15a4});
  set_seed(0);
  CHECK(bits<uint32_t>(uniform({2})) == U32{0x3e957dc4, 0x3e538628});
  CHECK(bits<uint32_t>(uniform({2}, 0, 1, float32, 0)) == U32{0x3ca1d980, 0x3be6c200});
  CHECK_THROWS_WITH_AS(uniform({2}, 0, {}, int32), doctest::Contains("Must specify maxval for integer dtype"), ValueError);
}
