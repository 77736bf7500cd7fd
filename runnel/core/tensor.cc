#include "runnel/core/tensor.h"

#include <algorithm>
#include <cstring>
#include <new>

#include "runnel/base/error.h"

namespace runnel::inline v0 {

namespace detail {

namespace {
// Freed TensorReps of this thread, so that a small result costs no malloc.
struct FreeList {
  static constexpr int kMost = 256;
  void* items[kMost];
  int count = 0;
  bool alive = true;
  ~FreeList() {
    while (count > 0) ::operator delete(items[--count], std::align_val_t(16));
    alive = false;
  }
};
thread_local FreeList free_list;
}  // namespace

// Each mention of a thread_local is a call; so there is one.
void* TensorRep::operator new(size_t bytes) {
  FreeList& list = free_list;
  if (list.count > 0) return list.items[--list.count];
  return ::operator new(bytes, std::align_val_t(16));
}
void TensorRep::operator delete(void* memory) {
  FreeList& list = free_list;
  if (list.alive && list.count < FreeList::kMost) list.items[list.count++] = memory;
  else ::operator delete(memory, std::align_val_t(16));
}

namespace {
// Elements with destructors always live in a buffer of their own that runs them.
template <class T>
class ObjectBuffer : public Buffer {
 public:
  explicit ObjectBuffer(int64_t count) : Buffer(nullptr, size_t(count) * sizeof(T)), items_(new (std::nothrow) T[size_t(count)]) {
    if (!items_) fail<errors::ResourceExhaustedError>("OOM when allocating tensor", cat("with ", count, " elements that are objects"));
    data_ = items_.get();
  }

 private:
  std::unique_ptr<T[]> items_;
};
}  // namespace

TensorRep::~TensorRep() = default;

}  // namespace detail

Tensor::Tensor(DType dtype, const Shape& shape) : rep_(new detail::TensorRep) {
  rep_->dtype = dtype;
  rep_->shape = shape;
  try {
    if (!dtype.is_plain()) {
      RUNNEL_ASSERT(dtype);
      if (shape.num_elements() > (int64_t(1) << 40))
        fail<errors::ResourceExhaustedError>("OOM when allocating tensor", cat("with shape ", bracketed(shape), " and type ", dtype));
      if (dtype == string) rep_->buffer = make_ref<detail::ObjectBuffer<std::string>>(shape.num_elements());
      else rep_->buffer = make_ref<detail::ObjectBuffer<ResourceRef>>(shape.num_elements());
      rep_->data = rep_->buffer->data();
      return;
    }
    int64_t bytes;
    if (__builtin_mul_overflow(shape.num_elements(), int64_t(dtype.size()), &bytes))
      fail<errors::ResourceExhaustedError>("OOM when allocating tensor", cat("with shape ", bracketed(shape), " and type ", dtype));
    if (size_t(bytes) <= detail::TensorRep::kInlineBytes) {
      rep_->data = rep_->inline_data;
      return;
    }
    rep_->buffer = allocate_buffer(size_t(bytes));
    rep_->data = rep_->buffer->data();
  } catch (const std::bad_alloc&) {
    delete std::exchange(rep_, nullptr);
    fail<errors::ResourceExhaustedError>("OOM when allocating tensor", cat("with shape ", bracketed(shape), " and type ", dtype));
  } catch (...) {
    delete std::exchange(rep_, nullptr);
    throw;
  }
}

Tensor Tensor::view(DType dtype, const Shape& shape, Ref<Buffer> buffer, void* data) {
  auto* rep = new detail::TensorRep;
  rep->dtype = dtype;
  rep->shape = shape;
  rep->buffer = std::move(buffer);
  rep->data = data;
  return Tensor(rep);
}

Tensor Tensor::symbolic(DType dtype, detail::Symbol symbol) {
  auto* rep = new detail::TensorRep;
  rep->dtype = dtype;
  if (symbol.shape.is_fully_known()) rep->shape = symbol.shape.known();
  rep->symbol = std::make_unique<detail::Symbol>(std::move(symbol));
  return Tensor(rep);
}

void Tensor::no_tensor() {
  fail<ValueError>("Tensor", "a default-constructed tensor holds no values",
                   {.hint = "assign one first (tf::zeros({2, 3}), tf::constant(1.f), ...), or ask `if (tensor)`."});
}

const Shape& Tensor::shape() const {
  if (rep().symbol && !rep_->symbol->shape.is_fully_known())
    fail<TypeError>("Tensor.shape", "the shape of a symbolic tensor is not fully known",
                    {.got = to_text(rep_->symbol->shape), .hint = "use tf.shape(x), or partial_shape()."});
  if (rep_->symbol) rep_->shape = rep_->symbol->shape.known();  // it may have become known later (set_shape)
  return rep_->shape;
}

Tensor Tensor::reshaped(const Shape& shape) const {
  RUNNEL_ASSERT(shape.num_elements() == num_elements() && !is_symbolic());
  if (rep_->buffer) return view(dtype(), shape, rep_->buffer, rep_->data);
  Tensor out(dtype(), shape);
  std::memcpy(out.mutable_raw(), raw(), size_t(nbytes()));
  return out;
}

Tensor Tensor::rows(int64_t begin, int64_t end) const {
  RUNNEL_ASSERT(rank() >= 1 && 0 <= begin && begin <= end && end <= dim(0) && !is_symbolic());
  Dims dims = shape().dims();
  dims[0] = end - begin;
  Shape out_shape(dims);
  int64_t row_bytes = dim(0) == 0 ? 0 : nbytes() / dim(0);
  char* start = static_cast<char*>(rep_->data) + begin * row_bytes;
  if (rep_->buffer) return view(dtype(), out_shape, rep_->buffer, start);
  Tensor out(dtype(), out_shape);
  std::memcpy(out.mutable_raw(), start, size_t(out.nbytes()));
  return out;
}

Tensor Tensor::alias() const { return rep().symbol ? symbolic(rep_->dtype, *rep_->symbol) : reshaped(shape()); }

Tensor Tensor::clone() const {
  Tensor out(dtype(), shape());
  if (dtype().is_plain()) std::memcpy(out.mutable_raw(), raw(), size_t(nbytes()));
  else if (dtype() == string) std::copy_n(data<std::string>(), num_elements(), out.mutable_data<std::string>());
  else std::copy_n(static_cast<const ResourceRef*>(raw()), num_elements(), static_cast<ResourceRef*>(out.mutable_raw()));
  return out;
}

void Tensor::wrong_access(DType wanted) const {
  if (is_symbolic())
    fail<TypeError>("Tensor", "a symbolic tensor has no values while a function is traced",
                    {.hint = "compute with operators, or run the code eagerly."});
  fail<TypeError>("Tensor", "the elements are read as another type", {.got = wanted.name(), .expected = dtype().name()});
}

void Tensor::check_single() const {
  if (num_elements() != 1)
    fail<ValueError>("Tensor.item", "only a tensor with one element has an item", {.got = cat("shape ", to_text(shape()))});
}

}  // namespace runnel::inline v0
