// Bytes: little-endian numbers appended to text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace runnel::inline v0::hdf5 {

class Bytes {
 public:
  Bytes& number(uint64_t value, int size) {
    for (int i = 0; i < size; ++i) out_ += char(value >> (8 * i));
    return *this;
  }
  Bytes& u8(int value) { return number(uint64_t(value), 1); }
  Bytes& u16(int value) { return number(uint64_t(value), 2); }
  Bytes& u32(int64_t value) { return number(uint64_t(value), 4); }
  Bytes& u64(uint64_t value) { return number(value, 8); }
  Bytes& text(std::string_view text) {
    out_.append(text);
    return *this;
  }
  /// Zeros up to a multiple of 8.
  Bytes& pad8() { return zeros((8 - out_.size() % 8) % 8); }
  Bytes& zeros(size_t count) {
    out_.append(count, '\0');
    return *this;
  }
  size_t size() const { return out_.size(); }
  std::string take() { return std::move(out_); }

 private:
  std::string out_;
};

}  // namespace runnel::inline v0::hdf5
