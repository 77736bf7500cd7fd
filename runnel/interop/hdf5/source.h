// The bytes of a file that is being read. Every access is checked, and hostile files can neither make us loop nor allocate
// without bound: each structure read costs a step, each byte made from a smaller one is counted.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "runnel/base/ref.h"

namespace runnel::inline v0::hdf5 {

constexpr uint64_t kUndefined = ~uint64_t(0);  ///< The address of nothing.

[[noreturn]] void damaged(std::string_view what);      ///< errors::DataLossError
[[noreturn]] void unsupported(std::string_view what);  ///< errors::UnimplementedError

/// Sizes in bytes of the numbers that a file's superblock chooses.
struct NumberSizes {
  int offset = 8, length = 8;
};

/// Reads little-endian numbers one after the other; past the end the file is damaged.
class Cursor {
 public:
  Cursor(std::string_view bytes, NumberSizes sizes) : bytes_(bytes), sizes_(sizes) {}

  uint64_t number(int size);
  uint8_t u8() { return uint8_t(number(1)); }
  uint16_t u16() { return uint16_t(number(2)); }
  uint32_t u32() { return uint32_t(number(4)); }
  uint64_t u64() { return number(8); }
  uint64_t offset();  ///< kUndefined where all bits are set.
  uint64_t length() { return number(sizes_.length); }
  std::string_view bytes(uint64_t size);
  void skip(uint64_t size) { bytes(size); }
  void expect(std::string_view signature);
  /// Moves to the next multiple of 8 from the start.
  void align8();
  size_t position() const { return at_; }
  uint64_t remaining() const { return bytes_.size() - at_; }
  NumberSizes sizes() const { return sizes_; }

 private:
  std::string_view bytes_;
  NumberSizes sizes_;
  size_t at_ = 0;
};

class Source : public RefCounted {
 public:
  explicit Source(std::string bytes);

  uint64_t size() const { return bytes_.size(); }
  /// Bytes at an address; damaged where they are not all in the file.
  std::string_view slice(uint64_t address, uint64_t size) const;
  /// A cursor at an address that may read to the end of the file. Costs a step.
  Cursor at(uint64_t address);
  /// Counts the entries of a list in the file; honest ones take more than 4 bytes each.
  void spend(uint64_t steps);
  /// Begins a new count of steps, for a dataset that may be read many times.
  void refill() { steps_left_ = bytes_.size() / 4 + 64; }
  Cursor cursor(std::string_view bytes) const { return Cursor(bytes, sizes); }
  /// Counts bytes that are about to be made in memory for good.
  void allocate(uint64_t bytes);
  /// Damaged where one array of so many bytes cannot come from a file of this size (deflate packs 1032 to 1 at most).
  void check_size(uint64_t bytes) const;

  NumberSizes sizes{};
  uint64_t base = 0;  ///< Addresses count from here.

 private:
  std::string bytes_;
  uint64_t steps_left_, bytes_left_;
};

/// The product; damaged where it has more than 63 bits.
uint64_t checked_product(uint64_t a, uint64_t b);

}  // namespace runnel::inline v0::hdf5
