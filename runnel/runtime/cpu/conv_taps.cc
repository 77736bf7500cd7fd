#include "runnel/runtime/cpu/conv_taps.h"

#include <algorithm>

#include "runnel/runtime/cpu/gemm_tables.h"
#include "runnel/runtime/thread_pool.h"

namespace runnel::inline v0::cpu {
namespace {

constexpr int64_t kTaskWork = int64_t(1) << 22;       // multiply-adds of a task
constexpr int64_t kBandBytes = int64_t(1) << 19;      // of input, to stay in the second cache
constexpr int64_t kFilterBytes = int64_t(3) << 18;    // a larger packed filter is walked panel by panel

}  // namespace

int64_t TapAxis::lowest() const { return *std::min_element(offset.begin(), offset.end()); }
int64_t TapAxis::highest() const { return *std::max_element(offset.begin(), offset.end()); }

bool TapAxis::consecutive() const {
  for (size_t i = 1; i < offset.size(); ++i) {
    if (offset[i] != offset[i - 1] + 1) return false;
  }
  return true;
}

// Pixels that are a multiple of 2 KiB apart would fall on each other's place in the first cache.
template <class T>
Band<T>::Band(const TapAxis& d, const TapAxis& h, const TapAxis& w, int64_t channels, int64_t most_rows)
    : channels(channels),
      pixel(channels + (channels * w.stride * int64_t(sizeof(T)) % 2048 == 0 ? 64 / int64_t(sizeof(T)) : 0)),
      row(w.reach(w.out) * pixel),
      plane(h.reach(most_rows) * row),
      d_(d), h_(h), w_(w),
      memory_(d.taps() * plane) {}

template <class T>
void Band<T>::load(const T* image, int64_t od, int64_t first_row, int64_t rows) {
  const int64_t first = first_row * h_.stride + h_.lowest();
  for (int64_t t = 0; t < d_.taps(); ++t) {
    const int64_t id = od * d_.stride + d_.offset[size_t(t)];
    for (int64_t r = 0; r < h_.reach(rows); ++r) {
      const int64_t ih = first + r;
      const bool inside = id >= 0 && id < d_.in && ih >= 0 && ih < h_.in;
      load_row(inside ? image + (id * h_.in + ih) * w_.in * channels : nullptr, data() + t * plane + r * row);
    }
  }
}

template <class T>
void Band<T>::load_row(const T* from, T* to) const {
  if (!from) {
    std::fill_n(to, row, T(0));
    return;
  }
  const int64_t width = w_.reach(w_.out), low = w_.lowest();
  const int64_t left = std::clamp(-low, int64_t(0), width), right = std::clamp(w_.in - low, left, width);
  std::fill_n(to, left * pixel, T(0));
  std::fill_n(to + right * pixel, (width - right) * pixel, T(0));
  from += (left + low) * channels;
  if (pixel == channels) {
    std::copy_n(from, (right - left) * channels, to + left * pixel);
    return;
  }
  for (int64_t x = left; x < right; ++x, from += channels) std::copy_n(from, channels, to + x * pixel);
}

template class Band<float>;
template class Band<double>;

namespace {

template <class T>
class TapRun {
 public:
  explicit TapRun(const TapConv<T>& conv)
      : c(conv), tiles(tiles_of(conv.output)), width(2 * tiles.lanes), panels(ceil_div(c.out_group(), width)) {
    const int64_t row_work = c.w.out * c.out_channels * c.depth();
    const int64_t fewest = c.depth() * c.out_channels * int64_t(sizeof(T)) > kFilterBytes ? 8 : 4;
    const int64_t row_bytes = c.d.taps() * c.h.stride * c.w.reach(c.w.out) * c.in_channels * int64_t(sizeof(T));
    band_rows = std::max(ceil_div(kTaskWork, std::max<int64_t>(row_work, 1)), fewest);
    band_rows = std::clamp(std::min(band_rows, kBandBytes / row_bytes), int64_t(1), c.h.out);
  }

