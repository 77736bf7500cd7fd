// For each tap a product of (input channels, pixels) by (pixels, output channels). The bands of pixels are dealt to a
// number of slices that follows from the sizes alone; each slice sums into a filter of its own, and those are added in order.
#include "runnel/runtime/cpu/conv_filter.h"

#include <algorithm>
#include <bit>

#include "runnel/runtime/cpu/gemm_tables.h"
#include "runnel/runtime/thread_pool.h"

namespace runnel::inline v0::cpu {
namespace {

constexpr int64_t kSliceWork = int64_t(1) << 22;   // multiply-adds
constexpr int64_t kMostSlices = 16;
constexpr int64_t kSliceBytes = int64_t(1) << 25;  // of all slices together
constexpr int64_t kBandBytes = int64_t(1) << 20;
constexpr int64_t kBandPixels = 512;  // summed before a tile of the filter is stored
constexpr int64_t kFewPasses = 8;     // so often the gradient is read where it is; more often, a panel of it is copied

template <class T>
class FilterGradient {
 public:
  FilterGradient(const TapConv<T>& conv, const T* out_gradient, T* result)
      : c(conv), out_gradient_(out_gradient), result_(result), tiles(tiles_of(result)), width(2 * tiles.lanes),
        panels(ceil_div(c.out_group(), width)), size(c.depth() * c.out_channels) {
    const int64_t row_bytes = (c.d.taps() * c.h.stride * c.w.reach(c.w.out) * c.in_channels + c.w.out * c.out_channels) * int64_t(sizeof(T));
    const int64_t rows = std::max<int64_t>(1, std::min(kBandBytes / row_bytes, ceil_div(kBandPixels, c.w.out)));
    const int64_t planes = c.batch * c.d.out;
    band_rows = std::min(rows, c.h.out);
    bands_per_plane = ceil_div(c.h.out, band_rows);
    slots = bands_per_plane == 1 ? std::clamp(ceil_div(rows, c.h.out), int64_t(1), planes) : 1;
    bands = ceil_div(planes, slots) * bands_per_plane;
    const int64_t work = c.batch * c.d.out * c.h.out * c.w.out * c.out_channels * c.depth();
    const int64_t room = std::max<int64_t>(1, kSliceBytes / (size * int64_t(sizeof(T))));
    const int64_t tasks = std::clamp<int64_t>(int64_t(std::bit_ceil(uint64_t(work / kSliceWork))), 1, kMostSlices);  // a power of two suits most machines
    slices = std::min({tasks, room, bands});
    const int64_t parts_wanted = tasks / slices;
    columns_parts = std::min(parts_wanted, c.groups * panels);
  }

  void run() {
    Scratch<T> sums(slices * size);
    parallel_for(slices * columns_parts, 1, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) run_slice(i / columns_parts, i % columns_parts, sums.data());
    });
    parallel_for(size, 8192, [&](int64_t begin, int64_t end) {
      std::copy(sums.data() + begin, sums.data() + end, result_ + begin);
      for (int64_t s = 1; s < slices; ++s) {
        const T* more = sums.data() + s * size;
        for (int64_t i = begin; i < end; ++i) result_[i] += more[i];
      }
    });
  }

 private:
  const TapConv<T>& c;
  const T* const out_gradient_;
  T* const result_;
  const TileKernels<T>& tiles;
  const int64_t width, panels, size;
  int64_t band_rows, bands_per_plane, slots, bands, slices, columns_parts;

  // Whether the rows of the filter that share a band's pixels lie together: all taps of a row are then one run of channels.
  bool merged(const Band<T>& band) const { return c.groups == 1 && band.pixel == band.channels && c.w.consecutive(); }

  int64_t passes(const Band<T>& band) const {
    return c.taps() / (merged(band) ? c.w.taps() : 1) * ceil_div(c.in_group() * (merged(band) ? c.w.taps() : 1), tiles.max_rows);
  }

