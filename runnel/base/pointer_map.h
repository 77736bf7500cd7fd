// A small hash map from pointers to T: open addressing, no deletion.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace runnel::inline v0 {

template <class T>
class PointerMap {
 public:
  T* find(const void* key) {
    if (slots_.empty()) return nullptr;
    for (size_t i = place(key);; i = (i + 1) & mask()) {
      if (slots_[i].key == key) return &slots_[i].value;
      if (!slots_[i].key) return nullptr;
    }
  }
  const T* find(const void* key) const { return const_cast<PointerMap*>(this)->find(key); }
  bool contains(const void* key) const { return find(key) != nullptr; }
  T& operator[](const void* key) {
    if (T* found = find(key)) return *found;
    if (2 * (size_ + 1) > slots_.size()) grow();
    size_t i = place(key);
    while (slots_[i].key) i = (i + 1) & mask();
    slots_[i].key = key;
    ++size_;
    return slots_[i].value;
  }
  template <class F>
  void for_each(F&& f) {
    for (Slot& slot : slots_)
      if (slot.key) f(slot.key, slot.value);
  }
  size_t size() const { return size_; }
  void clear() {
    slots_.clear();
    size_ = 0;
  }

 private:
  struct Slot {
    const void* key = nullptr;
    T value{};
  };
  size_t mask() const { return slots_.size() - 1; }
  size_t place(const void* key) const {
    return size_t((uint64_t(reinterpret_cast<uintptr_t>(key)) * 0x9e3779b97f4a7c15ull) >> 32) & mask();
  }
  void grow() {
    std::vector<Slot> old(slots_.empty() ? 16 : 2 * slots_.size());
    old.swap(slots_);
    for (Slot& slot : old) {
      if (!slot.key) continue;
      size_t i = place(slot.key);
      while (slots_[i].key) i = (i + 1) & mask();
      slots_[i] = std::move(slot);
    }
  }

  std::vector<Slot> slots_;
  size_t size_ = 0;
};

}  // namespace runnel::inline v0
