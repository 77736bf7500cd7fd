// Writing messages in the wire format of Protocol Buffers, field by field. Empty values are left out, as proto3 does.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace runnel::inline v0 {

class ProtoWriter {
 public:
  const std::string& bytes() const { return bytes_; }

  void integer(int field, int64_t value) {
    if (value != 0) present_integer(field, value);
  }
  /// Written even where it is 0: a member of a oneof.
  void present_integer(int field, int64_t value) {
    tag(field, 0);
    varint(uint64_t(value));
  }
  void present_float(int field, float value) {
    tag(field, 5);
    raw(value);
  }
  void real(int field, double value) {
    if (value == 0) return;
    tag(field, 1);
    raw(value);
  }
  void text(int field, std::string_view value) {
    if (!value.empty()) present_text(field, value);
  }
  void present_text(int field, std::string_view value) {
    tag(field, 2);
    varint(value.size());
    bytes_ += value;
  }
  void message(int field, const ProtoWriter& message) { present_text(field, message.bytes_); }
  /// Repeated numbers, packed.
  template <class List>
  void integers(int field, const List& list) {
    ProtoWriter packed;
    for (auto value : list) packed.varint(uint64_t(int64_t(value)));
    text(field, packed.bytes_);
  }
  template <class List>
  void floats(int field, const List& list) {
    ProtoWriter packed;
    for (auto value : list) packed.raw(float(value));
    text(field, packed.bytes_);
  }

 private:
  void tag(int field, int wire_type) { varint(uint64_t(field) << 3 | uint64_t(wire_type)); }
  void varint(uint64_t value) {
    for (; value >= 128; value >>= 7) bytes_ += char((value & 127) | 128);
    bytes_ += char(value);
  }
  template <class T>
  void raw(T value) {
    char buffer[sizeof value];
    std::memcpy(buffer, &value, sizeof value);
    bytes_.append(buffer, sizeof value);
  }

  std::string bytes_;
};

}  // namespace runnel::inline v0
