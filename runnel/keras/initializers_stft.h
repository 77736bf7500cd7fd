// keras.initializers.STFT: the kernels of a convolution that computes a short-time Fourier transform.
#pragma once

#include "runnel/keras/initializers.h"

namespace runnel::inline v0::keras {

inline Config to_config(const Config& value) { return value; }
inline void from_config(const Config& config, Config& out) { out = config; }

struct STFTOptions {
  std::string side = "real";    ///< "real" or "imag"
  Config window = "hann";       ///< A name, or its numbers (frame_length); null: none.
  Config scaling = "density";   ///< "density": by the root of the sum of the window's squares; "spectrum": by its sum; null: not at all.
  bool periodic = false;        ///< The window's last number is left out, so that windows follow on each other.

  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("side", s.side);
    v("window", s.window);
    v("scaling", s.scaling);
    v("periodic", s.periodic);
  }
};
/// (frame_length, 1, bands): cos or sin of -2 pi t f, times the window, for the frequencies f from 0 to a half.
struct STFTBody : BodyWith<InitializerBody, STFTOptions> {
  static constexpr const char* kName = "STFT";
  explicit STFTBody(const STFTOptions& options);
  std::string class_name() const override { return kName; }
  Tensor call(const Shape& shape, DType dtype) override;
};

namespace initializers {
using STFT = ObjectOf<STFTBody>;
}

}  // namespace runnel::inline v0::keras
