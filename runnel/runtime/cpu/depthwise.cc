// Each axis is cut into runs of outputs that read the same taps (the inside, and single ones along the padding); the
// kernels then take rectangles of pixels that share their taps.
#include "runnel/runtime/cpu/depthwise.h"

#include <algorithm>
#include <vector>

#include "runnel/runtime/cpu/conv_taps.h"
#include "runnel/runtime/cpu/depthwise_table.h"
#include "runnel/runtime/cpu/gemm_tables.h"
#include "runnel/runtime/thread_pool.h"

namespace runnel::inline v0::cpu {
namespace {

constexpr int64_t kTaskWork = int64_t(1) << 17;   // multiply-adds of a task
constexpr int64_t kSliceWork = int64_t(1) << 20;  // of a slice of the gradient to the filter
constexpr int64_t kMostSlices = 16;

const DepthwiseKernels<float>& kernels_of(const float*) { return depthwise_table().f32; }
const DepthwiseKernels<double>& kernels_of(const double*) { return depthwise_table().f64; }

/// Outputs [first, first + count) that read the taps [begin, end) of their axis.
struct Run {
  int64_t first, count;
  size_t begin, end;
};

std::vector<Run> runs_of(const TapAxis& x) {
  std::vector<Run> runs;
  for (int64_t o = 0; o < x.out; ++o) {
    auto inside = [&](size_t tap) { return o * x.stride + x.offset[tap] >= 0 && o * x.stride + x.offset[tap] < x.in; };
    size_t begin = 0, end = x.offset.size();
    while (begin < end && !inside(begin)) ++begin;
    while (begin < end && !inside(end - 1)) --end;
    if (!runs.empty() && runs.back().begin == begin && runs.back().end == end) {
      ++runs.back().count;
    } else {
      runs.push_back({o, 1, begin, end});
    }
  }
  return runs;
}

/// One phase of a depthwise convolution as blocks. A plane is one depth of one image's outputs.
template <class T>
class Blocks {
 public:
  Blocks(const ConvShape& s, const Phase& d, const Phase& h, const Phase& w)
      : n(s.in_channels), filter_h_(s.height.filter), filter_w_(s.width.filter), d_(d), h_(h), w_(w),
        d_runs_(runs_of(d.axis)), h_runs_(runs_of(h.axis)), w_runs_(runs_of(w.axis)), planes_(s.batch * d.axis.out) {
    const int64_t row_work = std::max<int64_t>(1, w.axis.out * n * int64_t(d.taps.size() * h.taps.size() * w.taps.size()));
    bands_ = {h.axis.out, std::clamp<int64_t>(h.axis.out * row_work / kTaskWork, 1, h.axis.out)};
  }

  /// Bands of rows of all planes: the pieces that the work is dealt out in.
  int64_t count() const { return planes_ * bands_.count; }

  /// Calls visit(block, where its first y is) for the blocks of a band.
  template <class Visit>
  void visit(int64_t band, const T* x, Visit visit) const {
    const int64_t plane = band / bands_.count, image = plane / d_.axis.out, od = plane % d_.axis.out;
    const int64_t begin = bands_.begin(band % bands_.count), end = bands_.begin(band % bands_.count + 1);
    const Run& d = *std::find_if(d_runs_.begin(), d_runs_.end(), [&](const Run& r) { return od < r.first + r.count; });
    std::vector<int64_t> x_at, f_at;
    for (const Run& h : h_runs_) {
      const int64_t oh = std::max(begin, h.first), rows = std::min(end, h.first + h.count) - oh;
      for (const Run& w : w_runs_) {
        if (rows <= 0) continue;
        list_taps({od, 1, d.begin, d.end}, {oh, rows, h.begin, h.end}, w, x_at, f_at);
        const DepthwiseBlock<T> block{
            .x = x + image * d_.axis.in * h_.axis.in * w_.axis.in * n, .x_at = x_at.data(), .f_at = f_at.data(),
            .taps = int64_t(x_at.size()), .channels = n, .rows = rows, .pixels = w.count,
            .x_row = h_.axis.stride * w_.axis.in * n, .x_step = w_.axis.stride * n,
            .y_row = h_.axis.out_stride * w_.axis.out_size * n, .y_step = w_.axis.out_stride * n};
        visit(block, (((image * d_.axis.out_size + place(d_.axis, od)) * h_.axis.out_size + place(h_.axis, oh)) * w_.axis.out_size +
                      place(w_.axis, w.first)) * n);
      }
    }
  }

 private:
  const int64_t n, filter_h_, filter_w_;
  const Phase &d_, &h_, &w_;
  const std::vector<Run> d_runs_, h_runs_, w_runs_;
  const int64_t planes_;
  Cut bands_{1, 1};

