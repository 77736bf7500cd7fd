// Intrusive reference counting: RefCounted is the base, Ref<T> the handle.
#pragma once

#include <atomic>
#include <cstdint>
#include <type_traits>
#include <utility>

namespace runnel::inline v0 {

/// An object may also be owned by another language's runtime (an instance of a Python subclass): then its references are
/// counted there, so that the foreign half lives as long as C++ holds the object.
struct ForeignOwner {
  void (*ref)(void* object);
  void (*unref)(void* object);
};

class RefCounted;

/// Told about the references that an object owns: how the garbage collector of another language sees through C++ objects.
class OwnedVisitor {
 public:
  virtual ~OwnedVisitor() = default;
  /// An object of the other runtime.
  virtual void foreign(void* object) = 0;
  /// One reference: reported where the object is foreign, followed where it is the only one.
  void owned(const RefCounted* object);
};

class RefCounted {
 public:
  RefCounted() = default;
  RefCounted(const RefCounted&) = delete;
  RefCounted& operator=(const RefCounted&) = delete;
  virtual ~RefCounted() = default;

  void ref() const {
    if (foreign_) return owner_->ref(foreign_);
    refs_.fetch_add(1, std::memory_order_relaxed);
  }
  void unref() const {
    if (foreign_) return owner_->unref(foreign_);
    if (refs_.load(std::memory_order_acquire) == 1 || refs_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
  }
  bool is_unique() const { return refs_.load(std::memory_order_acquire) == 1; }

  /// Hands the counting over to `owner`; the references that exist are counted there, too. Called once, by a binding.
  void set_foreign(const ForeignOwner* owner, void* object) {
    owner_ = owner;
    foreign_ = object;
    for (int n = refs_.exchange(0); n > 0; --n) owner->ref(object);
  }
  void* foreign() const { return foreign_; }
  /// Names every reference that could close a cycle through another language. Naming fewer leaks cycles; naming more is wrong.
  virtual void visit_owned(OwnedVisitor& visitor) const {}

 private:
  mutable std::atomic<int> refs_{0};
  void* foreign_ = nullptr;
  const ForeignOwner* owner_ = nullptr;
};

inline void OwnedVisitor::owned(const RefCounted* object) {
  if (!object) return;
  if (object->foreign()) foreign(object->foreign());
  else if (object->is_unique()) object->visit_owned(*this);
}

template <class T>
class Ref {
 public:
  Ref() = default;
  Ref(std::nullptr_t) {}
  explicit Ref(T* p) : p_(p) {
    if (p_) p_->ref();
  }
  Ref(const Ref& other) : Ref(other.p_) {}
  Ref(Ref&& other) noexcept : p_(std::exchange(other.p_, nullptr)) {}
  template <class U>
    requires std::is_convertible_v<U*, T*>
  Ref(const Ref<U>& other) : Ref(static_cast<T*>(other.get())) {}
  Ref& operator=(Ref other) noexcept {
    std::swap(p_, other.p_);
    return *this;
  }
  ~Ref() {
    if (p_) p_->unref();
  }
  T* get() const { return p_; }
  T* operator->() const { return p_; }
  T& operator*() const { return *p_; }
  explicit operator bool() const { return p_ != nullptr; }
  friend bool operator==(const Ref& a, const Ref& b) { return a.p_ == b.p_; }

 private:
  T* p_ = nullptr;
};

template <class T, class... Args>
Ref<T> make_ref(Args&&... args) {
  return Ref<T>(new T(std::forward<Args>(args)...));
}

}  // namespace runnel::inline v0
