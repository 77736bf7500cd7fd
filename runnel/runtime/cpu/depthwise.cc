// Each axis is cut into runs of outputs that read the same taps: single ones along the padding, and the inside. The kernels
// then take rectangles of such runs.
#include "runnel/runtime/cpu/depthwise.h"

#include <algorithm>
#include <bit>
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
constexpr int64_t kFilterRows = 14, kFilterPixels = 7;  // of a block of the gradient to the filter: inputs stay in the first cache
constexpr int64_t kFilterBytes = int64_t(1) << 14;  // of the channels taken at a time, to stay in the first cache

const DepthwiseKernels<float>& kernels_of(const float*) { return depthwise_table().f32; }
const DepthwiseKernels<double>& kernels_of(const double*) { return depthwise_table().f64; }

/// Outputs [first, first + count) that read the taps [begin, end) of their axis.
struct Run {
  int64_t first, count;
  size_t begin, end;
};

std::vector<Run> runs_of(const TapAxis& x, int64_t most) {
  std::vector<Run> runs;
  for (int64_t o = 0; o < x.out; ++o) {
    auto inside = [&](size_t tap) { return o * x.stride + x.offset[tap] >= 0 && o * x.stride + x.offset[tap] < x.in; };
    size_t begin = 0, end = x.offset.size();
    while (begin < end && !inside(begin)) ++begin;
    while (begin < end && !inside(end - 1)) --end;
    if (!runs.empty() && runs.back().begin == begin && runs.back().end == end && runs.back().count < most) {
      ++runs.back().count;
    } else {
      runs.push_back({o, 1, begin, end});
    }
  }
  return runs;
}

/// A block for the first image and the first channel, with its lists and the place of its first y.
template <class T>
struct Placed {
  DepthwiseBlock<T> block;
  std::vector<int64_t> x_at, f_at;
  int64_t y_at;
};

/// One phase of a depthwise convolution as blocks, in bands of rows, some channels at a time.
template <class T>
class Blocks {
 public:
  Blocks(const ConvShape& s, const Phase& d, const Phase& h, const Phase& w, int64_t bands, int64_t most_rows, int64_t most_pixels, bool may_slide)
      : slides_(may_slide && w.axis.stride == 1 && w.axis.consecutive() && can_slide<T>(w.axis.taps(), w.axis.out)), most_rows_(most_rows), most_pixels_(most_pixels), n(s.in_channels), filter_h_(s.height.filter), filter_w_(s.width.filter), d_(d.axis), h_(h.axis), w_(w.axis),
        x_image_(d_.in * h_.in * w_.in * n), y_image_(d_.out_size * h_.out_size * w_.out_size * n), images_(s.batch) {
    const int64_t taps = std::max<int64_t>(1, int64_t(d.taps.size() * h.taps.size() * w.taps.size()));
    channels_ = std::max<int64_t>(64, kFilterBytes / int64_t(sizeof(T)) / taps / 64 * 64);
    const Cut rows(h_.out, bands);
    for (int64_t b = 0; b < bands; ++b) place_band(d, h, w, rows.begin(b), rows.begin(b + 1));
  }

  /// Bands of all images: the pieces that the work is dealt out in.
  int64_t count() const { return images_ * int64_t(bands_.size()); }

  /// Calls visit(block, its first channel, where its first y is) for the blocks of a band.
  template <class Visit>
  void visit(int64_t band, const T* x, Visit visit) const {
    const int64_t image = band / int64_t(bands_.size());
    for (int64_t channel = 0; channel < n; channel += channels_) {
      for (const Placed<T>& placed : bands_[size_t(band) % bands_.size()]) {
        DepthwiseBlock<T> block = placed.block;
        block.x = x + image * x_image_ + channel;
        block.channels = std::min(channels_, n - channel);
        visit(block, channel, image * y_image_ + placed.y_at + channel);
      }
    }
  }

 private:
  const bool slides_;  // along whole rows
  const int64_t most_rows_, most_pixels_, n, filter_h_, filter_w_;
  const TapAxis &d_, &h_, &w_;
  const int64_t x_image_, y_image_, images_;
  int64_t channels_;
  std::vector<std::vector<Placed<T>>> bands_;

  static int64_t place(const TapAxis& x, int64_t o) { return x.out_first + o * x.out_stride; }
  static int64_t read(const TapAxis& x, int64_t o, size_t tap) { return o * x.stride + x.offset[tap]; }

  // All depths of the rows [begin, end).
  void place_band(const Phase& d, const Phase& h, const Phase& w, int64_t begin, int64_t end) {
    bands_.emplace_back();
    for (const Run& dr : runs_of(d_, 1)) {
      for (Run hr : runs_of(h_, most_rows_)) {
        const int64_t last = std::min(end, hr.first + hr.count);
        hr.first = std::max(begin, hr.first);
        hr.count = last - hr.first;
        if (hr.count > 0) place_rows(d, h, w, dr, hr);
      }
    }
  }

  void place_rows(const Phase& d, const Phase& h, const Phase& w, const Run& dr, const Run& hr) {
    for (const Run& wr : slides_ ? std::vector<Run>{{0, w_.out, 0, w_.offset.size()}} : runs_of(w_, most_pixels_)) {
      Placed<T>& placed = bands_.back().emplace_back(place_block(dr, hr, wr));
      list_taps(d, h, w, dr, hr, wr, placed);
      placed.block.x_at = placed.x_at.data();
      placed.block.f_at = placed.f_at.data();
      placed.block.taps = int64_t(placed.x_at.size());
    }
  }

