// The instruction set of this process: chosen once, at the first question, for all kernels alike.
#pragma once

namespace runnel::inline v0::cpu {

enum class Isa { portable, avx2, avx512 };

/// The best that the processor has; the environment variable RUNNEL_ISA=portable|avx2|avx512 asks for less.
Isa isa();
const char* isa_name();

/// Whether this processor, and this build, can run it.
bool isa_available(Isa isa);
/// For tests: all later calls use this one. Not while other threads compute.
void set_isa(Isa isa);

// A file x.simd.cc is compiled once per instruction set and defines, in the namespace RUNNEL_ISA, a table of functions:
//   namespace runnel::inline v0::cpu::RUNNEL_ISA { extern const XTable x_table; const XTable x_table = {...}; }
// A header declares it with RUNNEL_ISA_TABLE(XTable, x_table) inside namespace cpu; x_table() is then the table to use.
#if defined(__x86_64__) || defined(_M_X64)
#define RUNNEL_ISA_TABLE(TYPE, NAME)                               \
  namespace portable { extern const TYPE NAME; }                   \
  namespace avx2 { extern const TYPE NAME; }                       \
  namespace avx512 { extern const TYPE NAME; }                     \
  inline const TYPE& NAME(Isa set) {                               \
    if (set == Isa::avx512) return avx512::NAME;                   \
    return set == Isa::avx2 ? avx2::NAME : portable::NAME;         \
  }                                                                \
  inline const TYPE& NAME() { return NAME(isa()); }
#else
#define RUNNEL_ISA_TABLE(TYPE, NAME)                               \
  namespace portable { extern const TYPE NAME; }                   \
  inline const TYPE& NAME(Isa) { return portable::NAME; }          \
  inline const TYPE& NAME() { return portable::NAME; }
#endif

}  // namespace runnel::inline v0::cpu
