#include "runnel/runtime/cpu/isa.h"

#include <atomic>
#include <cstdlib>
#include <string_view>

#include "runnel/base/error.h"

namespace runnel::inline v0::cpu {
namespace {

constexpr const char* kNames[] = {"portable", "avx2", "avx512"};
constexpr int kCount = 3;

std::atomic<int> chosen{-1};

int best() {
  int found = 0;
  while (found + 1 < kCount && isa_available(Isa(found + 1))) ++found;
  return found;
}

int choose() {
  const char* wish = std::getenv("RUNNEL_ISA");
  if (!wish || !*wish) return best();
  for (int i = 0; i < kCount; ++i) {
    if (std::string_view(wish) == kNames[i]) return i < best() ? i : best();
  }
  fail<errors::InvalidArgumentError>("RUNNEL_ISA", "unknown instruction set",
                                     {.got = wish, .expected = "portable, avx2 or avx512"});
}

}  // namespace

bool isa_available(Isa isa) {
#if defined(__x86_64__)
  if (isa == Isa::avx512) {  // x86-64-v4
    return isa_available(Isa::avx2) && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  }
  if (isa == Isa::avx2) {  // x86-64-v3; F16C, LZCNT and MOVBE came with the same processors
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi") &&
           __builtin_cpu_supports("bmi2");
  }
#endif
  return isa == Isa::portable;
}

Isa isa() {
  int now = chosen.load(std::memory_order_relaxed);
  if (now < 0) {
    now = choose();
    chosen.store(now, std::memory_order_relaxed);
  }
  return Isa(now);
}

const char* isa_name() { return kNames[int(isa())]; }

void set_isa(Isa isa) {
  RUNNEL_ASSERT(isa_available(isa));
  chosen.store(int(isa), std::memory_order_relaxed);
}

}  // namespace runnel::inline v0::cpu