  Placed<T> place_block(const Run& od, const Run& hr, const Run& wr) const {
    return {.block = {.rows = hr.count, .pixels = wr.count, .x_row = h_.stride * w_.in * n, .x_step = w_.stride * n,
                      .y_row = h_.out_stride * w_.out_size * n, .y_step = w_.out_stride * n,
                      .row_taps = slides_ ? w_.taps() : 0, .before = -w_.lowest(), .x_pixels = w_.in},
            .x_at = {}, .f_at = {},
            .y_at = ((place(d_, od.first) * h_.out_size + place(h_, hr.first)) * w_.out_size + place(w_, wr.first)) * n};
  }

  void list_taps(const Phase& d, const Phase& h, const Phase& w, const Run& od, const Run& hr, const Run& wr, Placed<T>& to) const {
    const size_t taps = (od.end - od.begin) * (hr.end - hr.begin) * (wr.end - wr.begin);
    to.x_at.reserve(taps);
    to.f_at.reserve(taps);
    for (size_t a = od.begin; a < od.end; ++a) {
      for (size_t b = hr.begin; b < hr.end; ++b) {
        for (size_t c = wr.begin; c < wr.end; ++c) {
          to.x_at.push_back(((read(d_, od.first, a) * h_.in + read(h_, hr.first, b)) * w_.in + read(w_, wr.first, c)) * n);
          to.f_at.push_back(((d.taps[a] * filter_h_ + h.taps[b]) * filter_w_ + w.taps[c]) * n);
        }
      }
    }
  }
};

/// Bands of an image whose work is worth a task.
int64_t bands_of(const ConvShape& s) {
  const int64_t work = s.height.out * s.width.out * s.in_channels * s.depth.filter * s.height.filter * s.width.filter;
  return std::clamp<int64_t>(work / kTaskWork, 1, s.height.out);
}

/// The same, or somewhat fewer, so that the slices of the gradient to the filter have as much to do.
int64_t even_bands(const ConvShape& s) {
  const int64_t all = s.batch * bands_of(s);
  return all < kMostSlices ? bands_of(s) : std::max<int64_t>(1, all / kMostSlices * kMostSlices / s.batch);
}

/// All phases of a band in turn, so that what they read and write is in the caches.
template <class T>
void run_phases(const ConvShape& s, const std::vector<Phase>& ds, const std::vector<Phase>& hs, const std::vector<Phase>& ws,
                const T* x, const T* f, T* y, const Epilogue<T>& epilogue) {
  const int64_t bands = bands_of(s);
  std::vector<Blocks<T>> phases;
  for (const Phase& d : ds) {
    for (const Phase& h : hs) {
      for (const Phase& w : ws) phases.emplace_back(s, d, h, w, bands, h.axis.out, w.axis.out, true);
    }
  }
  parallel_for(s.batch * bands, 1, [&](int64_t begin, int64_t end) {
    for (int64_t band = begin; band < end; ++band) {
      for (const Blocks<T>& blocks : phases) {
        blocks.visit(band, x, [&](const DepthwiseBlock<T>& block, int64_t channel, int64_t at) {
          kernels_of(y).sum(block, f + channel, epilogue.bias ? epilogue.bias + channel : nullptr, epilogue.activation == Activation::relu, y + at);
        });
      }
    }
  });
}

// A number of slices that follows from the sizes alone sum side by side; their sums are added in order.
template <class T>
void filter_gradient(const ConvShape& s, const T* input, const T* out_gradient, T* result) {
  const Phase d = forward_phase(s.depth), h = forward_phase(s.height), w = forward_phase(s.width);
  const int64_t bands = even_bands(s);
  const Blocks<T> blocks(s, d, h, w, bands, kFilterRows, kFilterPixels, false);
  const int64_t size = s.depth.filter * s.height.filter * s.width.filter * s.in_channels;
  const int64_t work = s.batch * s.depth.out * s.height.out * s.width.out * size;
  const Cut slices{blocks.count(), std::clamp<int64_t>(int64_t(std::bit_ceil(uint64_t(work / kSliceWork))), 1, std::min(kMostSlices, blocks.count()))};
  Scratch<T> sums(slices.count * size);
  std::fill_n(sums.data(), slices.count * size, T(0));
  parallel_for(slices.count, 1, [&](int64_t begin, int64_t end) {
    for (int64_t slice = begin; slice < end; ++slice) {
      for (int64_t band = slices.begin(slice); band < slices.begin(slice + 1); ++band) {
        blocks.visit(band, input, [&](const DepthwiseBlock<T>& block, int64_t channel, int64_t at) {
          kernels_of(result).filter(block, sums.data() + slice * size + channel, out_gradient + at);
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
    run_phases(s, {forward_phase(s.depth)}, {forward_phase(s.height)}, {forward_phase(s.width)}, input, filter, output, epilogue); \
  }                                                                                                                      \
  void depthwise_input_gradient(const ConvShape& s, const T* filter, const T* out_gradient, T* in_gradient) {            \
    run_phases(s, phases_of(s.depth), phases_of(s.height), phases_of(s.width), out_gradient, filter, in_gradient, {});   \
  }                                                                                                                      \
  void depthwise_filter_gradient(const ConvShape& s, const T* input, const T* out_gradient, T* result) {                 \
    filter_gradient(s, input, out_gradient, result);                                                                     \
  }
RUNNEL_DEPTHWISE(float)
RUNNEL_DEPTHWISE(double)
#undef RUNNEL_DEPTHWISE

}  // namespace runnel::inline v0::cpu
