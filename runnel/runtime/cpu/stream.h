// Results larger than the caches go past them: a store would first read the line that it is about to replace.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#if defined(__x86_64__)
#include <emmintrin.h>
#endif

namespace runnel::inline v0::cpu {

inline constexpr int64_t kStreamBytes = int64_t(32) << 20;  // so large a result is read from memory again anyway

/// Copies what lies in the first cache to memory. end_stream() must follow before another thread may read it.
inline void stream(void* to, const void* from, size_t bytes) {
#if defined(__x86_64__)
  if (reinterpret_cast<uintptr_t>(to) % sizeof(__m128i) == 0) {
    const size_t whole = bytes / sizeof(__m128i) * sizeof(__m128i);
    for (size_t i = 0; i < whole; i += sizeof(__m128i)) {
      const __m128i part = _mm_loadu_si128(reinterpret_cast<const __m128i*>(static_cast<const char*>(from) + i));
      _mm_stream_si128(reinterpret_cast<__m128i*>(static_cast<char*>(to) + i), part);
    }
    to = static_cast<char*>(to) + whole;
    from = static_cast<const char*>(from) + whole;
    bytes -= whole;
  }
#endif
  std::memcpy(to, from, bytes);
}

inline void end_stream() {
#if defined(__x86_64__)
  _mm_sfence();
#endif
}

}  // namespace runnel::inline v0::cpu
