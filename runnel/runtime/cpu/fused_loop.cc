#include "runnel/runtime/cpu/fused_loop.h"

#include <algorithm>
#include <atomic>

#include "runnel/base/error.h"
#include "runnel/runtime/cpu/broadcast_nest.h"
#include "runnel/runtime/cpu/scratch.h"
#include "runnel/runtime/cpu/stream.h"
#include "runnel/runtime/thread_pool.h"

namespace runnel::inline v0::cpu {

static_assert(FusedLoop::kMaxInputs == kMaxNestOperands);

namespace {
constexpr int64_t kL1Bytes = 24 * 1024;  // what a block may take of the L1 cache
constexpr int64_t kSmallBlock = 128, kLargeBlock = 1024;
constexpr int64_t kSpare = 3;
constexpr int64_t kBeyondCache = 1 << 18;  // elements of an array that the caches of a core do not hold
constexpr int64_t kTaskWork = 65536;  // elements times steps that make a task of the thread pool
}  // namespace

void FusedLoop::finish() {
  assign_slots(reduced_, true);
  for (Value v = 0; v < num_inputs_; ++v) takes_one_.push_back(takes_one(v));
  int64_t live = slot_bytes_ * (slots_ + num_inputs_ + int(outputs_.size()));
  block_ = reduced_ >= 0 ? kSourceBlock : std::clamp(kL1Bytes / live / 64 * 64, kSmallBlock, kLargeBlock);
}

// True where every step that reads the input can take one number for it.
bool FusedLoop::takes_one(Value input) const {
  for (const Step& step : steps_)
    for (int k = 0; k < step.count; ++k) {
      if (step.operands[k] != input) continue;
      if (step.count == 3) return false;
      if (step.count == 2 && !(k == 0 ? step.binary.first_one : step.binary.second_one)) return false;
    }
  return true;
}

namespace {
/// Brings a line into the cache, ready to be written. Assembly, as GCC takes a loop of its __builtin_prefetch for one without effects.
inline void fetch_line(const char* at) {
#if defined(__x86_64__)
  asm volatile("prefetchw %0" ::"m"(*at));
#else
  __builtin_prefetch(at, 1);
#endif
}

}  // namespace

/// The values of one block, and how the steps compute them.
class FusedLoop::Block {
 public:
  /// Outputs that `streams` are computed in the cache and copied past it.
  Block(const FusedLoop& loop, std::span<void* const> outputs, bool streams = false)
      : loop_(loop), outputs_(outputs), streams_(streams), slot_size_(loop.block_ * loop.slot_bytes_) {
    const int64_t rooms = kSpare + loop.num_inputs_ + (streams ? int64_t(outputs.size()) : 0);
    slots_ = thread_workspace(size_t((loop.slots_ + rooms) * slot_size_) + loop.types_.size() * sizeof(NestView));
    spare_ = slots_ + loop.slots_ * slot_size_;
    values_ = reinterpret_cast<NestView*>(spare_ + rooms * slot_size_);
  }

  /// Where an input may be copied to.
  char* room(Value input) { return spare_ + (kSpare + input) * slot_size_; }
  /// All n elements of a value of the last run.
  const void* elements(Value value) {
    NestView view = values_[value];
    if (!view.one || n_ == 1) return view.data;
    fill(spare_, view.data, n_, loop_.types_[size_t(value)].size());
    return spare_;
  }

  /// Member by member: a wide copy of what was just written in parts waits until all stores before it, those of the last
  /// block's results among them, have reached the cache.
  void set_inputs(const NestView* inputs) {
    for (int i = 0; i < loop_.num_inputs_; ++i) set_input(i, inputs[i].data, inputs[i].one);
  }
  void set_input(Value input, const void* data, bool one) {
    values_[input].data = data;
    values_[input].one = one;
  }

  /// Memory that comes into the cache while the next block is computed, a part at each step, so that it is there when
  /// needed and the loads of the steps themselves never wait behind it. Results too: stores to lines that no cache holds are slow.
  void fetch(const char* from, int64_t bytes) {
    if (ahead_count_ < kMostAhead) ahead_[ahead_count_++] = {from, bytes};
  }

