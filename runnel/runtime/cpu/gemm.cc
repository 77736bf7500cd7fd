#include "runnel/runtime/cpu/gemm.h"

#include "runnel/runtime/cpu/gemm_plain.h"

namespace runnel::inline v0::cpu {

void gemm(const Gemm<float>& args) { plain_gemm(args); }
void gemm(const Gemm<double>& args) { plain_gemm(args); }

}  // namespace runnel::inline v0::cpu
