#include "runnel/runtime/cpu/conv_taps.h"

#include <algorithm>

#include "runnel/runtime/cpu/gemm_tables.h"
#include "runnel/runtime/thread_pool.h"

namespace runnel::inline v0::cpu {
namespace {

constexpr int64_t kTaskWork = int64_t(1) << 22;     // multiply-adds of a task
constexpr int64_t kBandBytes = int64_t(1) << 19;    // of input, to stay in the second cache
constexpr int64_t kFilterBytes = int64_t(3) << 18;  // a larger packed filter is walked panel by panel,
constexpr int64_t kChunk = 512;                     // and so many steps at a time,
constexpr int64_t kMostSlots = 8;                   // for a few images at once
constexpr int64_t kFewTasks = 8;

}  // namespace

int64_t TapAxis::lowest() const { return *std::min_element(offset.begin(), offset.end()); }
int64_t TapAxis::highest() const { return *std::max_element(offset.begin(), offset.end()); }

bool TapAxis::consecutive() const {
  for (size_t i = 1; i < offset.size(); ++i) {
    if (offset[i] != offset[i - 1] + 1) return false;
  }
  return true;
}

Phase forward_phase(const ConvAxis& x) {
  Phase phase{.axis = {.in = x.in, .out = x.out, .stride = x.stride, .offset = {}, .out_size = x.out}, .taps = {}};
  for (int64_t t = 0; t < x.filter; ++t) {
    phase.axis.offset.push_back(t * x.dilation - x.pad);
    phase.taps.push_back(t);
  }
  return phase;
}

std::vector<Phase> phases_of(const ConvAxis& x) {
  std::vector<Phase> phases;
  for (int64_t first = 0; first < std::min(x.stride, x.in); ++first) {
    Phase phase{.axis = {.in = x.out, .out = ceil_div(x.in - first, x.stride), .stride = 1, .offset = {},
                         .out_size = x.in, .out_first = first, .out_stride = x.stride}, .taps = {}};
    for (int64_t t = x.filter - 1; t >= 0; --t) {  // so that the offsets rise
      const int64_t at = first + x.pad - t * x.dilation;
      if (at % x.stride != 0) continue;
      phase.axis.offset.push_back(at / x.stride);
      phase.taps.push_back(t);
    }
    phases.push_back(phase);
  }
  return phases;
}

// Pixels that are a multiple of 2 KiB apart would fall on each other's place in the first cache.
template <class T>
Band<T>::Band(const TapAxis& d, const TapAxis& h, const TapAxis& w, int64_t channels, int64_t most_rows, int64_t slots)
    : channels(channels),
      most_rows(most_rows),
      pixel(channels + (channels * w.stride * int64_t(sizeof(T)) % 2048 == 0 ? 64 / int64_t(sizeof(T)) : 0)),
      row(w.reach(w.out) * pixel),
      plane(h.reach(most_rows) * row),
      slot_size(d.taps() * plane),
      d_(d), h_(h), w_(w),
      memory_(thread_workspace<T>(slots * slot_size)) {}

template <class T>
void Band<T>::load(int64_t slot, const T* image, int64_t od, int64_t first_row, int64_t rows) {
  const int64_t first = first_row * h_.stride + h_.lowest();
  for (int64_t t = 0; t < d_.taps(); ++t) {
    const int64_t id = od * d_.stride + d_.offset[size_t(t)];
    for (int64_t r = 0; r < h_.reach(rows); ++r) {
      const int64_t ih = first + r;
      const bool inside = id >= 0 && id < d_.in && ih >= 0 && ih < h_.in;
      load_row(inside ? image + (id * h_.in + ih) * w_.in * channels : nullptr, data() + slot * slot_size + t * plane + r * row);
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
      : c(conv), tiles(tiles_of(conv.output)), width(2 * tiles.lanes), panels(ceil_div(c.out_group(), width)),
        large(c.depth() * c.out_channels * int64_t(sizeof(T)) > kFilterBytes), planes(c.batch * c.d.out) {
    const int64_t row_work = std::max<int64_t>(c.w.out * c.out_channels * c.depth(), 1), fewest = large ? 8 : 4;
    const int64_t row_bytes = c.d.taps() * c.h.stride * c.w.reach(c.w.out) * c.in_channels * int64_t(sizeof(T));
    band_rows = std::max(ceil_div(kTaskWork, row_work), fewest);
    band_rows = std::clamp(std::min(band_rows, kBandBytes / row_bytes), int64_t(1), c.h.out);
    bands = ceil_div(c.h.out, band_rows);
    if (!large) return;
    if (bands == 1) slots = std::clamp(planes / kFewTasks, int64_t(1), kMostSlots);
    const int64_t tasks = ceil_div(planes, slots) * bands, worth = slots * band_rows * row_work / kTaskWork;
    parts = std::clamp(std::min(ceil_div(kFewTasks, tasks), worth), int64_t(1), c.groups * panels);
  }

  // A task is a band of some planes (a depth of an image each) times a part of the filter's panels.
  void run() const {
    const Cut groups{planes, ceil_div(planes, slots)}, columns{c.groups * panels, parts};
    parallel_for(groups.count * bands * parts, 1, [&](int64_t begin, int64_t end) {
      Band<T> band(c.d, c.h, c.w, c.in_channels, band_rows, slots);
      for (int64_t task = begin; task < end; ++task) {
        const int64_t part = task % parts, group = task / parts / bands;
        compute(band, groups.begin(group), groups.size(group), task / parts % bands * band_rows, columns.begin(part), columns.begin(part + 1));
      }
    });
  }

  // The task of one band, for runs side by side: they agree about the rows of a band. A phase may be a row or a depth short.
  bool is_large() const { return large; }
  int64_t rows() const { return band_rows; }
  void compute_band(int64_t image, int64_t od, int64_t first, int64_t rows) const {
    if (od >= c.d.out || first >= c.h.out) return;
    Band<T> band(c.d, c.h, c.w, c.in_channels, rows, 1);
    compute(band, image * c.d.out + od, 1, first, 0, c.groups * panels);
  }

 private:
  const TapConv<T>& c;
  const TileKernels<T>& tiles;
  const int64_t width, panels;
  const bool large;
  const int64_t planes;
  int64_t band_rows, bands, slots = 1, parts = 1;

  void compute(Band<T>& band, int64_t plane, int64_t count, int64_t first, int64_t first_panel, int64_t last_panel) const {
    const bool merged = c.groups == 1 && band.pixel == band.channels && c.w.consecutive();
    const std::vector<int64_t> segments = tap_offsets(band, merged);
    const int64_t rows = std::min(band.most_rows, c.h.out - first);
    std::vector<T*> outputs;
    for (int64_t slot = 0; slot < count; ++slot) {
      const int64_t image = (plane + slot) / c.d.out, od = (plane + slot) % c.d.out;
      band.load(slot, c.input + image * c.d.in * c.h.in * c.w.in * c.in_channels, od, first, rows);
      for (int64_t r = 0; r < rows; ++r) outputs.push_back(output_row(image, od, first + r));
    }
    Tile<T> t{.a_row = c.w.stride * band.pixel, .a_step = 1, .b_step = width,
              .c_row = c.w.out_stride * c.out_channels, .k = c.in_group() * (merged ? c.w.taps() : 1),
              .segments = segments.data(), .segment_count = int64_t(segments.size())};
    if (is_thin(t.k)) return dots(band, t, outputs, rows);
    large ? walk(band, t, outputs, rows, first_panel, last_panel) : multiply(band, t, outputs, rows);
  }

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

  // Calls body(pixels, where they are written) for each tile of pixels, with t.a at the tile's first. Of rows that fill half
  // a tile, two make one, if what they write lies together.
  template <class Body>
  void for_each_tile(Band<T>& band, Tile<T>& t, const std::vector<T*>& outputs, int64_t rows, Body body) const {
    const Cut cut{c.w.out, ceil_div(c.w.out, tiles.max_rows)};
    const bool half = c.w.out == kTileHalf && tiles.max_rows == 2 * kTileHalf;
    auto row = [&](size_t r) { return row_of(band, int64_t(r), rows); };
    for (size_t r = 0; r < outputs.size(); ++r) {
      if (half && r + 1 < outputs.size() && outputs[r + 1] == outputs[r] + kTileHalf * t.c_row) {
        t.a = row(r);
        t.a_gap = row(r + 1) - row(r) - kTileHalf * t.a_row;
        body(2 * kTileHalf, outputs[r++]);
        t.a_gap = 0;
        continue;
      }
      for (int64_t x = 0; x < cut.count; ++x) {
        t.a = row(r) + cut.begin(x) * t.a_row;
        body(cut.size(x), outputs[r] + cut.begin(x) * t.c_row);
      }
    }
  }

  // Where the pixels of the r-th row of outputs begin, of bands of so many rows.
  const T* row_of(Band<T>& band, int64_t r, int64_t rows) const {
    return band.data() + r / rows * band.slot_size + r % rows * c.h.stride * band.row;
  }

  // Few output channels would use few lanes of a tile; sums along the input channels use all.
  bool is_thin(int64_t k) const { return vectors_of(c.output).dots && c.groups == 1 && c.out_channels <= kMostDots && k >= 2 * tiles.lanes; }
  void dots(Band<T>& band, Tile<T>& t, const std::vector<T*>& outputs, int64_t rows) const {
    const int64_t depth = c.depth(), columns = c.out_channels;
    Scratch<T, 4096> filter(columns * depth);
    for (int64_t p = 0; p < depth; ++p) {
      for (int64_t j = 0; j < columns; ++j) filter[j * depth + p] = c.filter[p * width + j];
    }
    t.b = filter.data();
    t.b_step = depth;
    t.columns = int(columns);
    t.bias = c.epilogue.bias;
    t.relu = c.epilogue.activation == Activation::relu;
    for (size_t r = 0; r < outputs.size(); ++r) {
      t.a = row_of(band, int64_t(r), rows);
      t.c = outputs[r];
      vectors_of(t.c).dots(t, c.w.out);
    }
  }

  // A small filter stays in the cache, and each tile of pixels passes by all its panels.
  void multiply(Band<T>& band, Tile<T>& t, const std::vector<T*>& outputs, int64_t rows) const {
    for_each_tile(band, t, outputs, rows, [&](int64_t pixels, T* out) {
      for (int64_t p = 0; p < c.groups * panels; ++p) run_tile(t, pixels, out, p, 0, 0, true);
    });
  }

  // All tiles of pixels pass by a chunk of a panel of a large one.
  void walk(Band<T>& band, const Tile<T>& whole, const std::vector<T*>& outputs, int64_t rows, int64_t begin, int64_t end) const {
    const Cut chunks{whole.k, std::max<int64_t>(1, whole.k / kChunk)};
    const int64_t steps = whole.k < kChunk ? 1 : whole.segment_count * chunks.count;
    Tile<T> t = whole;
    for (int64_t p = begin; p < end; ++p) {
      for (int64_t step = 0; step < steps; ++step) {
        const int64_t segment = step / chunks.count, from = chunks.begin(step % chunks.count);
        t.load_c = step > 0;
        if (whole.k >= kChunk) {
          t.segments = whole.segments + segment;
          t.segment_count = 1;
          t.k = chunks.size(step % chunks.count);
        }
        for_each_tile(band, t, outputs, rows, [&](int64_t pixels, T* out) {
          run_tile(t, pixels, out, p, segment * whole.k, from, step + 1 == steps);
        });
      }
    }
  }

  // A tile of pixels by a panel, from step `from` of the segment on whose first is step `segment` of the sum.
  void run_tile(Tile<T> t, int64_t pixels, T* out, int64_t panel_index, int64_t segment, int64_t from, bool last) const {
    const int64_t group = c.groups == 1 ? 0 : panel_index / panels, panel = panel_index - group * panels, column = group * c.out_group() + panel * width;
    t.a += group * c.in_group() + from;
    t.b = c.filter + (panel_index * c.depth() + segment + from) * width;
    t.c = out + column;
    t.columns = int(std::min(width, c.out_group() - panel * width));
    t.bias = last && c.epilogue.bias ? c.epilogue.bias + column : nullptr;
    t.relu = last && c.epilogue.activation == Activation::relu;
    tiles.tile[pixels][t.columns <= tiles.lanes ? 1 : 2](t);
  }
};

template <class T>
void run_phases(const std::vector<TapConv<T>>& phases) {
  const std::vector<TapRun<T>> runs(phases.begin(), phases.end());
  if (runs.size() == 1 || std::any_of(runs.begin(), runs.end(), [](const TapRun<T>& run) { return run.is_large(); })) {
    for (const TapRun<T>& run : runs) run.run();
    return;
  }
  int64_t rows = runs.front().rows(), depths = 1, height = 1;
  for (size_t i = 0; i < runs.size(); ++i) {
    rows = std::min(rows, runs[i].rows());
    depths = std::max(depths, phases[i].d.out);
    height = std::max(height, phases[i].h.out);
  }
  const int64_t bands = ceil_div(height, rows);
  parallel_for(phases.front().batch * depths * bands, 1, [&](int64_t begin, int64_t end) {
    for (int64_t task = begin; task < end; ++task) {
      const int64_t plane = task / bands;
      for (const TapRun<T>& run : runs) run.compute_band(plane / depths, plane % depths, task % bands * rows, rows);
    }
  });
}

}  // namespace

void run(const std::vector<TapConv<float>>& phases) { run_phases(phases); }
void run(const std::vector<TapConv<double>>& phases) { run_phases(phases); }
int64_t panel_width(const float* p) { return 2 * tiles_of(p).lanes; }
int64_t panel_width(const double* p) { return 2 * tiles_of(p).lanes; }

}  // namespace runnel::inline v0::cpu
