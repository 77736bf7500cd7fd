// What gemm_bench and conv_bench share: timing of works that take turns, the table, and the peak of a core.
#pragma once

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "runnel/runtime/cpu/gemm_kernel.h"
#include "runnel/runtime/cpu/isa.h"
#include "runnel/runtime/cpu/scratch.h"
#include "runnel/runtime/thread_pool.h"

namespace bench {

using Work = std::function<void()>;

inline double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

/// Seconds of one call of each: the best of short bursts that take turns, so that all meet the same clock and neighbours.
/// With several threads a pause lets those of the one before fall asleep: spinning, they would hold a processor.
inline std::vector<double> best_times(const std::vector<Work>& works, double budget = 0.1) {
  constexpr int kFewestTurns = 4;
  std::vector<double> best(works.size(), 1e9);
  std::vector<int> repeats(works.size(), 1);
  const double end = now() + budget * double(works.size());
  for (int turn = 0; turn < kFewestTurns || now() < end; ++turn) {
    for (size_t i = 0; i < works.size(); ++i) {
      if (runnel::num_threads() > 1) std::this_thread::sleep_for(std::chrono::milliseconds(2));
      works[i]();  // warms the caches, and wakes the threads
      const double begin = now();
      for (int r = 0; r < repeats[i]; ++r) works[i]();
      const double time = (now() - begin) / repeats[i];
      best[i] = std::min(best[i], time);
      repeats[i] = int(std::clamp(1e-3 / std::max(time, 1e-9), 1.0, 20000.0));
    }
  }
  return best;
}

/// Numbers in memory as tensors have it.
template <class T>
struct Values : runnel::cpu::Scratch<T> {
  explicit Values(int64_t count) : runnel::cpu::Scratch<T>(count) {
    for (int64_t i = 0; i < count; ++i) (*this)[i] = T(float(int(i * 7 % 13) - 6));
  }
};

#if defined(__x86_64__)
/// Chains of fused multiply-adds on registers alone: two units of four cycles are kept busy by twelve chains.
#define RUNNEL_CHAINS(NAME, TARGET, V, FMA)                            \
  __attribute__((target(TARGET))) inline void NAME(int64_t steps) {    \
    V sums[12] = {}, x = {};                                           \
    for (int64_t i = 0; i < steps; ++i) {                              \
      _Pragma("GCC unroll 12") for (V & sum : sums) {                  \
        sum = FMA(x, x, sum);                                          \
        asm volatile("" : "+v"(sum));                                           \
      }                                                                \
    }                                                                  \
  }
RUNNEL_CHAINS(chains_avx2, "avx2,fma", __m256, _mm256_fmadd_ps)
RUNNEL_CHAINS(chains_avx512, "avx512f", __m512, _mm512_fmadd_ps)
#undef RUNNEL_CHAINS
#endif

/// FLOP/s of one core in float32 with the instruction set in use, measured; 0 where there is no loop for it.
inline double measured_peak() {
#if defined(__x86_64__)
  constexpr int64_t kSteps = 10000;
  const bool wide = runnel::cpu::isa() == runnel::cpu::Isa::avx512;
  if (runnel::cpu::isa() == runnel::cpu::Isa::portable) return 0;
  const double time = best_times({[wide] { wide ? chains_avx512(kSteps) : chains_avx2(kSteps); }})[0];
  return 2.0 * 12 * (wide ? 16 : 8) * kSteps / time;
#else
  return 0;
#endif
}

/// FLOP/s of the largest tile of products and convolutions, whose loop also loads, on operands in the first cache.
inline double measured_tile() {
  const auto& tiles = runnel::cpu::tile_table().f32;
  constexpr int64_t kSteps = 128, kRoom = 16;
  const int64_t width = 2 * tiles.lanes, begin = 0;
  Values<float> a(kSteps * kRoom), b(kSteps * width), c(tiles.max_rows * width);
  const runnel::cpu::Tile<float> tile{.a = a.data(), .a_row = 1, .a_step = kRoom, .b = b.data(), .b_step = width, .c = c.data(),
                                      .c_row = width, .k = kSteps, .segments = &begin, .segment_count = 1, .columns = int(width)};
  const double time = best_times({[&] { tiles.tile[tiles.max_rows][2](tile); }})[0];
  return 2.0 * double(tiles.max_rows * width * kSteps) / time;
}

/// One row per work: ours, then each peer by name in GFLOP/s, the best peer's time over ours, and ours in per cent of the peak.
class Table {
 public:
  Table(int threads, std::vector<std::string> peers, const std::string& only) : threads_(threads), only_(only) {
    const double peak = measured_peak();
    peak_ = peak * threads;
    std::printf("%d thread(s), %s, peak of a core %.1f GFLOP/s, of a tile in the first cache %.1f\n", threads, runnel::cpu::isa_name(), peak * 1e-9,
                measured_tile() * 1e-9);
    std::printf("%-34s %10s %8s", "GFLOP/s", "us", "Runnel");
    for (const std::string& peer : peers) std::printf(" %8s", peer.c_str());
    std::printf(" | ratio  peak\n");
  }

  /// Whether the section is asked for; prints its name.
  bool begins(const char* section) const {
    const bool wanted = only_ == "all" || only_ == section;
    if (wanted) std::printf("-- %s\n", section);
    return wanted;
  }

  /// works[0] is ours; an empty one is a peer that has no such operator. `of_peak` is 2 for elements of 8 bytes.
  void row(const std::string& label, double flops, const std::vector<Work>& works, int of_peak = 1) {
    std::vector<Work> there;
    for (const Work& work : works) {
      if (work) there.push_back(work);
    }
    const std::vector<double> times = best_times(there);
    std::printf("%-34s %10.2f %8.1f", label.c_str(), times[0] * 1e6, flops / times[0] * 1e-9);
    for (size_t i = 1, next = 1; i < works.size(); ++i)
      works[i] ? std::printf(" %8.1f", flops / times[next++] * 1e-9) : std::printf(" %8s", "");
    if (times.size() > 1) {
      const double ratio = *std::min_element(times.begin() + 1, times.end()) / times[0];
      std::printf(" | %5.2f%s", ratio, ratio < 0.83 ? "<" : " ");
    } else {
      std::printf(" | %6s", "");
    }
    peak_ > 0 ? std::printf(" %3.0f%%\n", 100 * flops / times[0] / peak_ * of_peak) : std::printf("\n");
    std::fflush(stdout);
  }

 private:
  int threads_;
  double peak_ = 0;
  std::string only_;
};

/// Before they are loaded: peers keep to the instruction set that RUNNEL_ISA allows to us, and OpenMP's threads spin for a
/// millisecond only.
inline void limit_peers() {
  setenv("GOMP_SPINCOUNT", "20000", 0);
  if (runnel::cpu::isa() == runnel::cpu::Isa::avx512) return;
  setenv("OPENBLAS_CORETYPE", "Haswell", 0);
  setenv("ONEDNN_MAX_CPU_ISA", "AVX2", 0);
  setenv("BLIS_ARCH_TYPE", "3", 0);  // Haswell
}

}  // namespace bench
