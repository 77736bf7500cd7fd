#include "python/dlpack.h"

#include <cstring>

#include "runnel/base/error.h"

namespace runnel::python {

namespace {

// The structures of DLPack's C interface (dmlc/dlpack, version 0.8).
struct DLDevice {
  int32_t type, id;
};
struct DLDataType {
  uint8_t code, bits;
  uint16_t lanes;
};
struct DLTensor {
  void* data;
  DLDevice device;
  int32_t ndim;
  DLDataType dtype;
  int64_t* shape;
  int64_t* strides;
  uint64_t byte_offset;
};
struct DLManagedTensor {
  DLTensor tensor;
  void* context;
  void (*deleter)(DLManagedTensor*);
};

constexpr int32_t kCpu = 1;
enum TypeCode : uint8_t { kInt = 0, kUint = 1, kFloat = 2, kBfloat = 4, kComplex = 5, kBool = 6 };

TypeCode code_of(DType dtype) {
  if (dtype == bfloat16) return kBfloat;
  if (dtype.is_floating()) return kFloat;
  if (dtype.is_complex()) return kComplex;
  if (dtype.is_bool()) return kBool;
  return dtype.is_signed_integer() ? kInt : kUint;
}

DType dtype_of_code(DLDataType type) {
  for (int code = 1; code < DType::kCodes; ++code) {
    DType dtype{DType::Code(code)};
    if (dtype.is_plain() && dtype.size() * 8 == type.bits && code_of(dtype) == type.code && type.lanes == 1) return dtype;
  }
  fail<TypeError>("from_dlpack", cat("the element type (code ", int(type.code), ", ", int(type.bits), " bits) is not supported"));
}

struct Exported {
  Tensor tensor;
  std::vector<int64_t> shape, strides;
  DLManagedTensor managed;
};

std::vector<int64_t> row_major(const Shape& shape) {
  std::vector<int64_t> strides(size_t(shape.rank()));
  int64_t stride = 1;
  for (int i = shape.rank() - 1; i >= 0; --i) {
    strides[size_t(i)] = stride;
    stride *= shape[i];
  }
  return strides;
}

void capsule_gone(PyObject* capsule) {
  if (!PyCapsule_IsValid(capsule, "dltensor")) return;  // somebody took it
  auto* managed = static_cast<DLManagedTensor*>(PyCapsule_GetPointer(capsule, "dltensor"));
  managed->deleter(managed);
}

bool is_row_major(const DLTensor& t, const Shape& shape) {
  if (!t.strides || shape.num_elements() <= 1) return true;
  std::vector<int64_t> expected = row_major(shape);
  for (int i = 0; i < shape.rank(); ++i)
    if (shape[i] != 1 && t.strides[i] != expected[size_t(i)]) return false;
  return true;
}

// Copies strided elements one by one; rare.
Tensor gathered(const DLTensor& t, DType dtype, const Shape& shape) {
  Tensor out(dtype, shape);
  size_t bytes = size_t(dtype.size());
  Dims at(shape.rank(), 0);
  const char* base = static_cast<const char*>(t.data) + t.byte_offset;
  for (int64_t n = 0; n < shape.num_elements(); ++n) {
    int64_t offset = 0;
    for (int i = 0; i < shape.rank(); ++i) offset += at[i] * t.strides[i];
    std::memcpy(static_cast<char*>(out.mutable_raw()) + size_t(n) * bytes, base + offset * int64_t(bytes), bytes);
    for (int i = shape.rank() - 1; i >= 0 && ++at[i] == shape[i]; --i) at[i] = 0;
  }
  return out;
}

void release_managed(void* context) {
  HoldGil gil;
  auto* managed = static_cast<DLManagedTensor*>(context);
  if (managed->deleter) managed->deleter(managed);
}

Owned capsule_of(PyObject* object) {
  if (PyCapsule_CheckExact(object)) return Owned::borrow(object);
  Owned device(checked(PyObject_CallMethod(object, "__dlpack_device__", nullptr)));
  Owned type(checked(PySequence_GetItem(device.get(), 0)));
  Owned number(checked(PyNumber_Long(type.get())));
  if (PyLong_AsLong(number.get()) != kCpu)
    fail<errors::InvalidArgumentError>("from_dlpack", "the array is not in the CPU's memory", {.hint = "copy it to the CPU first."});
  return Owned(checked(PyObject_CallMethod(object, "__dlpack__", nullptr)));
}

}  // namespace

Tensor from_dlpack(PyObject* object) {
  Owned capsule = capsule_of(object);
  auto* managed = static_cast<DLManagedTensor*>(PyCapsule_GetPointer(capsule.get(), "dltensor"));
  if (!managed) throw PythonError{};
  const DLTensor& t = managed->tensor;
  if (t.device.type != kCpu)
    fail<errors::InvalidArgumentError>("from_dlpack", "the array is not in the CPU's memory", {.hint = "copy it to the CPU first."});
  DType dtype = dtype_of_code(t.dtype);
  Shape shape(Dims(std::span<const int64_t>(t.shape, size_t(t.ndim))));
  char* data = static_cast<char*>(t.data) + t.byte_offset;
  checked(PyCapsule_SetName(capsule.get(), "used_dltensor"));
  Ref<Buffer> owner = wrap_memory(data, size_t(shape.num_elements() * dtype.size()), release_managed, managed);
  bool usable = is_row_major(t, shape) && reinterpret_cast<uintptr_t>(data) % size_t(dtype.size()) == 0;
  return usable ? Tensor::view(dtype, shape, owner, data) : gathered(t, dtype, shape);
}

PyObject* to_dlpack(const Tensor& t) {
  if (t.is_symbolic() || !t.dtype().is_plain())
    fail<errors::InvalidArgumentError>("to_dlpack", cat("a tensor of dtype ", t.dtype(), " has no DLPack type"));
  // A small tensor lives inside its handle: the handle is what stays alive.
  auto* out = new Exported{t, {t.shape().begin(), t.shape().end()}, row_major(t.shape()), {}};
  out->managed.tensor = {t.mutable_raw(), {kCpu, 0}, t.rank(), {code_of(t.dtype()), uint8_t(t.dtype().size() * 8), 1},
                         out->shape.data(), out->strides.data(), 0};
  out->managed.context = out;
  out->managed.deleter = [](DLManagedTensor* self) { delete static_cast<Exported*>(self->context); };
  PyObject* capsule = PyCapsule_New(&out->managed, "dltensor", capsule_gone);
  if (!capsule) delete out;
  return checked(capsule);
}

}  // namespace runnel::python