  void run() {
    const int64_t bands = ceil_div(c.h.out, band_rows);
    parallel_for(c.batch * c.d.out * bands, 1, [&](int64_t begin, int64_t end) {
      Band<T> band(c.d, c.h, c.w, c.in_channels, band_rows);
      const bool merged = c.groups == 1 && band.pixel == band.channels && c.w.consecutive();
      const std::vector<int64_t> segments = tap_offsets(band, merged);
      for (int64_t task = begin; task < end; ++task) {
        const int64_t first = task % bands * band_rows, od = task / bands % c.d.out, image = task / bands / c.d.out;
        const int64_t rows = std::min(band_rows, c.h.out - first);
        band.load(c.input + image * c.d.in * c.h.in * c.w.in * c.in_channels, od, first, rows);
        Tile<T> t{.a_row = c.w.stride * band.pixel, .a_step = 1, .b_step = width,
                  .c_row = c.w.out_stride * c.out_channels, .k = c.in_group() * (merged ? c.w.taps() : 1),
                  .segments = segments.data(), .segment_count = int64_t(segments.size()),
                  .relu = c.epilogue.activation == Activation::relu};
        multiply(band, t, output_row(image, od, first), rows);
      }
    });
  }

 private:
  const TapConv<T>& c;
  const TileKernels<T>& tiles;
  const int64_t width, panels;
  int64_t band_rows;

  // Where each tap begins in the band. Neighbouring taps of a row whose channels follow each other are one long step.
  std::vector<int64_t> tap_offsets(const Band<T>& band, bool merged) const {
    std::vector<int64_t> offsets;
    for (int64_t d = 0; d < c.d.taps(); ++d) {
      for (int64_t h : c.h.offset) {
        for (int64_t w : c.w.offset) {
          offsets.push_back(d * band.plane + (h - c.h.lowest()) * band.row + (w - c.w.lowest()) * band.pixel);
          if (merged) break;
        }
      }
    }
    return offsets;
  }

  T* output_row(int64_t image, int64_t od, int64_t oh) const {
    const int64_t d = c.d.out_first + od * c.d.out_stride, h = c.h.out_first + oh * c.h.out_stride;
    return c.output + (((image * c.d.out_size + d) * c.h.out_size + h) * c.w.out_size + c.w.out_first) * c.out_channels;
  }

  // A small filter stays in the cache, and each tile of pixels passes by all its panels; a large one is walked once.
  void multiply(Band<T>& band, Tile<T>& t, T* out, int64_t rows) const {
    const bool small = c.depth() * c.out_channels * int64_t(sizeof(T)) <= kFilterBytes;
    const int64_t all = c.groups * panels, step = small ? all : 1;
    const Cut cut{c.w.out, ceil_div(c.w.out, tiles.max_rows)};
    for (int64_t first = 0; first < all; first += step) {
      for (int64_t r = 0; r < rows; ++r) {
        for (int64_t x = 0; x < cut.count; ++x) {
          for (int64_t p = first; p < first + step; ++p) {
            T* pixel = out + r * c.h.out_stride * c.w.out_size * c.out_channels + cut.begin(x) * t.c_row;
            t.a = band.data() + r * c.h.stride * band.row + cut.begin(x) * t.a_row;
            run_tile(t, cut.size(x), pixel, p / panels, p % panels);
          }
        }
      }
    }
  }

  void run_tile(Tile<T>& t, int64_t pixels, T* out, int64_t group, int64_t panel) const {
    const int64_t column = group * c.out_group() + panel * width;
    t.a += group * c.in_group();
    t.b = c.filter + (group * panels + panel) * c.depth() * width;
    t.c = out + column;
    t.columns = int(std::min(width, c.out_group() - panel * width));
    t.bias = c.epilogue.bias ? c.epilogue.bias + column : nullptr;
    tiles.tile[pixels][ceil_div(t.columns, tiles.lanes)](t);
  }
};

}  // namespace

void run(const TapConv<float>& conv) { TapRun<float>(conv).run(); }
void run(const TapConv<double>& conv) { TapRun<double>(conv).run(); }
int64_t panel_width(const float* p) { return 2 * tiles_of(p).lanes; }
int64_t panel_width(const double* p) { return 2 * tiles_of(p).lanes; }

}  // namespace runnel::inline v0::cpu
