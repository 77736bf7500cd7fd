#include "runnel/interop/hdf5/heaps.h"

#include <algorithm>

namespace runnel::inline v0::hdf5 {

LocalHeap::LocalHeap(Source& source, uint64_t address) {
  Cursor cursor = source.at(address);
  cursor.expect("HEAP");
  cursor.skip(4);
  uint64_t size = cursor.length();
  cursor.length();  // the free list
  data_ = source.slice(cursor.offset(), size);
}

std::string LocalHeap::name(uint64_t offset) const {
  if (offset >= data_.size()) damaged("a name lies outside of its heap");
  std::string_view rest = data_.substr(offset);
  size_t end = rest.find('\0');
  if (end == std::string_view::npos) damaged("a name has no end");
  return std::string(rest.substr(0, end));
}

const GlobalHeaps::Collection& GlobalHeaps::collection(uint64_t address) {
  auto [place, added] = collections_.try_emplace(address);
  if (!added) return place->second;
  Cursor head = source_.at(address);
  head.expect("GCOL");
  head.skip(4);
  uint64_t size = head.length();
  if (size < head.position()) damaged("a global heap is smaller than its head");
  Cursor cursor = source_.cursor(source_.slice(address, size));
  cursor.skip(head.position());
  while (cursor.remaining() >= 16) {
    uint32_t index = cursor.u16();
    if (index == 0) break;  // the free space
    source_.spend(1);
    cursor.skip(6);
    uint64_t bytes = cursor.length();
    place->second.emplace(index, cursor.bytes(bytes));
    cursor.skip(std::min<uint64_t>((8 - bytes % 8) % 8, cursor.remaining()));
  }
  return place->second;
}

std::string_view GlobalHeaps::object(uint64_t address, uint32_t index) {
  const Collection& objects = collection(address);
  auto found = objects.find(index);
  if (found == objects.end()) damaged("a string is missing in its global heap");
  return found->second;
}

}  // namespace runnel::inline v0::hdf5