  /// Computes n elements from `offset` on; the inputs are set.
  uint32_t run(int64_t offset, int64_t n) {
    n_ = n;
    uint32_t faults = 0;
    for (size_t s = 0; s < loop_.steps_.size(); ++s) {
      const Step& step = loop_.steps_[s];
      if (ahead_count_ > 0) fetch_part(int64_t(s));
      size_t value = size_t(loop_.num_inputs_) + s;
      void* to = place(step, loop_.types_[value], offset);
      bool one = std::all_of(step.operands, step.operands + step.count, [&](Value v) { return values_[v].one; });
      faults |= compute(step, one, to);
      if (one && step.output >= 0) fill(to, to, n_, loop_.types_[value].size());
      values_[value] = {to, one && step.output < 0};
    }
    ahead_count_ = 0;
    if (streams_) stream_outputs(offset);
    return faults;
  }

 private:
  void fetch_part(int64_t step) {
    int64_t steps = int64_t(loop_.steps_.size());
    for (int i = 0; i < ahead_count_; ++i) {
      const Ahead& ahead = ahead_[i];
      int64_t begin = ahead.bytes * step / steps / 64 * 64, end = ahead.bytes * (step + 1) / steps / 64 * 64;
      for (; begin < end; begin += 64) fetch_line(ahead.from + begin);
    }
  }
  char* output_room(size_t output) { return spare_ + (kSpare + loop_.num_inputs_ + int64_t(output)) * slot_size_; }
  void stream_outputs(int64_t offset) {
    for (size_t o = 0; o < outputs_.size(); ++o) {
      const int64_t size = loop_.types_[size_t(loop_.outputs_[o])].size();
      stream(static_cast<char*>(outputs_[o]) + offset * size, output_room(o), size_t(n_ * size));
    }
  }
  void* place(const Step& step, DType type, int64_t offset) {
    if (step.output >= 0 && streams_) return output_room(size_t(step.output));
    if (step.output >= 0) return static_cast<char*>(outputs_[size_t(step.output)]) + offset * type.size();
    return slots_ + step.slot * slot_size_;
  }

  uint32_t compute(const Step& step, bool one, void* to) {
    int64_t n = one ? 1 : n_;
    if (step.count == 1) {
      step.unary.run(values_[step.operands[0]].data, to, n);
      return 0;
    }
    if (step.count == 3) {
      step.ternary.run(whole(step, 0, one), whole(step, 1, one), whole(step, 2, one), to, n);
      return 0;
    }
    NestView a = values_[step.operands[0]], b = values_[step.operands[1]];
    if (!one && a.one && step.binary.first_one) return step.binary.first_one(a.data, b.data, to, n);
    if (!one && b.one && step.binary.second_one) return step.binary.second_one(a.data, b.data, to, n);
    return step.binary.arrays(whole(step, 0, one), whole(step, 1, one), to, n);
  }

  /// Operand k as n elements: one number is repeated.
  const void* whole(const Step& step, int k, bool one) {
    NestView view = values_[step.operands[k]];
    if (one || !view.one) return view.data;
    char* to = spare_ + k * slot_size_;
    fill(to, view.data, n_, loop_.types_[size_t(step.operands[k])].size());
    return to;
  }

