#include "runnel/interop/hdf5/string_heap.h"

#include <algorithm>

#include "runnel/interop/hdf5/bytes.h"

namespace runnel::inline v0::hdf5 {

namespace {
constexpr size_t kHead = 16, kObjectHead = 16, kLeastSize = 4096;  // HDF5 refuses smaller collections
constexpr int kMostObjects = 65535;
}  // namespace

void StringHeap::open(size_t size) {
  close();
  file_.append((8 - file_.size() % 8) % 8, '\0');
  start_ = file_.size();
  size = std::max(size, kLeastSize);
  file_ += Bytes().text("GCOL").u8(1).zeros(3).u64(size).take();
  at_ = file_.size();
  end_ = start_ + size;
  file_.resize(end_, '\0');
  next_ = 1;
}

void StringHeap::close() {
  if (end_ - at_ >= kObjectHead) file_.replace(at_, kObjectHead, Bytes().u64(0).u64(end_ - at_).take());
}

std::string StringHeap::add(std::string_view text) {
  if (text.empty()) return std::string(16, '\0');
  size_t needed = kObjectHead + (text.size() + 7) / 8 * 8;
  if (end_ - at_ < needed || next_ > kMostObjects) open(kHead + needed);
  file_.replace(at_, needed, Bytes().u16(next_).u16(0).u32(0).u64(text.size()).text(text).pad8().take());
  at_ += needed;
  return Bytes().u32(int64_t(text.size())).u64(start_).u32(next_++).take();
}

}  // namespace runnel::inline v0::hdf5
