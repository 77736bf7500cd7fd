// Broadcasting: the dimensions of all operands are collapsed to the shortest loop nest, whose innermost part is handed to
// contiguous kernels block by block. An operand that does not lie contiguous in a block is copied into a small buffer.
#include "runnel/runtime/cpu/broadcast_nest.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <memory>
#include <optional>

#include "runnel/runtime/cpu/elementwise.h"
#include "runnel/runtime/thread_pool.h"

namespace runnel::inline v0::cpu {
namespace {

struct Nest {
  Dims dims;
  std::span<NestOperand> operands;
};

/// Leaves out dimensions of size 1 and joins neighbours that every operand walks through evenly.
void collapse(Nest& nest) {
  int kept = 0;
  for (int i = 0; i < nest.dims.size(); ++i) {
    int64_t size = nest.dims[i];
    if (size == 1) continue;
    bool joins = kept > 0;
    for (const NestOperand& operand : nest.operands) joins &= kept > 0 && operand.strides[kept - 1] == operand.strides[i] * size;
    if (joins) --kept;
    nest.dims[kept] = joins ? nest.dims[kept] * size : size;
    for (NestOperand& operand : nest.operands) operand.strides[kept] = operand.strides[i];
    ++kept;
  }
  nest.dims.resize(kept);
}

template <class T>
void gather_block(const char* from, int64_t row_stride, int64_t stride, int64_t rows, int64_t cols, char* to) {
  const T* x = reinterpret_cast<const T*>(from);
  T* y = reinterpret_cast<T*>(to);
  for (int64_t r = 0; r < rows; ++r, x += row_stride, y += cols) {
    if (stride == 0) {
      std::fill_n(y, cols, *x);
    } else {
      for (int64_t c = 0; c < cols; ++c) y[c] = x[c * stride];
    }
  }
}

struct Wide {
  uint64_t parts[2];
};

void gather_block(int size, const char* from, int64_t row_stride, int64_t stride, int64_t rows, int64_t cols, char* to) {
  switch (size) {
    case 1: return gather_block<uint8_t>(from, row_stride, stride, rows, cols, to);
    case 2: return gather_block<uint16_t>(from, row_stride, stride, rows, cols, to);
    case 4: return gather_block<uint32_t>(from, row_stride, stride, rows, cols, to);
    case 8: return gather_block<uint64_t>(from, row_stride, stride, rows, cols, to);
    default: return gather_block<Wide>(from, row_stride, stride, rows, cols, to);
  }
}

/// How the nest is cut: a block is `rows` x `cols` elements of the two innermost dimensions.
struct Cut {
  int outer_rank;              // dimensions outside the blocks
  int64_t d1 = 1, d0 = 1;      // the part that is cut into blocks
  int64_t rows = 1, cols = 1;  // a full block
  int64_t blocks_per_part;     // blocks in d1 x d0
  int64_t blocks;
};

Cut cut_nest(const Nest& nest, int64_t room, int64_t short_row) {
  Cut cut;
  int rank = nest.dims.size();
  bool pair = rank >= 2 && nest.dims[rank - 1] < short_row;
  if (rank >= 1) cut.d0 = nest.dims[rank - 1];
  if (pair) cut.d1 = nest.dims[rank - 2];
  bool buffered = pair;
  for (const NestOperand& operand : nest.operands) buffered |= rank >= 1 && operand.strides[rank - 1] == 0 && !operand.one_allowed;
  if (buffered) room = std::min(room, kNestBuffer);
  cut.cols = std::min(cut.d0, room);
  cut.rows = std::min(cut.d1, room / cut.cols);
  cut.outer_rank = std::max(0, rank - (pair ? 2 : 1));
  cut.blocks_per_part = pair ? (cut.d1 + cut.rows - 1) / cut.rows : (cut.d0 + cut.cols - 1) / cut.cols;
  cut.blocks = cut.blocks_per_part;
  for (int i = 0; i < cut.outer_rank; ++i) cut.blocks *= nest.dims[i];
  return cut;
}

/// Keeps the copied block of an operand, and knows whether the next block needs the same copy.
class BlockReader {
 public:
  BlockReader(const NestOperand& operand, int rank, bool pair)
      : operand_(operand), s1_(pair ? operand.strides[rank - 2] : 0), s0_(rank ? operand.strides[rank - 1] : 0) {}

