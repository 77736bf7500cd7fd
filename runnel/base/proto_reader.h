// Reading messages in the wire format of Protocol Buffers, field by field:
//   for (ProtoReader in(bytes); in.next();)
//     if (in.field() == 1) name = in.text();
// Nothing is copied: texts point into the bytes. DataLossError where the bytes are no message.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

#include "runnel/base/error.h"

namespace runnel::inline v0 {

class ProtoReader {
 public:
  explicit ProtoReader(std::string_view bytes) : rest_(bytes) {}

  /// The next field; false at the end.
  bool next() {
    if (rest_.empty()) return false;
    const uint64_t tag = varint();
    field_ = int(tag >> 3);
    wire_ = int(tag & 7);
    number_ = 0;
    if (wire_ == 0) number_ = varint();
    else if (wire_ == 1) payload_ = take(8);
    else if (wire_ == 2) payload_ = take(varint());
    else if (wire_ == 5) payload_ = take(4);
    else damaged();
    return true;
  }
  int field() const { return field_; }

  // The value of a field; what belongs to another wire type reads as nothing.
  int64_t integer() const { return int64_t(number_); }
  std::string_view text() const { return wire_ == 2 ? payload_ : std::string_view(); }
  float real32() const { return as<float>(5); }
  double real64() const { return as<double>(1); }
  /// Every number of a repeated field, packed or one at a time.
  template <class T, class F>
  void each_real(F&& take_number) const {
    if (wire_ != 2) return take_number(as<T>(sizeof(T) == 4 ? 5 : 1));
    for (size_t at = 0; at + sizeof(T) <= payload_.size(); at += sizeof(T)) {
      T value;
      std::memcpy(&value, payload_.data() + at, sizeof value);
      take_number(value);
    }
  }
  template <class F>
  void each_integer(F&& take_number) const {
    if (wire_ == 0) return take_number(int64_t(number_));
    for (ProtoReader packed(text()); !packed.rest_.empty();) take_number(int64_t(packed.varint()));
  }

 private:
  [[noreturn]] static void damaged() { fail<errors::DataLossError>("", "the bytes are no protocol buffer"); }

  uint64_t varint() {
    uint64_t value = 0;
    for (int shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
      const auto byte = uint8_t(rest_.front());
      rest_.remove_prefix(1);
      value |= uint64_t(byte & 127) << shift;
      if (byte < 128) return value;
    }
    damaged();
  }
  std::string_view take(uint64_t size) {
    if (size > rest_.size()) damaged();
    std::string_view taken = rest_.substr(0, size_t(size));
    rest_.remove_prefix(size_t(size));
    return taken;
  }
  template <class T>
  T as(int wire) const {
    T value = 0;
    if (wire_ == wire) std::memcpy(&value, payload_.data(), sizeof value);
    return value;
  }

  std::string_view rest_, payload_;
  uint64_t number_ = 0;
  int field_ = 0, wire_ = 0;
};

}  // namespace runnel::inline v0
