#include "runnel/runtime/cpu/row_loop.h"

#include <algorithm>

#include "runnel/base/error.h"
#include "runnel/runtime/cpu/broadcast_nest.h"
#include "runnel/runtime/cpu/scratch.h"
#include "runnel/runtime/thread_pool.h"

namespace runnel::inline v0::cpu {

namespace {

constexpr int64_t kBlock = 1024;          // elements of the rows that are worked on together
constexpr int64_t kOwnCall = 64;          // rows from this length on have a kernel call of their own where an operand is one number a row
constexpr int64_t kTaskWork = 65536;      // elements times steps that make a task of the thread pool
constexpr int64_t kFarBytes = 1 << 20;    // of rows that come from beyond the second cache
constexpr int64_t kStateBytes = 16;       // of a reduction, at most
constexpr int kSpare = 3;                 // buffers for repeated operands

/// How much a value holds for each row.
enum class Width : char { kOne, kNumberARow, kRow };

/// How an input lies in memory.
enum class Lie : char { kInPlace, kSameRows, kScattered };

}  // namespace

RowLoop::Value RowLoop::reduce(const ReduceKernel& kernel, Value x) {
  RUNNEL_ASSERT(kernel.row->ops[kernel.type.code()].state_size <= kStateBytes);
  return add({.reduction = kernel, .count = 1, .operands = {x, 0, 0}}, kernel.type);
}

void RowLoop::finish() { assign_slots(-1, false); }

/// The sizes of one run, and where its inputs lie.
struct RowLoop::Shape {
  Extents dims;
  int64_t rows, cols, together;  // together: rows of a block
  NestOperand operands[kMaxInputs];
  Lie lies[kMaxInputs];
  std::vector<Width> widths;     // of all values

  Shape(const RowLoop& loop, std::span<const Input> inputs, Extents all, int inner) : dims(all) {
    size_t outer = all.size() - size_t(inner);
    rows = count_elements(all.first(outer));
    cols = count_elements(all.subspan(outer));
    together = std::clamp<int64_t>(kBlock / std::max<int64_t>(cols, 1), 1, std::max<int64_t>(rows, 1));
    for (size_t i = 0; i < inputs.size(); ++i) {
      Extents in = inputs[i].dims;
      operands[i] = {static_cast<const char*>(inputs[i].data), in, loop.types_[i].size(), false, strides_along(in, all)};
      size_t own_inner = std::min(in.size(), size_t(inner));
      bool one_a_row = count_elements(in.last(own_inner)) == 1, same_rows = count_elements(in.first(in.size() - own_inner)) == 1;
      widths.push_back(one_a_row && same_rows ? Width::kOne : one_a_row ? Width::kNumberARow : Width::kRow);
      bool whole = count_elements(in) == (widths[i] == Width::kRow ? rows * cols : widths[i] == Width::kNumberARow ? rows : 1);
      lies[i] = whole ? Lie::kInPlace : same_rows ? Lie::kSameRows : Lie::kScattered;
    }
    for (const Step& step : loop.steps_) {
      Width width = Width::kOne;
      for (int k = 0; k < step.count; ++k) width = std::max(width, widths[size_t(step.operands[k])]);
      widths.push_back(step.reduction ? Width::kNumberARow : width);
    }
  }
  int64_t count(Width width, int64_t n) const { return width == Width::kOne ? 1 : width == Width::kNumberARow ? n : n * cols; }
};

bool RowLoop::has_fitting_widths(const Shape& shape) const {
  for (size_t i = 0; i < size_t(num_inputs_); ++i)
    if (shape.lies[i] == Lie::kScattered && shape.widths[i] == Width::kNumberARow) return false;
  for (const Step& step : steps_)
    if (step.reduction && shape.widths[size_t(step.operands[0])] != Width::kRow) return false;
  return std::none_of(outputs_.begin(), outputs_.end(), [&](Value v) { return shape.widths[size_t(v)] == Width::kOne; });
}

/// The values of some rows, and how the steps compute them.
class RowLoop::Block {
 public:
  Block(const RowLoop& loop, const Shape& shape, std::span<void* const> outputs)
      : loop_(loop), shape_(shape), outputs_(outputs), slot_size_((shape.together * shape.cols * loop.slot_bytes_ + 63) / 64 * 64) {
    int64_t buffers = loop.slots_ + kSpare + loop.num_inputs_;
    slots_ = thread_workspace(size_t(buffers * slot_size_ + shape.together * kStateBytes) + loop.types_.size() * sizeof(void*));
    spare_ = slots_ + loop.slots_ * slot_size_;
    states_ = slots_ + buffers * slot_size_;
    values_ = reinterpret_cast<const char**>(states_ + shape.together * kStateBytes);
    for (int i = 0; i < loop.num_inputs_; ++i) {
      values_[i] = shape.operands[i].data;
      if (shape.lies[i] == Lie::kSameRows && (shape.together > 1 || count_elements(shape.operands[i].dims) < shape.cols)) values_[i] = copy(i, 0, shape.together);
    }
  }

  /// Computes the rows [first, first + n).
  void run(int64_t first, int64_t n) {
    n_ = n;
    for (int i = 0; i < loop_.num_inputs_; ++i) {
      if (shape_.lies[i] == Lie::kScattered) values_[i] = copy(i, first, n);
      if (shape_.lies[i] == Lie::kInPlace && shape_.widths[size_t(i)] != Width::kOne)
        values_[i] = shape_.operands[i].data + shape_.count(shape_.widths[size_t(i)], first) * shape_.operands[i].size;
    }
    const bool far = shape_.rows * shape_.cols * loop_.slot_bytes_ >= kFarBytes;
    for (size_t s = 0; s < loop_.steps_.size(); ++s) {
      if (far) fetch_ahead(int64_t(s), first + n);
      const Step& step = loop_.steps_[s];
      size_t value = size_t(loop_.num_inputs_) + s;
      Width width = shape_.widths[value];
      char* to = step.output < 0 ? slots_ + step.slot * slot_size_
                                 : static_cast<char*>(outputs_[size_t(step.output)]) + shape_.count(width, first) * loop_.types_[value].size();
      if (step.reduction) reduce(step, to);
      else compute(step, width, to);
      values_[value] = to;
    }
  }

