// Looks kernels up by operator name, and runs them over whole arrays.
#include "runnel/runtime/cpu/elementwise.h"

#include <algorithm>
#include <atomic>
#include <cstring>

#include "runnel/runtime/cpu/elementwise_families.h"
#include "runnel/runtime/cpu/stream.h"
#include "runnel/runtime/thread_pool.h"

namespace runnel::inline v0::cpu {

static_assert(kFloat32Code == DType::kFloat32 && kFloat64Code == DType::kFloat64 && kInt32Code == DType::kInt32 &&
              kUint8Code == DType::kUint8 && kInt16Code == DType::kInt16 && kInt8Code == DType::kInt8 &&
              kComplex64Code == DType::kComplex64 && kInt64Code == DType::kInt64 && kBoolCode == DType::kBool &&
              kBfloat16Code == DType::kBfloat16 && kUint16Code == DType::kUint16 &&
              kComplex128Code == DType::kComplex128 && kFloat16Code == DType::kFloat16 &&
              kUint32Code == DType::kUint32 && kUint64Code == DType::kUint64 && kTypeCodes == DType::kCodes);

namespace {

constexpr int64_t kGrain = 32768;  // elements a task: some ten microseconds of additions

/// The row of `op` that has a kernel for `code`; several families may hold rows of one name.
template <class Row, class HasKernel>
const Row* find_row(Rows<Row> ElementwiseTable::*kind, std::string_view op, HasKernel has_kernel) {
  for (const ElementwiseTable* family : elementwise_families())
    for (const Row& row : family->*kind)
      if (op == row.name && has_kernel(row)) return &row;
  return nullptr;
}

/// Calls run(first element, where its result goes, how many), for the elements [begin, end) of y; where y is `streamed`, block by
/// block through the first cache.
template <class Run>
void run_range(Run run, void* y, int out_size, int64_t begin, int64_t end, bool streamed) {
  char* to = static_cast<char*>(y);
  if (!streamed) return run(begin, to + begin * out_size, end - begin);
  alignas(64) char room[8192];
  const int64_t block = int64_t(sizeof room) / out_size;
  for (int64_t at = begin; at < end; at += block) {
    const int64_t n = std::min(block, end - at);
    run(at, room, n);
    stream(to + at * out_size, room, size_t(n * out_size));
  }
  end_stream();
}

DType type_of(uint8_t code) { return DType(DType::Code(code)); }

}  // namespace

UnaryKernel unary(std::string_view op, DType in) {
  int code = in.code();
  const UnaryRow* row = find_row(&ElementwiseTable::unary, op, [&](const UnaryRow& r) { return r.run[code] != nullptr; });
  return row ? UnaryKernel{row->run[code], in, type_of(row->out[code])} : UnaryKernel{};
}

BinaryKernel binary(std::string_view op, DType in) {
  int code = in.code();
  const BinaryRow* row =
      find_row(&ElementwiseTable::binary, op, [&](const BinaryRow& r) { return r.run[code][0] != nullptr; });
  if (!row) return {};
  return {row->run[code][0], row->run[code][1], row->run[code][2], in, type_of(row->out[code])};
}

TernaryKernel ternary(std::string_view op, DType in) {
  int code = in.code();
  const TernaryRow* row =
      find_row(&ElementwiseTable::ternary, op, [&](const TernaryRow& r) { return r.run[code] != nullptr; });
  return row ? TernaryKernel{row->run[code], type_of(row->first[code]), in, type_of(row->out[code])} : TernaryKernel{};
}

UnaryKernel cast(DType from, DType to) { return {find_cast(from.code(), to.code()), from, to}; }

void run_unary(const UnaryKernel& kernel, const void* x, void* y, int64_t n) {
  if (n <= kGrain) return kernel.run(x, y, n);
  int in_size = kernel.in.size(), out_size = kernel.out.size();
  auto run = [&](int64_t at, void* to, int64_t m) { kernel.run(static_cast<const char*>(x) + at * in_size, to, m); };
  const bool streamed = n * out_size >= kStreamBytes && x != y;
  parallel_for(n, kGrain, [&](int64_t begin, int64_t end) { run_range(run, y, out_size, begin, end, streamed); });
}

uint32_t run_binary(const BinaryKernel& kernel, const void* a, bool a_is_one, const void* b, bool b_is_one, void* y,
                    int64_t n) {
  BinaryBlock run = n == 1 || !(a_is_one || b_is_one) ? kernel.arrays : b_is_one ? kernel.second_one : kernel.first_one;
  if (n > 1 && (run == nullptr || (a_is_one && b_is_one))) {
    int64_t one = 1;
    return broadcast_binary(kernel, a, Extents(a_is_one ? &one : &n, 1), b, Extents(b_is_one ? &one : &n, 1), y,
                            Extents(&n, 1));
  }
  if (n <= kGrain) return run(a, b, y, n);
  int64_t in_size = kernel.in.size(), out_size = kernel.out.size();
  int64_t a_step = a_is_one ? 0 : in_size, b_step = b_is_one ? 0 : in_size;
  std::atomic<uint32_t> faults{0};
  auto block = [&](int64_t at, void* to, int64_t m) {
    uint32_t fault = run(static_cast<const char*>(a) + at * a_step, static_cast<const char*>(b) + at * b_step, to, m);
    if (fault) faults.fetch_or(fault, std::memory_order_relaxed);
  };
  const bool streamed = n * out_size >= kStreamBytes && a != y && b != y;
  parallel_for(n, kGrain, [&](int64_t begin, int64_t end) { run_range(block, y, int(out_size), begin, end, streamed); });
  return faults.load(std::memory_order_relaxed);
}

}  // namespace runnel::inline v0::cpu
