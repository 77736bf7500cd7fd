// The loop nest around elementwise kernels: any number of operands, broadcast against each other, cut into blocks.
#pragma once

#include <cstdint>
#include <span>

#include "runnel/base/function_ref.h"
#include "runnel/core/shape.h"

namespace runnel::inline v0::cpu {

constexpr int kMaxNestOperands = 16;
constexpr int64_t kNestBuffer = 1024;  ///< Elements of a block, where operands have to be copied.

/// An operand in memory, dense and row-major.
struct NestOperand {
  const char* data;
  std::span<const int64_t> dims;
  int size;          ///< Bytes of an element.
  bool one_allowed;  ///< The body can take a single number for it.
  Dims strides{};    ///< Set by run_nest: in elements, 0 where repeated.
};

/// One operand as the body sees it in a block: n elements in a row, or one number for all of them.
struct NestView {
  const void* data;
  bool one;
};

struct NestCut {
  int64_t block = 8192;   ///< Elements of a block at most.
  int64_t grain = 32768;  ///< Elements of a task of the thread pool.
  int64_t short_row = 64; ///< Shorter innermost dimensions are taken together with the next one.
};

/// Computes n elements from `y_offset` on; returns Fault bits.
using NestBody = function_ref<uint32_t(const NestView* views, int64_t y_offset, int64_t n)>;

int64_t count_elements(std::span<const int64_t> dims);
/// Strides of an operand along the result's dimensions, in elements.
Dims strides_along(std::span<const int64_t> operand, std::span<const int64_t> result);
/// The n elements from the `offset`-th of the result on, as an operand gives them; its strides are set.
void copy_range(const NestOperand& operand, std::span<const int64_t> y_dims, int64_t offset, int64_t n, char* to);

/// Calls the body for all blocks of a result of y_dims, in parallel when large. Returns all Fault bits.
uint32_t run_nest(std::span<NestOperand> operands, std::span<const int64_t> y_dims, const NestCut& cut, NestBody body);

}  // namespace runnel::inline v0::cpu
