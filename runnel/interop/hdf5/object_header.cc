#include "runnel/interop/hdf5/object_header.h"

#include "runnel/base/error.h"

namespace runnel::inline v0::hdf5 {

namespace {

struct Block {
  uint64_t address, size;
};

/// Walks the blocks of a header; a block may name further ones.
class HeaderReader {
 public:
  explicit HeaderReader(Source& source) : source_(source) {}

  std::vector<Message> read(uint64_t address) {
    bool second = source_.slice(address, 4) == "OHDR";
    second ? begin_v2(address) : begin_v1(address);
    for (size_t i = 0; i < waiting_.size(); ++i) {
      Block block = waiting_[i];
      if (i > 0) source_.at(block.address);  // a step
      std::string_view bytes = source_.slice(block.address, block.size);
      second ? read_v2(bytes, i > 0) : read_v1(bytes);
    }
    return std::move(messages_);
  }

 private:
  void begin_v1(uint64_t address) {
    Cursor head = source_.at(address);
    if (head.u8() != 1) damaged("an object header has an unknown version");
    head.skip(1 + 2 + 4);
    uint64_t size = head.u32();
    waiting_.push_back({address + 16, size});
  }

  void begin_v2(uint64_t address) {
    Cursor head = source_.at(address);
    head.expect("OHDR");
    if (head.u8() != 2) damaged("an object header has an unknown version");
    int flags = head.u8();
    if (flags & 0x20) head.skip(16);  // times
    if (flags & 0x10) head.skip(4);   // when attributes become dense
    has_order_ = flags & 4;
    uint64_t size = head.number(1 << (flags & 3));
    waiting_.push_back({address + head.position(), size});
  }

  void read_v1(std::string_view bytes) {
    Cursor cursor = source_.cursor(bytes);
    while (cursor.remaining() >= 8) {
      uint16_t type = cursor.u16(), size = cursor.u16();
      int flags = cursor.u8();
      cursor.skip(3);
      add(type, flags, cursor.bytes(size));
    }
  }

  void read_v2(std::string_view bytes, bool continued) {
    Cursor cursor = source_.cursor(bytes);
    if (continued) {
      cursor.expect("OCHK");
      if (bytes.size() < 8) damaged("a structure is cut short");
      cursor = source_.cursor(bytes.substr(4, bytes.size() - 8));
    }
    const uint64_t head = has_order_ ? 6 : 4;
    while (cursor.remaining() >= head) {
      uint16_t type = cursor.u8(), size = cursor.u16();
      int flags = cursor.u8();
      if (has_order_) cursor.skip(2);
      add(type, flags, cursor.bytes(size));
    }
  }

  void add(uint16_t type, int flags, std::string_view body) {
    source_.spend(1);
    if (flags & 2) unsupported("a message shared between objects (a committed datatype)");
    if (type != kContinuation) {
      messages_.push_back({type, body});
      return;
    }
    Cursor cursor = source_.cursor(body);
    uint64_t address = cursor.offset();
    waiting_.push_back({address, cursor.length()});
  }

  Source& source_;
  std::vector<Block> waiting_;
  std::vector<Message> messages_;
  bool has_order_ = false;
};

}  // namespace

std::vector<Message> read_messages(Source& source, uint64_t address) { return HeaderReader(source).read(address); }

}  // namespace runnel::inline v0::hdf5
