// How elementwise operators run: the block of runtime/cpu, found once per operator and dtype, and shortcuts for operands
// of one shape and for a scalar beside an array, which need no shape function.
#include "runnel/runtime/cpu/elementwise.h"

#include "runnel/ops/math/elementwise.h"

namespace runnel::inline v0 {

static_assert(kDivisionByZeroFault == cpu::kDivisionByZero && kNegativePowerFault == cpu::kNegativePower);

namespace {

[[noreturn]] void no_kernel(const OpContext& c, DType dtype) {
  fail<errors::UnimplementedError>(c.op().name(), cat("is not implemented for dtype ", dtype));
}

// Attributes may ask for another type of result than the kernel gives.
void check_result(const OpContext& c, DType result) {
  if (result != c.output_dtype(0)) [[unlikely]]
    fail<errors::NotFoundError>(c.op().name(), cat("Could not find device for node: no kernel gives ", c.output_dtype(0), " here"), {.expected = cat(result)});
}

template <class Kernel>
const Kernel& remember(std::atomic<const void*>& place, const Kernel& kernel) {
  const void* seen = nullptr;
  Kernel* mine = new Kernel(kernel);  // lives as long as the operator
  if (place.compare_exchange_strong(seen, mine)) return *mine;
  delete mine;  // another thread was first
  return *static_cast<const Kernel*>(seen);
}

const cpu::UnaryKernel& find_unary(const OpContext& c, DType dtype, FindUnary find) {
  std::atomic<const void*>& place = c.op().cache(dtype);
  if (const void* known = place.load(std::memory_order_acquire)) [[likely]] return *static_cast<const cpu::UnaryKernel*>(known);
  cpu::UnaryKernel kernel = cpu::unary(c.op().name(), dtype);
  if (!kernel && find) kernel = {find(dtype), dtype, c.output_dtype(0)};
  if (!kernel) no_kernel(c, dtype);
  return remember(place, kernel);
}

const cpu::BinaryKernel& find_binary(const OpContext& c, DType dtype, FindBinary find) {
  std::atomic<const void*>& place = c.op().cache(dtype);
  if (const void* known = place.load(std::memory_order_acquire)) [[likely]] return *static_cast<const cpu::BinaryKernel*>(known);
  cpu::BinaryKernel kernel = cpu::binary(c.op().name(), dtype);
  if (!kernel && find) kernel = {find(dtype), nullptr, nullptr, dtype, c.output_dtype(0)};
  if (!kernel) no_kernel(c, dtype);
  return remember(place, kernel);
}

[[noreturn]] void report(uint32_t fault) {
  if (fault & cpu::kDivisionByZero) fail<errors::InvalidArgumentError>("", "Integer division by zero");
  fail<errors::InvalidArgumentError>("", "Integers to negative integer powers are not allowed");
}

}  // namespace

void run_unary(OpContext& c, FindUnary find) {
  const Tensor& x = c.input(0);
  const cpu::UnaryKernel& kernel = find_unary(c, x.dtype(), find);
  check_result(c, kernel.out);
  Tensor& y = c.allocate(0, x.shape());
  cpu::run_unary(kernel, x.raw(), y.mutable_raw(), x.num_elements());
}

void run_binary(OpContext& c, FindBinary find) {
  const Tensor &a = c.input(0), &b = c.input(1);
  const cpu::BinaryKernel& kernel = find_binary(c, a.dtype(), find);
  check_result(c, kernel.out);
  bool same = a.shape() == b.shape();
  uint32_t fault = 0;
  if (a.num_elements() == 0 || b.num_elements() == 0) return void(c.output());
  if (same || b.rank() == 0) {
    Tensor& y = c.allocate(0, a.shape());
    fault = cpu::run_binary(kernel, a.raw(), false, b.raw(), !same, y.mutable_raw(), a.num_elements());
  } else if (a.rank() == 0) {
    Tensor& y = c.allocate(0, b.shape());
    fault = cpu::run_binary(kernel, a.raw(), true, b.raw(), false, y.mutable_raw(), b.num_elements());
  } else {
    Tensor& y = c.output();
    fault = cpu::broadcast_binary(kernel, a.raw(), a.shape().dims(), b.raw(), b.shape().dims(), y.mutable_raw(), y.shape().dims());
  }
  if (fault) [[unlikely]] report(fault);
}

}  // namespace runnel::inline v0
