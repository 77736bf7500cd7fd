#include "runnel/base/png.h"

#include <doctest/doctest.h>

#include <vector>

namespace runnel {
namespace {

std::string hex(const std::string& bytes) {
  std::string out;
  for (unsigned char c : bytes) out += {"0123456789abcdef"[c >> 4], "0123456789abcdef"[c & 15]};
  return out;
}

// The bytes are those of TensorFlow 2.21's tf.io.encode_png, which calls libpng.
TEST_CASE("pictures have the bytes that libpng writes") {
  const std::vector<uint8_t> small = {0, 7, 28, 63, 112, 175, 252, 87, 192, 55, 188, 79, 240, 159, 92, 39, 0, 231,
                                      220, 223, 240, 15, 60, 119, 192, 23, 124, 239, 112, 255, 156, 71, 0, 199, 156, 127};
  CHECK(hex(encode_png({small.data(), 3, 4, 3})) ==
        "89504e470d0a1a0a0000000d49484452000000040000000308020000003b9639910000003049444154089963606097b12f58ff27fc80f91e7f860ff363d4199edfb9ff81dfa69ce94285c28902890319023b1238003af2104fb3c587280000000049454e44ae426082");
  const std::vector<uint16_t> deep = {0, 9999, 19998, 29997, 39996, 49995};
  CHECK(hex(encode_png({deep.data(), 2, 3, 1, 16})) ==
        "89504e470d0a1a0a0000000d4948445200000003000000021000000000e88fe5850000001649444154089963646050e757e7672cd555e757e707000902017dd483fc650000000049454e44ae426082");
  const uint8_t grey[] = {1, 2, 3, 4};
  CHECK(hex(encode_png({grey, 2, 2, 1}, 0)) ==
        "89504e470d0a1a0a0000000d494844520000000200000002080000000057dd52f80000001149444154081d010600f9ff0101010402010026000be1090a6a0000000049454e44ae426082");
}

}  // namespace
}  // namespace runnel
