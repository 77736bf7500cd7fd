// Memory of tensors: 64-byte aligned, cached by size class, bounded, counted, and replaceable.
#pragma once

#include <cstddef>
#include <cstdint>

#include "runnel/base/ref.h"

namespace runnel::inline v0 {

/// What an allocator has given out, in bytes.
struct AllocatorStats {
  int64_t in_use = 0;
  int64_t peak_in_use = 0;
  int64_t cached = 0;  ///< Freed by tensors and kept for the next ones.
  int64_t allocations = 0;
};

class Allocator {
 public:
  virtual ~Allocator() = default;
  /// 64-byte aligned memory. Throws ResourceExhaustedError when there is none.
  virtual void* allocate(size_t bytes) = 0;
  virtual void deallocate(void* memory, size_t bytes) = 0;
  virtual AllocatorStats stats() const = 0;
  virtual void reset_peak() = 0;
  virtual void release_cached() = 0;
};

/// The allocator of CPU tensors; caches up to a quarter of the machine's memory, with huge pages for large blocks.
Allocator& cpu_allocator();
/// Replaces it (nullptr restores the built-in one). Memory already given out goes back to the allocator that gave it.
void set_cpu_allocator(Allocator* allocator);

/// A block of memory shared by tensors.
class Buffer : public RefCounted {
 public:
  void* data() const { return data_; }
  size_t size() const { return size_; }

 protected:
  Buffer(void* data, size_t size) : data_(data), size_(size) {}
  void* data_;
  size_t size_;
};

/// A block from cpu_allocator().
Ref<Buffer> allocate_buffer(size_t bytes);
/// Memory that somebody else owns; `release(context)` runs when the last tensor lets go.
Ref<Buffer> wrap_memory(void* data, size_t bytes, void (*release)(void* context), void* context);

}  // namespace runnel::inline v0