  void run_slice(int64_t slice, int64_t part, T* sums) const {
    const Cut mine{bands, slices}, columns{c.groups * panels, columns_parts};
    Band<T> band(c.d, c.h, c.w, c.in_channels, band_rows, slots);
    const bool copies = passes(band) > kFewPasses;
    Scratch<T> gradient(copies ? slots * band_rows * c.w.out * width : 0);  // of one panel of output channels
    std::vector<int64_t> segments;
    for (int64_t r = 0; r < slots * band_rows; ++r)
      segments.push_back(r / band_rows * band.slot_size + r % band_rows * c.h.stride * band.row);
    for (int64_t i = mine.begin(slice); i < mine.begin(slice + 1); ++i) {
      const int64_t first = i % bands_per_plane * band_rows, plane = i / bands_per_plane * slots;
      const int64_t rows = load(band, plane, first);
      Tile<T> t{.a_row = 1, .a_step = c.w.stride * band.pixel, .b = gradient.data(), .b_step = copies ? width : c.out_channels,
                .c_row = c.out_channels, .k = c.w.out, .segments = segments.data(), .segment_count = rows,
                .load_c = i != mine.begin(slice)};
      const T* from = out_gradient_ + (plane * c.h.out + first) * c.w.out * c.out_channels;
      for (int64_t p = columns.begin(part); p < columns.begin(part + 1); ++p) {
        const int64_t within = p % panels * width, column = p / panels * c.out_group() + within;
        t.columns = int(std::min(width, c.out_group() - within));
        if (copies) {
          packs_of(from).copy(from + column, c.out_channels, rows * c.w.out, t.columns, width, gradient.data());
        } else {
          t.b = from + column;
        }
        add_band(band, t, p / panels, sums + slice * size + column);
      }
    }
  }

  // Loads a band of the planes from `plane` on; returns its rows, those of all planes together.
  int64_t load(Band<T>& band, int64_t plane, int64_t first) const {
    const int64_t rows = std::min(band_rows, c.h.out - first), count = std::min(slots, c.batch * c.d.out - plane);
    for (int64_t slot = 0; slot < count; ++slot) {
      const int64_t image = (plane + slot) / c.d.out, od = (plane + slot) % c.d.out;
      band.load(slot, c.input + image * c.d.in * c.h.in * c.w.in * c.in_channels, od, first, rows);
    }
    return rows * count;
  }

  // All taps of one panel of output channels.
  void add_band(Band<T>& band, Tile<T> t, int64_t group, T* to) const {
    const int64_t length = c.in_group() * (merged(band) ? c.w.taps() : 1);
    const Cut cut{length, ceil_div(length, tiles.max_rows)};
    for (int64_t d = 0; d < c.d.taps(); ++d) {
      for (int64_t h : c.h.offset) {
        for (int64_t w : c.w.offset) {
          const T* from = band.data() + d * band.plane + (h - c.h.lowest()) * band.row +
                          (w - c.w.lowest()) * band.pixel + group * c.in_group();
          for (int64_t i = 0; i < cut.count; ++i) {
            t.a = from + cut.begin(i);
            t.c = to + cut.begin(i) * c.out_channels;
            fetch_tile(t.c + cut.size(i) * c.out_channels, c.out_channels, cut.size(i));  // the next one
            tiles.tile[cut.size(i)][ceil_div(t.columns, tiles.lanes)](t);
          }
          to += length * c.out_channels;
          if (merged(band)) break;
        }
      }
    }
  }
};

}  // namespace

void filter_gradient(const TapConv<float>& forward, const float* out_gradient, float* result) {
  FilterGradient<float>(forward, out_gradient, result).run();
}
void filter_gradient(const TapConv<double>& forward, const double* out_gradient, double* result) {
  FilterGradient<double>(forward, out_gradient, result).run();
}

}  // namespace runnel::inline v0::cpu