  static int64_t place(const TapAxis& x, int64_t o) { return x.out_first + o * x.out_stride; }
  static int64_t read(const TapAxis& x, int64_t o, size_t tap) { return o * x.stride + x.offset[tap]; }

  void list_taps(const Run& d, const Run& h, const Run& w, std::vector<int64_t>& x_at, std::vector<int64_t>& f_at) const {
    x_at.clear();
    f_at.clear();
    for (size_t a = d.begin; a < d.end; ++a) {
      for (size_t b = h.begin; b < h.end; ++b) {
        for (size_t c = w.begin; c < w.end; ++c) {
          x_at.push_back(((read(d_.axis, d.first, a) * h_.axis.in + read(h_.axis, h.first, b)) * w_.axis.in + read(w_.axis, w.first, c)) * n);
          f_at.push_back(((d_.taps[a] * filter_h_ + h_.taps[b]) * filter_w_ + w_.taps[c]) * n);
        }
      }
    }
  }
};

template <class T>
void run_phase(const ConvShape& s, const Phase& d, const Phase& h, const Phase& w, const T* x, const T* f, T* y, const Epilogue<T>& epilogue) {
  const Blocks<T> blocks(s, d, h, w);
  parallel_for(blocks.count(), 1, [&](int64_t begin, int64_t end) {
    for (int64_t band = begin; band < end; ++band) {
      blocks.visit(band, x, [&](const DepthwiseBlock<T>& block, int64_t at) {
        kernels_of(y).sum(block, f, epilogue.bias, epilogue.activation == Activation::relu, y + at);
      });
    }
  });
}

template <class T>
void input_gradient(const ConvShape& s, const T* filter, const T* out_gradient, T* in_gradient) {
  const std::vector<Phase> ds = phases_of(s.depth), hs = phases_of(s.height), ws = phases_of(s.width);
  for (const Phase& d : ds) {
    for (const Phase& h : hs) {
      for (const Phase& w : ws) run_phase<T>(s, d, h, w, out_gradient, filter, in_gradient, {});
    }
  }
}

// A number of slices that follows from the sizes alone sum side by side; their sums are added in order.
template <class T>
void filter_gradient(const ConvShape& s, const T* input, const T* out_gradient, T* result) {
  const Phase d = forward_phase(s.depth), h = forward_phase(s.height), w = forward_phase(s.width);
  const Blocks<T> blocks(s, d, h, w);
  const int64_t size = s.depth.filter * s.height.filter * s.width.filter * s.in_channels;
  const int64_t work = s.batch * s.depth.out * s.height.out * s.width.out * size;
  const Cut slices{blocks.count(), std::clamp<int64_t>(work / kSliceWork, 1, std::min(kMostSlices, blocks.count()))};
  Scratch<T> sums(slices.count * size);
  std::fill_n(sums.data(), slices.count * size, T(0));
  parallel_for(slices.count, 1, [&](int64_t begin, int64_t end) {
    for (int64_t slice = begin; slice < end; ++slice) {
      for (int64_t band = slices.begin(slice); band < slices.begin(slice + 1); ++band) {
        blocks.visit(band, input, [&](const DepthwiseBlock<T>& block, int64_t at) {
          kernels_of(result).filter(block, sums.data() + slice * size, out_gradient + at);
        });
      }
    }
  });
  std::copy_n(sums.data(), size, result);
  for (int64_t slice = 1; slice < slices.count; ++slice) {
    const T* more = sums.data() + slice * size;
    for (int64_t i = 0; i < size; ++i) result[i] += more[i];
  }
}

}  // namespace

#define RUNNEL_DEPTHWISE(T)                                                                                              \
  void depthwise(const ConvShape& s, const T* input, const T* filter, T* output, const Epilogue<T>& epilogue) {          \
    run_phase(s, forward_phase(s.depth), forward_phase(s.height), forward_phase(s.width), input, filter, output, epilogue); \
  }                                                                                                                      \
  void depthwise_input_gradient(const ConvShape& s, const T* filter, const T* out_gradient, T* in_gradient) {            \
    input_gradient(s, filter, out_gradient, in_gradient);                                                                \
  }                                                                                                                      \
  void depthwise_filter_gradient(const ConvShape& s, const T* input, const T* out_gradient, T* result) {                 \
    filter_gradient(s, input, out_gradient, result);                                                                     \
  }
RUNNEL_DEPTHWISE(float)
RUNNEL_DEPTHWISE(double)
#undef RUNNEL_DEPTHWISE

}  // namespace runnel::inline v0::cpu
