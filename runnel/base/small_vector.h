// A vector of trivially copyable elements that keeps the first N inside itself.
#pragma once

#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <span>
#include <type_traits>

namespace runnel::inline v0 {

template <class T, int N>
class SmallVector {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  SmallVector() = default;
  explicit SmallVector(int size, T fill = T{}) {
    resize(size);
    for (T& x : *this) x = fill;
  }
  SmallVector(std::initializer_list<T> items) { assign(items.begin(), int(items.size())); }
  explicit SmallVector(std::span<const T> items) { assign(items.data(), int(items.size())); }
  SmallVector(const SmallVector& other) { assign(other.data(), other.size_); }
  SmallVector(SmallVector&& other) noexcept { steal(other); }
  SmallVector& operator=(const SmallVector& other) {
    if (this != &other) assign(other.data(), other.size_);
    return *this;
  }
  SmallVector& operator=(SmallVector&& other) noexcept {
    if (this != &other) {
      release();
      steal(other);
    }
    return *this;
  }
  ~SmallVector() { release(); }

  int size() const { return size_; }
  bool empty() const { return size_ == 0; }
  T* data() { return data_; }
  const T* data() const { return data_; }
  T& operator[](int i) { return data_[i]; }
  const T& operator[](int i) const { return data_[i]; }
  T& back() { return data_[size_ - 1]; }
  const T& back() const { return data_[size_ - 1]; }
  T* begin() { return data_; }
  T* end() { return data_ + size_; }
  const T* begin() const { return data_; }
  const T* end() const { return data_ + size_; }
  operator std::span<const T>() const { return {data_, size_t(size_)}; }

  void clear() { size_ = 0; }
  void resize(int size) {
    reserve(size);
    for (int i = size_; i < size; ++i) data_[i] = T{};
    size_ = size;
  }
  void push_back(T item) {
    if (size_ == capacity_) reserve(2 * capacity_);
    data_[size_++] = item;
  }
  void insert(int at, T item) {
    push_back(item);
    for (int i = size_ - 1; i > at; --i) data_[i] = data_[i - 1];
    data_[at] = item;
  }
  void erase(int at) {
    for (int i = at; i + 1 < size_; ++i) data_[i] = data_[i + 1];
    --size_;
  }
  friend bool operator==(const SmallVector& a, const SmallVector& b) {
    if (a.size_ != b.size_) return false;
    for (int i = 0; i < a.size_; ++i)
      if (a.data_[i] != b.data_[i]) return false;
    return true;
  }

 private:
  void reserve(int capacity) {
    if (capacity <= capacity_) return;
    T* grown = new T[capacity];
    if (size_ > 0) std::memcpy(grown, data_, sizeof(T) * size_);
    release();
    data_ = grown;
    capacity_ = capacity;
  }
  void assign(const T* items, int size) {
    size_ = 0;
    reserve(size);
    if (size > 0) std::memcpy(data_, items, sizeof(T) * size);
    size_ = size;
  }
  void release() {
    if (data_ != inline_) delete[] data_;
    data_ = inline_;
    capacity_ = N;
  }
  void steal(SmallVector& other) {
    size_ = other.size_;
    if (other.data_ == other.inline_) {
      data_ = inline_;
      capacity_ = N;
      std::memcpy(inline_, other.inline_, sizeof(T) * size_);
    } else {
      data_ = other.data_;
      capacity_ = other.capacity_;
      other.data_ = other.inline_;
      other.capacity_ = N;
    }
    other.size_ = 0;
  }

  T* data_ = inline_;
  int size_ = 0;
  int capacity_ = N;
  T inline_[N];
};

}  // namespace runnel::inline v0
