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
constexpr int64_t kSliceBytes = int64_t(1) << 23;  // of all slices together
constexpr int64_t kBandBytes = int64_t(1) << 21;
constexpr int64_t kBandPixels = 512;  // summed before a tile of the filter is stored
constexpr int64_t kThin = 4;
constexpr int64_t kFewPasses = 8;     // so often the gradient is read where it is; more often, a panel of it is copied

// So many pieces, or a few more that most machines can share evenly.
int64_t shareable(int64_t pieces) { return pieces < kMostSlices ? int64_t(std::bit_ceil(uint64_t(pieces))) : pieces + pieces % 2; }

template <class T>
class FilterGradient {
 public:
  FilterGradient(const TapConv<T>& conv, const T* out_gradient, T* result)
      : c(conv), out_gradient_(out_gradient), result_(result), tiles(tiles_of(result)), width(2 * tiles.lanes),
        panels(ceil_div(c.out_group(), width)), size(c.depth() * c.out_channels) {
    const int64_t row_bytes = (c.d.taps() * c.h.stride * c.w.reach(c.w.out) * c.in_channels + c.w.out * c.out_channels) * int64_t(sizeof(T));
    const int64_t rows = std::max<int64_t>(1, std::min(kBandBytes / row_bytes, ceil_div(kBandPixels, c.w.out)));
    const int64_t planes = c.batch * c.d.out;
    band_rows = ceil_div(c.h.out, shareable(ceil_div(c.h.out, rows)));
    bands_per_plane = ceil_div(c.h.out, band_rows);
    slots = bands_per_plane == 1 ? ceil_div(planes, shareable(ceil_div(planes, ceil_div(rows, c.h.out)))) : 1;
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
    const bool copies = !expands() && passes(band) > kFewPasses;
    Scratch<T> expanded(expands() ? c.depth() * pitch() : 0);
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
      if (expands()) expand(band, t, expanded.data());
      const T* from = out_gradient_ + (plane * c.h.out + first) * c.w.out * c.out_channels;
      for (int64_t p = columns.begin(part); p < columns.begin(part + 1); ++p) {
        const int64_t within = p % panels * width, column = p / panels * c.out_group() + within;
        t.columns = int(std::min(width, c.out_group() - within));
        if (copies) {
          t.b_step = t.columns <= tiles.lanes ? tiles.lanes : width;
          packs_of(from).copy(from + column, c.out_channels, rows * c.w.out, t.columns, t.b_step, gradient.data());
        } else {
          t.b = from + column;
        }
        T* to = sums + slice * size + column;
        expands() ? add_tiles(t, expanded.data(), pitch(), c.depth(), to) : add_band(band, t, p / panels, to);
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

  // One channel and a few taps leave a tile of rows nearly empty: what each tap meets is written out, tap by tap.
  bool expands() const { return c.in_channels == 1 && 2 * c.w.taps() <= tiles.max_rows; }
  int64_t pitch() const { return slots * band_rows * c.w.out + 64 / int64_t(sizeof(T)); }  // not a power of two
  void expand(Band<T>& band, Tile<T>& t, T* to) const {
    for (int64_t d = 0; d < c.d.taps(); ++d) {
      for (int64_t h : c.h.offset) {
        for (int64_t w : c.w.offset) {
          const T* tap = band.data() + d * band.plane + (h - c.h.lowest()) * band.row + (w - c.w.lowest()) * band.pixel;
          copy_pixels(t, tap, to);
          to += pitch();
        }
      }
    }
    t.a_step = 1;
    t.k *= t.segment_count;
    t.segment_count = 1;
  }

  void copy_pixels(const Tile<T>& t, const T* from, T* to) const {
    for (int64_t r = 0; r < t.segment_count; ++r, to += t.k) {
      const T* row = from + t.segments[r];
      if (t.a_step == 1) {
        std::copy_n(row, t.k, to);
      } else {
        for (int64_t x = 0; x < t.k; ++x) to[x] = row[x * t.a_step];
      }
    }
  }

  // `rows` rows of A, from `from` on and `a_row` apart, in tiles.
  void add_tiles(Tile<T>& t, const T* from, int64_t a_row, int64_t rows, T* to) const {
    const Cut cut{rows, ceil_div(rows, t.columns <= tiles.lanes && a_row == 1 ? tiles.tall_rows : tiles.max_rows)};
    t.a_row = a_row;
    for (int64_t i = 0; i < cut.count; ++i) {
      t.a = from + cut.begin(i) * a_row;
      t.c = to + cut.begin(i) * c.out_channels;
      fetch_tile(t.c + cut.size(i) * c.out_channels, c.out_channels, cut.size(i));  // the next one
      tiles.tile[cut.size(i)][t.columns <= tiles.lanes ? 1 : 2](t);
    }
  }

  // All taps of one panel of output channels.
  void add_band(Band<T>& band, Tile<T> t, int64_t group, T* to) const {
    const int64_t length = c.in_group() * (merged(band) ? c.w.taps() : 1);
    for (int64_t d = 0; d < c.d.taps(); ++d) {
      for (int64_t h : c.h.offset) {
        for (int64_t w : c.w.offset) {
          const T* from = band.data() + d * band.plane + (h - c.h.lowest()) * band.row +
                          (w - c.w.lowest()) * band.pixel + group * c.in_group();
          add_tiles(t, from, 1, length, to);
          to += length * c.out_channels;
          if (merged(band)) break;
        }
      }
    }
  }
};

// Few output channels would use few lanes of a tile. For strides of one the two images may exchange their roles: the sum runs
// over the pixels of the input, and the gradient is what the taps, in reverse order, are away from them.
template <class T>
bool is_thin(const TapConv<T>& c) {
  return c.groups == 1 && c.out_channels <= kThin && c.in_channels >= 4 * c.out_channels && c.d.stride * c.h.stride * c.w.stride == 1;
}

TapAxis exchanged(const TapAxis& x) {
  TapAxis y{.in = x.out, .out = x.in, .offset = {}, .out_size = x.in};
  for (auto offset = x.offset.rbegin(); offset != x.offset.rend(); ++offset) y.offset.push_back(-*offset);
  return y;
}

template <class T>
void thin_gradient(const TapConv<T>& c, const T* out_gradient, T* result) {
  const TapConv<T> turned{.batch = c.batch, .in_channels = c.out_channels, .out_channels = c.in_channels, .d = exchanged(c.d),
                          .h = exchanged(c.h), .w = exchanged(c.w), .input = out_gradient};
  Scratch<T> sums(c.depth() * c.out_channels);
  FilterGradient<T>(turned, c.input, sums.data()).run();
  for (int64_t tap = 0; tap < c.taps(); ++tap) {
    const T* from = sums.data() + (c.taps() - 1 - tap) * c.out_channels * c.in_channels;
    for (int64_t i = 0; i < c.in_channels; ++i) {
      for (int64_t o = 0; o < c.out_channels; ++o) *result++ = from[o * c.in_channels + i];
    }
  }
}

template <class T>
void any_gradient(const TapConv<T>& forward, const T* out_gradient, T* result) {
  if (is_thin(forward)) return thin_gradient(forward, out_gradient, result);
  FilterGradient<T>(forward, out_gradient, result).run();
}

}  // namespace

void filter_gradient(const TapConv<float>& forward, const float* out_gradient, float* result) {
  any_gradient(forward, out_gradient, result);
}
void filter_gradient(const TapConv<double>& forward, const double* out_gradient, double* result) {
  any_gradient(forward, out_gradient, result);
}

}  // namespace runnel::inline v0::cpu
