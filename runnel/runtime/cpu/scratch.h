// Working memory of a kernel: small sizes live on the stack, others come from the caching allocator.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "runnel/core/allocator.h"

namespace runnel::inline v0::cpu {

/// `count` elements of plain type T, 64-byte aligned, not initialised.
template <class T, size_t StackBytes = 64>
class Scratch {
 public:
  explicit Scratch(int64_t count) : bytes_(size_t(count) * sizeof(T)) {
    if (bytes_ > StackBytes) {
      from_ = &cpu_allocator();
      data_ = static_cast<T*>(from_->allocate(bytes_));
    } else {
      data_ = reinterpret_cast<T*>(local_);
    }
  }
  ~Scratch() {
    if (from_) from_->deallocate(data_, bytes_);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  T* data() { return data_; }
  T& operator[](int64_t i) { return data_[i]; }

 private:
  size_t bytes_;
  Allocator* from_ = nullptr;
  T* data_;
  alignas(64) unsigned char local_[StackBytes];
};

/// A thread's own working memory, 64-byte aligned, kept for its next piece of work: what another core has written last is slow
/// to take over. For one user at a time, which must not wait for others meanwhile.
inline char* thread_workspace(size_t bytes) {
  constexpr size_t kAlignment = 64;
  thread_local std::vector<std::max_align_t> memory;
  size_t wanted = (bytes + kAlignment) / sizeof(std::max_align_t) + 1;
  if (memory.size() < wanted) memory.resize(wanted);
  auto at = reinterpret_cast<uintptr_t>(memory.data());
  return reinterpret_cast<char*>((at + kAlignment - 1) / kAlignment * kAlignment);
}
template <class T>
T* thread_workspace(int64_t count) {
  return reinterpret_cast<T*>(thread_workspace(size_t(count) * sizeof(T)));
}

}  // namespace runnel::inline v0::cpu
