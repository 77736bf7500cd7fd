// keras.layers.STFTSpectrogram
#pragma once

#include "runnel/keras/initializers_stft.h"
#include "runnel/keras/layers/base_fields.h"

namespace runnel::inline v0::keras {

struct STFTSpectrogramOptions {
  std::string mode = "log";               ///< "log", "magnitude", "psd", "real", "imag", "angle" or "stft" (real, then imaginary parts).
  Int frame_length = 256;                 ///< Of a window, in samples.
  std::optional<int64_t> frame_step{};    ///< Between windows; default: half a window.
  std::optional<int64_t> fft_length{};    ///< Default: the next power of two from frame_length.
  Config window = "hann";                 ///< A name, its numbers (frame_length), or null.
  bool periodic = false;
  Config scaling = "density";             ///< "density", "spectrum" or null; see initializers::STFT.
  std::string padding = "valid";
  bool expand_dims = false;               ///< Images (batch, time, bands, channels) in place of (batch, time, channels * bands).
  std::string data_format{};
  std::string name{};
  bool trainable = true;
  DTypePolicy dtype{};
  ShapeOption input_shape{};

  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("mode", s.mode);
    v("frame_length", s.frame_length);
    v("frame_step", s.frame_step);
    v("fft_length", s.fft_length);
    v("window", s.window);
    v("periodic", s.periodic);
    v("scaling", s.scaling);
    v("padding", s.padding);
    v("expand_dims", s.expand_dims);
    v("data_format", s.data_format);
    base_fields(s, v);
  }
};

/// The short-time Fourier transform of each channel of (batch, time, channels), by convolutions whose kernels can be trained:
/// fft_length / 2 + 1 bands. With `channels_first` the channels stand after the batch, before and after.
class STFTSpectrogramBody : public LayerWith<STFTSpectrogramOptions> {
 public:
  static constexpr const char* kName = "STFTSpectrogram";
  explicit STFTSpectrogramBody(const STFTSpectrogramOptions& options);
  std::string class_name() const override { return kName; }
  void build(const PartialShape& input_shape) override;
  Tensor call(const Tensor& input, const CallArgs& args) override;

 private:
  int64_t frame_step() const { return options_.frame_step.value_or(options_.frame_length / 2); }
  int64_t fft_length() const;
  Tensor transformed(const Tensor& signals, const Variable& kernel) const;
  Tensor arranged(const Tensor& bands, const Tensor& input) const;

  Variable real_kernel_, imag_kernel_;
};

namespace layers {
using STFTSpectrogram = LayerOf<STFTSpectrogramBody>;
}

}  // namespace runnel::inline v0::keras
