#include "runnel/core/allocator.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstdlib>
#include <mutex>
#include <vector>

#include "runnel/base/error.h"

namespace runnel::inline v0 {

namespace {

constexpr size_t kAlignment = 64, kHugePage = size_t(2) << 20;

// Sizes are rounded to four steps per power of two, so that at most a fifth of a block is wasted.
size_t round_to_class(size_t bytes) {
  if (bytes <= 256) return std::max<size_t>((bytes + 63) & ~size_t(63), 64);
  size_t step = std::bit_floor(bytes - 1) / 4;
  return (bytes + step - 1) / step * step;
}
int class_index(size_t rounded) {
  if (rounded <= 256) return int(rounded / 64) - 1;
  int power = std::bit_width(rounded - 1) - 1;  // 2^power < rounded <= 2^(power+1)
  return 4 + (power - 8) * 4 + int(rounded / (size_t(1) << (power - 2))) - 5;
}

size_t cache_limit() {
  static const size_t limit = size_t(sysconf(_SC_PHYS_PAGES)) * size_t(sysconf(_SC_PAGE_SIZE)) / 4;
  return limit;
}

class CachingAllocator : public Allocator {
 public:
  void* allocate(size_t bytes) override {
    if (bytes > (size_t(1) << 46)) exhausted(bytes);
    size_t rounded = round_to_class(bytes);
    std::lock_guard lock(mutex_);
    stats_.in_use += int64_t(rounded);
    stats_.peak_in_use = std::max(stats_.peak_in_use, stats_.in_use);
    ++stats_.allocations;
    auto& free_list = free_[class_index(rounded)];
    if (!free_list.empty()) {
      void* memory = free_list.back();
      free_list.pop_back();
      stats_.cached -= int64_t(rounded);
      return memory;
    }
    void* memory = fresh(rounded);
    if (!memory) {
      release_locked();
      memory = fresh(rounded);
    }
    if (!memory) {
      stats_.in_use -= int64_t(rounded);
      exhausted(bytes);
    }
    return memory;
  }

  void deallocate(void* memory, size_t bytes) override {
    size_t rounded = round_to_class(bytes);
    std::lock_guard lock(mutex_);
    stats_.in_use -= int64_t(rounded);
    if (size_t(stats_.cached) + rounded > cache_limit()) return std::free(memory);
    free_[class_index(rounded)].push_back(memory);
    stats_.cached += int64_t(rounded);
  }

  AllocatorStats stats() const override {
    std::lock_guard lock(mutex_);
    return stats_;
  }
  void reset_peak() override {
    std::lock_guard lock(mutex_);
    stats_.peak_in_use = stats_.in_use;
  }
  void release_cached() override {
    std::lock_guard lock(mutex_);
    release_locked();
  }

 private:
  static void* fresh(size_t rounded) {
    size_t alignment = rounded >= 2 * kHugePage ? kHugePage : kAlignment;
    void* memory = std::aligned_alloc(alignment, (rounded + alignment - 1) / alignment * alignment);
#ifdef MADV_HUGEPAGE
    if (memory && alignment == kHugePage) madvise(memory, rounded, MADV_HUGEPAGE);
#endif
    return memory;
  }
  void release_locked() {
    for (auto& free_list : free_) {
      for (void* memory : free_list) std::free(memory);
      free_list.clear();
    }
    stats_.cached = 0;
  }
  [[noreturn]] static void exhausted(size_t bytes) {
    fail<errors::ResourceExhaustedError>("OOM when allocating tensor", cat(bytes, " bytes could not be allocated on the CPU"));
  }

  mutable std::mutex mutex_;
  std::vector<void*> free_[4 + 64 * 4];
  AllocatorStats stats_;
};

CachingAllocator& built_in() {
  static CachingAllocator& allocator = *new CachingAllocator;  // never destroyed: tensors may outlive main()
  return allocator;
}
std::atomic<Allocator*> replacement{nullptr};

class AllocatedBuffer : public Buffer {
 public:
  AllocatedBuffer(Allocator& from, size_t bytes) : Buffer(from.allocate(bytes), bytes), from_(from) {}
  ~AllocatedBuffer() override { from_.deallocate(data_, size_); }

 private:
  Allocator& from_;
};

class WrappedBuffer : public Buffer {
 public:
  WrappedBuffer(void* data, size_t bytes, void (*release)(void*), void* context)
      : Buffer(data, bytes), release_(release), context_(context) {}
  ~WrappedBuffer() override {
    if (release_) release_(context_);
  }

 private:
  void (*release_)(void*);
  void* context_;
};

}  // namespace

Allocator& cpu_allocator() {
  Allocator* other = replacement.load(std::memory_order_relaxed);
  return other ? *other : built_in();
}
void set_cpu_allocator(Allocator* allocator) { replacement = allocator; }

Ref<Buffer> allocate_buffer(size_t bytes) { return make_ref<AllocatedBuffer>(cpu_allocator(), bytes); }
Ref<Buffer> wrap_memory(void* data, size_t bytes, void (*release)(void*), void* context) {
  return make_ref<WrappedBuffer>(data, bytes, release, context);
}

}  // namespace runnel::inline v0