 private:
  Width width(const Step& step, int k) const { return shape_.widths[size_t(step.operands[k])]; }
  const char* value(const Step& step, int k) const { return values_[step.operands[k]]; }
  int64_t size(const Step& step, int k) const { return loop_.types_[size_t(step.operands[k])].size(); }

  /// Asks for a part of the next rows, from row `first` on, one part a step: they are read, and made ready to be written, while the
  /// steps compute. Nothing happens where there are no such rows.
  void fetch_ahead(int64_t part, int64_t first) {
    for (int i = 0; i < loop_.num_inputs_; ++i) {
      const NestOperand& in = shape_.operands[i];
      if (shape_.lies[i] == Lie::kInPlace && shape_.widths[size_t(i)] == Width::kRow) fetch_part<false>(in.data + first * shape_.cols * in.size, part, in.size);
    }
    for (size_t o = 0; o < outputs_.size(); ++o) {
      const size_t value = size_t(loop_.outputs_[o]);
      const int64_t size = loop_.types_[value].size();
      if (shape_.widths[value] == Width::kRow) fetch_part<true>(static_cast<const char*>(outputs_[o]) + first * shape_.cols * size, part, size);
    }
  }
  template <bool ToWrite>
  void fetch_part(const char* rows, int64_t part, int64_t size) const {
    const int64_t bytes = n_ * shape_.cols * size, parts = int64_t(loop_.steps_.size());
    for (int64_t at = bytes * part / parts; at < bytes * (part + 1) / parts; at += 64) __builtin_prefetch(rows + at, ToWrite);
  }

  const char* copy(int input, int64_t first, int64_t n) {
    char* to = spare_ + (kSpare + input) * slot_size_;
    copy_range(shape_.operands[input], shape_.dims, first * shape_.cols, n * shape_.cols, to);
    return to;
  }

  void reduce(const Step& step, char* to) {
    const ReduceOps& ops = step.reduction.row->ops[step.reduction.type.code()];
    ops.init(states_, n_);
    ops.rows(value(step, 0), n_, shape_.cols, shape_.cols, states_);
    ops.finish(states_, n_, shape_.cols, to);
  }

  void compute(const Step& step, Width wide, char* to) {
    int64_t n = shape_.count(wide, n_);
    if (step.count == 1) return step.unary.run(value(step, 0), to, n);
    if (step.count == 3) return step.ternary.run(whole(step, 0, wide), whole(step, 1, wide), whole(step, 2, wide), to, n);
    if (width(step, 0) != width(step, 1) && run_with_ones(step, wide, to)) return;
    step.binary.arrays(whole(step, 0, wide), whole(step, 1, wide), to, n);
  }

  /// A binary step one of whose operands is one number, for all rows or for each. False where that is no faster.
  bool run_with_ones(const Step& step, Width wide, char* to) {
    bool first_one = width(step, 0) < width(step, 1);
    BinaryBlock kernel = first_one ? step.binary.first_one : step.binary.second_one;
    Width narrow = width(step, first_one ? 0 : 1);
    bool by_rows = narrow == Width::kNumberARow;
    if (!kernel || (by_rows && n_ > 1 && shape_.cols < kOwnCall)) return false;
    int64_t calls = by_rows ? n_ : 1, n = shape_.count(wide, n_) / calls;
    int64_t step_a = size(step, 0) * (first_one ? 1 : n), step_b = size(step, 1) * (first_one ? n : 1), step_to = step.binary.out.size() * n;
    for (int64_t r = 0; r < calls; ++r) kernel(value(step, 0) + r * step_a, value(step, 1) + r * step_b, to + r * step_to, n);
    return true;
  }

  /// Operand k with as many numbers as the result has.
  const char* whole(const Step& step, int k, Width wide) {
    Width have = width(step, k);
    if (have == wide) return value(step, k);
    int64_t calls = have == Width::kOne ? 1 : n_, n = shape_.count(wide, n_) / calls;
    char* to = spare_ + k * slot_size_;
    repeat_each(to, value(step, k), calls, n, int(size(step, k)));
    return to;
  }

  const RowLoop& loop_;
  const Shape& shape_;
  std::span<void* const> outputs_;
  int64_t slot_size_, n_ = 0;
  char *slots_, *spare_, *states_;
  const char** values_;
};

bool RowLoop::run(std::span<const Input> inputs, Extents dims, int inner, std::span<void* const> outputs) const {
  RUNNEL_ASSERT(int(inputs.size()) == num_inputs_ && outputs.size() == outputs_.size());
  Shape shape(*this, inputs, dims, inner);
  if (shape.rows == 0 || shape.cols < 2 || shape.cols > kLongestRow || !has_fitting_widths(shape)) return false;
  int64_t work = shape.cols * int64_t(steps_.size() + 1);
  int64_t grain = std::max<int64_t>(1, kTaskWork / work / shape.together) * shape.together;
  parallel_for(shape.rows, grain, [&](int64_t begin, int64_t end) {
    Block block(*this, shape, outputs);
    for (int64_t at = begin; at < end; at += shape.together) block.run(at, std::min(shape.together, end - at));
  });
  return true;
}

}  // namespace runnel::inline v0::cpu