  NestView view(int64_t offset, int64_t rows, int64_t cols) {
    const char* from = operand_.data + offset * operand_.size;
    bool one = s0_ == 0 && (rows == 1 || s1_ == 0);
    if (rows * cols == 1 || (one && operand_.one_allowed)) return {from, rows * cols > 1};
    if (s0_ == 1 && (rows == 1 || s1_ == cols)) return {from, false};
    if (from != copied_from_ || rows * cols > copied_) {
      if (!buffer_) buffer_ = std::make_unique_for_overwrite<Block>();
      gather_block(operand_.size, from, s1_, s0_, rows, cols, buffer_->bytes);
      copied_from_ = from;
      copied_ = rows * cols;
    }
    return {buffer_->bytes, false};
  }
  int64_t s1() const { return s1_; }
  int64_t s0() const { return s0_; }

 private:
  const NestOperand& operand_;
  int64_t s1_, s0_;
  const char* copied_from_ = nullptr;
  int64_t copied_ = 0;
  struct Block {
    alignas(64) char bytes[kNestBuffer * 16];
  };
  std::unique_ptr<Block> buffer_;  // made by the first copy
};

/// Runs the blocks [begin, end). Operands' buffers live here, one set a task.
uint32_t run_blocks(const Nest& nest, const Cut& cut, int64_t begin, int64_t end, NestBody body) {
  int rank = nest.dims.size();
  bool pair = cut.outer_rank == rank - 2;
  size_t count = nest.operands.size();
  std::optional<BlockReader> readers[kMaxNestOperands];
  NestView views[kMaxNestOperands];
  int64_t offsets[kMaxNestOperands];
  for (size_t k = 0; k < count; ++k) readers[k].emplace(nest.operands[k], rank, pair);
  uint32_t faults = 0;
  for (int64_t block = begin; block < end; ++block) {
    int64_t part = block / cut.blocks_per_part, piece = block % cut.blocks_per_part;
    int64_t row = pair ? piece * cut.rows : 0, col = pair ? 0 : piece * cut.cols;
    int64_t rows = std::min(cut.rows, cut.d1 - row), cols = std::min(cut.cols, cut.d0 - col);
    for (size_t k = 0; k < count; ++k) offsets[k] = row * readers[k]->s1() + col * readers[k]->s0();
    int64_t rest = part;
    for (int i = cut.outer_rank - 1; i >= 0; --i) {
      int64_t index = rest % nest.dims[i];
      rest /= nest.dims[i];
      for (size_t k = 0; k < count; ++k) offsets[k] += index * nest.operands[k].strides[i];
    }
    for (size_t k = 0; k < count; ++k) views[k] = readers[k]->view(offsets[k], rows, cols);
    faults |= body(views, part * cut.d1 * cut.d0 + row * cut.d0 + col, rows * cols);
  }
  return faults;
}

}  // namespace

int64_t count_elements(Extents dims) {
  int64_t n = 1;
  for (int64_t size : dims) n *= size;
  return n;
}

Dims strides_along(Extents operand, Extents result) {
  Dims strides(int(result.size()), 0);
  int64_t stride = 1;
  int shift = int(result.size()) - int(operand.size());
  for (int i = int(operand.size()) - 1; i >= 0; --i) {
    if (operand[i] != 1) strides[i + shift] = stride;
    stride *= operand[i];
  }
  return strides;
}

void copy_range(const NestOperand& operand, Extents y_dims, int64_t offset, int64_t n, char* to) {
  int last = int(y_dims.size()) - 1;
  while (n > 0) {
    int64_t rest = offset / y_dims[last], col = offset % y_dims[last], cols = std::min(n, y_dims[last] - col), from = col * operand.strides[last];
    for (int i = last - 1; i >= 0; rest /= y_dims[i--]) from += rest % y_dims[i] * operand.strides[i];
    gather_block(operand.size, operand.data + from * operand.size, 0, operand.strides[last], 1, cols, to);
    to += cols * operand.size;
    offset += cols;
    n -= cols;
  }
}

uint32_t run_nest(std::span<NestOperand> operands, Extents y_dims, const NestCut& how, NestBody body) {
  Nest nest{Dims(y_dims), operands};
  for (int64_t size : y_dims)
    if (size == 0) return 0;
  for (NestOperand& operand : operands) operand.strides = strides_along(operand.dims, y_dims);
  collapse(nest);
  Cut cut = cut_nest(nest, how.block, how.short_row);
  int64_t grain = std::max<int64_t>(1, how.grain / (cut.rows * cut.cols));
  if (cut.blocks <= grain) return run_blocks(nest, cut, 0, cut.blocks, body);
  std::atomic<uint32_t> faults{0};
  parallel_for(cut.blocks, grain, [&](int64_t begin, int64_t end) {
    if (uint32_t fault = run_blocks(nest, cut, begin, end, body)) faults.fetch_or(fault, std::memory_order_relaxed);
  });
  return faults.load(std::memory_order_relaxed);
}

uint32_t broadcast_binary(const BinaryKernel& kernel, const void* a, Extents a_dims, const void* b, Extents b_dims,
                          void* y, Extents y_dims) {
  int64_t n = count_elements(y_dims), na = count_elements(a_dims), nb = count_elements(b_dims);
  if (n == 0) return 0;
  bool direct = (na == n || (na == 1 && kernel.first_one)) && (nb == n || (nb == 1 && kernel.second_one));
  if (direct && (na == n || nb == n)) return run_binary(kernel, a, na != n, b, nb != n, y, n);
  int size = kernel.in.size(), y_size = kernel.out.size();
  NestOperand operands[] = {{static_cast<const char*>(a), a_dims, size, kernel.first_one != nullptr},
                        {static_cast<const char*>(b), b_dims, size, kernel.second_one != nullptr}};
  return run_nest(operands, y_dims, {}, [&](const NestView* v, int64_t offset, int64_t m) {
    char* out = static_cast<char*>(y) + offset * y_size;
    if (v[0].one && v[1].one) {  // all elements of the block are equal
      uint32_t fault = kernel.arrays(v[0].data, v[1].data, out, 1);
      fill(out, out, m, y_size);
      return fault;
    }
    BinaryBlock run = v[0].one ? kernel.first_one : v[1].one ? kernel.second_one : kernel.arrays;
    return run(v[0].data, v[1].data, out, m);
  });
}

void broadcast_ternary(const TernaryKernel& kernel, const void* a, Extents a_dims, const void* b, Extents b_dims,
                       const void* c, Extents c_dims, void* y, Extents y_dims) {
  int size = kernel.in.size(), y_size = kernel.out.size();
  NestOperand operands[] = {{static_cast<const char*>(a), a_dims, kernel.first.size(), false},
                        {static_cast<const char*>(b), b_dims, size, false},
                        {static_cast<const char*>(c), c_dims, size, false}};
  run_nest(operands, y_dims, {}, [&](const NestView* v, int64_t offset, int64_t m) {
    kernel.run(v[0].data, v[1].data, v[2].data, static_cast<char*>(y) + offset * y_size, m);
    return 0u;
  });
}

void broadcast_to(const void* x, Extents x_dims, void* y, Extents y_dims, int element_size) {
  NestOperand operands[] = {{static_cast<const char*>(x), x_dims, element_size, true}};
  run_nest(operands, y_dims, {}, [&](const NestView* v, int64_t offset, int64_t m) {
    char* out = static_cast<char*>(y) + offset * element_size;
    if (v[0].one) {
      fill(out, v[0].data, m, element_size);
    } else {
      std::memcpy(out, v[0].data, size_t(m) * element_size);
    }
    return 0u;
  });
}

void repeat_each(void* y, const void* x, int64_t count, int64_t n, int element_size) {
  gather_block(element_size, static_cast<const char*>(x), 1, 0, count, n, static_cast<char*>(y));
}

void fill(void* y, const void* value, int64_t n, int element_size) {
  gather_block(element_size, static_cast<const char*>(value), 0, 0, 1, n, static_cast<char*>(y));
}

}  // namespace runnel::inline v0::cpu