  const FusedLoop& loop_;
  std::span<void* const> outputs_;
  bool streams_;
  int64_t slot_size_;
  char *slots_, *spare_;  // spare: repeated numbers, one block an operand
  NestView* values_;
  int64_t n_ = 0;
  static constexpr int kMostAhead = 8;
  struct Ahead {
    const char* from;
    int64_t bytes;
  } ahead_[kMostAhead];
  int ahead_count_ = 0;
};

uint32_t FusedLoop::run(std::span<const Input> inputs, Extents dims, std::span<void* const> outputs) const {
  RUNNEL_ASSERT(block_ > 0 && int(inputs.size()) == num_inputs_ && outputs.size() == outputs_.size());
  int64_t n = count_elements(dims);
  if (n == 0) return 0;
  if (std::all_of(inputs.begin(), inputs.end(), [&](const Input& in) { return std::ranges::equal(in.dims, dims) || count_elements(in.dims) == 1; }))
    return run_flat(inputs, n, outputs);
  NestOperand operands[kMaxNestOperands];
  for (size_t i = 0; i < inputs.size(); ++i)
    operands[i] = {static_cast<const char*>(inputs[i].data), inputs[i].dims, types_[i].size(), takes_one_[i] != 0};
  NestCut cut{.block = block_, .grain = std::max<int64_t>(block_, kTaskWork / int64_t(steps_.size() + 1)), .short_row = block_};
  return run_nest(std::span(operands, inputs.size()), dims, cut,
                  [&](const NestView* views, int64_t offset, int64_t m) {
                    Block block(*this, outputs);
                    block.set_inputs(views);
                    return block.run(offset, m);
                  });
}

// Large outputs go past the caches, unless they replace an input, which is there already.
bool FusedLoop::streams(std::span<const Input> inputs, int64_t n, std::span<void* const> outputs) const {
  for (size_t o = 0; o < outputs.size(); ++o) {
    if (n * types_[size_t(outputs_[o])].size() < kStreamBytes) return false;
    for (const Input& input : inputs)
      if (input.data == outputs[o]) return false;
  }
  return true;
}

// Every input is an array of n elements or one number: no nest is needed.
uint32_t FusedLoop::run_flat(std::span<const Input> inputs, int64_t n, std::span<void* const> outputs) const {
  bool one[kMaxInputs];
  for (size_t i = 0; i < inputs.size(); ++i) one[i] = n > 1 && count_elements(inputs[i].dims) == 1;
  const bool streamed = streams(inputs, n, outputs);
  auto run_range = [&](int64_t begin, int64_t end) {
    uint32_t faults = 0;
    Block block(*this, outputs, streamed);
    for (int64_t at = begin; at < end; at += block_) {
      for (size_t i = 0; i < inputs.size(); ++i)
        block.set_input(Value(i), static_cast<const char*>(inputs[i].data) + (one[i] ? 0 : at * types_[i].size()), one[i]);
      int64_t next = at + block_;
      if (n >= kBeyondCache && next + block_ <= end) {
        for (size_t i = 0; i < inputs.size(); ++i)
          if (!one[i]) block.fetch(static_cast<const char*>(inputs[i].data) + next * types_[i].size(), block_ * types_[i].size());
        for (size_t o = 0; o < outputs.size() && !streamed; ++o) {
          int size = types_[size_t(outputs_[o])].size();
          block.fetch(static_cast<const char*>(outputs[o]) + next * size, block_ * size);
        }
      }
      faults |= block.run(at, std::min(block_, end - at));
    }
    if (streamed) end_stream();
    return faults;
  };
  int64_t grain = std::max<int64_t>(1, kTaskWork / int64_t(steps_.size() + 1) / block_) * block_;
  if (n <= grain) return run_range(0, n);
  std::atomic<uint32_t> faults{0};
  parallel_for(n, grain, [&](int64_t begin, int64_t end) {
    if (uint32_t fault = run_range(begin, end)) faults.fetch_or(fault, std::memory_order_relaxed);
  });
  return faults.load(std::memory_order_relaxed);
}

bool FusedLoop::run_and_reduce(std::span<const Input> inputs, Extents dims, std::span<void* const> outputs, const ReduceKernel& kernel,
                               std::span<const int> axes, void* y) const {
  NestOperand operands[kMaxInputs];
  enum { kFlat, kOne, kCopied } lies[kMaxInputs];
  for (size_t i = 0; i < inputs.size(); ++i) {
    operands[i] = {static_cast<const char*>(inputs[i].data), inputs[i].dims, types_[i].size(), false, strides_along(inputs[i].dims, dims)};
    lies[i] = std::ranges::equal(inputs[i].dims, dims) ? kFlat : count_elements(inputs[i].dims) == 1 ? kOne : kCopied;
  }
  auto compute = [&](int64_t offset, int64_t n) -> const void* {
    Block block(*this, outputs);
    for (size_t i = 0; i < inputs.size(); ++i) {
      if (lies[i] == kCopied) copy_range(operands[i], dims, offset, n, block.room(Value(i)));
      const char* from = lies[i] == kCopied ? block.room(Value(i)) : operands[i].data + (lies[i] == kOne ? 0 : offset * operands[i].size);
      block.set_input(Value(i), from, lies[i] == kOne && n > 1);
    }
    block.run(offset, n);
    return block.elements(reduced_);
  };
  return run_reduction(kernel, compute, dims, axes, y);
}

}  // namespace runnel::inline v0::cpu
