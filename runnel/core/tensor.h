// Tensor: an immutable, dense, row-major array, held by one reference-counted handle.
#pragma once

#include <atomic>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "runnel/core/allocator.h"
#include "runnel/core/dtype.h"
#include "runnel/core/shape.h"

namespace runnel::inline v0 {

struct Node;  // graph/graph.h: where a symbolic tensor comes from
class Index;  // ops/indexing.h
class Tensor;

namespace detail {

/// What a symbolic tensor (inside a trace) knows in place of data.
struct Symbol {
  Ref<RefCounted> graph;  // keeps the nodes alive
  Node* node = nullptr;
  int output = 0;
  PartialShape shape;
  const Tensor* constant = nullptr;  // the value, where the graph knows it; owned by the graph
};

struct TensorRep {
  static constexpr size_t kInlineBytes = 64;

  std::atomic<int> refs{1};
  DType dtype;
  Shape shape;
  void* data = nullptr;
  Ref<Buffer> buffer;              // none where the data is inline
  std::unique_ptr<Symbol> symbol;  // set for symbolic tensors only
  alignas(16) std::byte inline_data[kInlineBytes];

  static void* operator new(size_t);
  static void operator delete(void*);
  ~TensorRep();
};

}  // namespace detail

class Tensor {
 public:
  /// No tensor. Everything but operator bool, assignment and comparison of handles throws ValueError.
  Tensor() = default;
  /// Uninitialised memory for a kernel to fill (zeroed handles and empty strings for non-plain types).
  Tensor(DType dtype, const Shape& shape);
  /// A scalar.
  template <class T>
    requires requires { dtype_of<T>(); }
  static Tensor scalar(const T& value) {
    Tensor t(dtype_of<T>(), Shape());
    *t.mutable_data<T>() = value;
    return t;
  }
  /// A vector.
  template <class T>
    requires requires { dtype_of<T>(); }
  static Tensor from(std::span<const T> values) {
    Tensor t(dtype_of<T>(), Shape({int64_t(values.size())}));
    std::copy(values.begin(), values.end(), t.mutable_data<T>());
    return t;
  }
  template <class T>
  static Tensor from(const std::vector<T>& values) {
    return from(std::span<const T>(values));
  }
  /// A view of `buffer` at `data`.
  static Tensor view(DType dtype, const Shape& shape, Ref<Buffer> buffer, void* data);
  /// A symbolic tensor: an output of a node of a graph that is being traced.
  static Tensor symbolic(DType dtype, detail::Symbol symbol);

  Tensor(const Tensor& other) : rep_(other.rep_) {
    if (rep_) rep_->refs.fetch_add(1, std::memory_order_relaxed);
  }
  Tensor(Tensor&& other) noexcept : rep_(std::exchange(other.rep_, nullptr)) {}
  Tensor& operator=(Tensor other) noexcept {
    std::swap(rep_, other.rep_);
    return *this;
  }
  ~Tensor() {
    if (rep_ && rep_->refs.fetch_sub(1, std::memory_order_acq_rel) == 1) delete rep_;
  }

  explicit operator bool() const { return rep_ != nullptr; }
  DType dtype() const { return rep().dtype; }
  /// Throws TypeError for a symbolic tensor with unknown sizes; partial_shape() always answers.
  const Shape& shape() const;
  PartialShape partial_shape() const { return rep().symbol ? rep_->symbol->shape : PartialShape(rep_->shape); }
  int rank() const { return shape().rank(); }
  int64_t dim(int axis) const { return shape().dim(axis); }
  int64_t num_elements() const { return shape().num_elements(); }
  int64_t nbytes() const { return num_elements() * dtype().size(); }

  bool is_symbolic() const { return rep().symbol != nullptr; }
  const detail::Symbol& symbol() const { return *rep_->symbol; }

  /// The elements, row-major. Throws TypeError where T is not the dtype's C++ type, or the tensor is symbolic.
  template <class T>
  const T* data() const {
    if (rep().dtype != dtype_of<T>() || rep_->symbol) wrong_access(dtype_of<T>());
    return static_cast<const T*>(rep_->data);
  }
  /// For the code that has just created this tensor, before anybody else sees it.
  template <class T>
  T* mutable_data() const {
    return const_cast<T*>(data<T>());
  }
  const void* raw() const { return rep_->data; }
  void* mutable_raw() const { return rep_->data; }
  template <class T>
  std::span<const T> values() const {
    return {data<T>(), size_t(num_elements())};
  }
  /// The only element. Throws ValueError where there is not exactly one.
  template <class T>
  T item() const {
    check_single();
    return *data<T>();
  }

  /// x[{0, all, Slice{1, 3}}], x[mask]: see ops/indexing.h, where it is done.
  Tensor operator[](std::initializer_list<Index> index) const;
  Tensor operator[](const Index& index) const;

  /// The same elements under another shape of equal element count (shares memory).
  Tensor reshaped(const Shape& shape) const;
  /// Rows [begin, end) of the first dimension (shares memory).
  Tensor rows(int64_t begin, int64_t end) const;
  /// The same values under a handle of its own (shares memory): what an operator returns that passes its input on.
  Tensor alias() const;
  /// A copy that shares nothing.
  Tensor clone() const;
  /// True where no other handle or tensor sees this memory, so that it may be overwritten.
  bool is_unique() const {
    return rep_->refs.load(std::memory_order_acquire) == 1 && (!rep_->buffer || rep_->buffer->is_unique());
  }
  const Ref<Buffer>& buffer() const { return rep_->buffer; }

  /// Same handle (not same values).
  bool is(const Tensor& other) const { return rep_ == other.rep_; }
  /// Identity, for maps keyed by tensor; valid while the tensor lives.
  const void* id() const { return rep_; }

 private:
  explicit Tensor(detail::TensorRep* rep) : rep_(rep) {}
  detail::TensorRep& rep() const {
    if (!rep_) [[unlikely]] no_tensor();
    return *rep_;
  }
  [[noreturn, gnu::cold]] static void no_tensor();
  [[noreturn]] void wrong_access(DType wanted) const;
  void check_single() const;

  detail::TensorRep* rep_ = nullptr;
};

/// "tf.Tensor([1 2 3], shape=(3,), dtype=int32)"; large tensors are abbreviated as NumPy does.
std::string to_text(const Tensor& tensor);

}  // namespace runnel::inline v0
