// A convolution as the tiles of GEMM see it: an output pixel is the sum over taps of input pixels times matrices.
// Forward convolution is of this form, and so is each phase of the gradient to the input.
#pragma once

#include <cstdint>
#include <vector>

#include "runnel/runtime/cpu/conv.h"
#include "runnel/runtime/cpu/scratch.h"

namespace runnel::inline v0::cpu {

/// Output o of this axis reads the inputs o * stride + offset[tap] (zero outside of [0, in)) and lies at
/// out_first + o * out_stride of an output that is out_size long.
struct TapAxis {
  int64_t in = 1, out = 1, stride = 1;
  std::vector<int64_t> offset{0};
  int64_t out_size = 1, out_first = 0, out_stride = 1;

  int64_t taps() const { return int64_t(offset.size()); }
  int64_t lowest() const;
  int64_t highest() const;
  /// Inputs between the first and the last that `outputs` neighbours read.
  int64_t reach(int64_t outputs) const { return (outputs - 1) * stride + highest() - lowest() + 1; }
  /// Each tap reads the neighbour of the tap before.
  bool consecutive() const;
};

/// An axis, and which taps of the filter its taps are.
struct Phase {
  TapAxis axis;
  std::vector<int64_t> taps;
};
Phase forward_phase(const ConvAxis& axis);
/// The gradient to the input in parts: which inputs i = phase + stride * o read the output (i + pad - tap * dilation) / stride,
/// where that is whole.
std::vector<Phase> phases_of(const ConvAxis& axis);

/// Rows of input around a band of output rows of one depth, with the zeros of the padding written out, for a few images
/// or depths (slots); a thread has one at a time. Tap t of depth, input row h and pixel w (counted from the band's first) of a slot are at
/// data + slot * slot_size + t * plane + h * row + w * pixel.
template <class T>
class Band {
 public:
  Band(const TapAxis& d, const TapAxis& h, const TapAxis& w, int64_t channels, int64_t most_rows, int64_t slots);
  void load(int64_t slot, const T* image, int64_t od, int64_t first_row, int64_t rows);

  T* data() { return memory_; }
  const int64_t channels, most_rows, pixel, row, plane, slot_size;

 private:
  void load_row(const T* from, T* to) const;

  const TapAxis &d_, &h_, &w_;
  T* memory_;
};

template <class T>
struct TapConv {
  int64_t batch = 1;
  int64_t in_channels = 1, out_channels = 1, groups = 1;
  TapAxis d, h, w;
  const T* input = nullptr;
  T* output = nullptr;
  Epilogue<T> epilogue{};
  /// (groups, panels, taps * in_channels / groups, panel width): see GEMM's packing.
  const T* filter = nullptr;

  int64_t in_group() const { return in_channels / groups; }
  int64_t out_group() const { return out_channels / groups; }
  int64_t taps() const { return d.taps() * h.taps() * w.taps(); }
  int64_t depth() const { return taps() * in_group(); }
};

/// All of one shape of output and batch, side by side where their filters are small: phases read and write the same rows.
void run(const std::vector<TapConv<float>>& phases);
void run(const std::vector<TapConv<double>>& phases);

/// Columns of a panel of the packed filter.
int64_t panel_width(const float*);
int64_t panel_width(const double*);

extern template class Band<float>;
extern template class Band<double>;

}  // namespace runnel::inline v0::cpu
