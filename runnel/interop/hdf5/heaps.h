// The local heap, where the names of a group lie, and global heaps, where strings of variable length lie.
#pragma once

#include <map>

#include "runnel/interop/hdf5/source.h"

namespace runnel::inline v0::hdf5 {

class LocalHeap {
 public:
  LocalHeap(Source& source, uint64_t address);
  /// The zero-terminated name at an offset.
  std::string name(uint64_t offset) const;

 private:
  std::string_view data_;
};

/// All global heap collections of a file, each read once.
class GlobalHeaps {
 public:
  explicit GlobalHeaps(Source& source) : source_(source) {}
  /// Object `index` of the collection at an address.
  std::string_view object(uint64_t address, uint32_t index);

 private:
  using Collection = std::map<uint32_t, std::string_view>;
  const Collection& collection(uint64_t address);

  Source& source_;
  std::map<uint64_t, Collection> collections_;
};

}  // namespace runnel::inline v0::hdf5
