// Writing pictures as PNG (ISO/IEC 15948).
#pragma once

#include <cstdint>
#include <string>

namespace runnel::inline v0 {

struct Picture {
  const void* pixels;  ///< (height, width, channels), each channel of 8 or 16 bits.
  int64_t height, width;
  int channels;  ///< 1: grey, 2: grey and alpha, 3: RGB, 4: RGB and alpha.
  int bits = 8;
};

/// The bytes of a file, the same as libpng's. compression: 0 (none) to 9 (small); -1: zlib's default.
std::string encode_png(const Picture& picture, int compression = -1);

}  // namespace runnel::inline v0
