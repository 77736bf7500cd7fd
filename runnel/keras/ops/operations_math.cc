// The operations of Keras's module keras.src.ops.math.
#include "runnel/keras/ops/math.h"
#include "runnel/keras/ops/operation_call.h"

namespace runnel::inline v0::keras::ops {

namespace {
constexpr Operation kRows[] = {
    {"cdist", "CDist", "x* y*", call<cdist>},
    {"erf", "Erf", "x*", call<erf>},
    {"erfc", "Erfc", "x*", call<erfc>},
    {"erfinv", "Erfinv", "x*", call<erfinv>},
    {"extract_sequences", "ExtractSequences", "x* sequence_length sequence_stride", call<extract_sequences>},
    {"fft", "FFT", "x*", call<fft>},
    {"fft2", "FFT2", "x*", call<fft2>},
    {"ifft2", "IFFT2", "x*", call<ifft2>},
    {"rfft", "RFFT", "x* fft_length", call<rfft>},
    {"irfft", "IRFFT", "x* fft_length", call<irfft>},
    {"in_top_k", "InTopK", "targets* predictions* k", call<in_top_k>},
    {"stft", "STFT", "x* sequence_length sequence_stride fft_length window=\"hann\" center=true", call<stft>},
    {"istft", "ISTFT", "x* sequence_length sequence_stride fft_length length window=\"hann\" center=true", call<istft>},
    {"logdet", "Logdet", "x*", call<logdet>},
    {"logsumexp", "Logsumexp", "x* axis keepdims=false", call<logsumexp>},
    {"rsqrt", "Rsqrt", "x*", call<rsqrt>},
    {"segment_max", "SegmentMax", "data* segment_ids* num_segments sorted=false", call<segment_max>},
    {"segment_min", "SegmentMin", "data* segment_ids* num_segments sorted=false", call<segment_min>},
    {"segment_prod", "SegmentProd", "data* segment_ids* num_segments sorted=false", call<segment_prod>},
    {"segment_sum", "SegmentSum", "data* segment_ids* num_segments sorted=false", call<segment_sum>},
    {"top_k", "TopK", "x* k sorted=true", call<top_k>},
    {"view_as_complex", "ViewAsComplex", "x*", call<view_as_complex>},
    {"view_as_real", "ViewAsReal", "x*", call<view_as_real>},
};
}  // namespace

extern const OperationTable math_operations;
constinit const OperationTable math_operations{"keras.src.ops.math", kRows};

}  // namespace runnel::inline v0::keras::ops
