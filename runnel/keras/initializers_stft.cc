#include "runnel/keras/initializers_stft.h"

#include <cmath>
#include <numbers>

#include "runnel/base/error.h"
#include "runnel/ops/array.h"
#include "runnel/ops/math.h"

namespace runnel::inline v0::keras {

namespace {

/// Windows that are sums of cosines, as scipy.signal.get_window() names them.
struct CosineWindow {
  const char* name;
  std::vector<double> terms;
};
const CosineWindow* find_window(const std::string& name) {
  static const auto& known = *new std::vector<CosineWindow>{
      {"boxcar", {1}},
      {"hann", {0.5, 0.5}},
      {"hamming", {0.54, 0.46}},
      {"blackman", {0.42, 0.5, 0.08}},
      {"nuttall", {0.3635819, 0.4891775, 0.1365995, 0.0106411}},
      {"blackmanharris", {0.35875, 0.48829, 0.14128, 0.01168}},
      {"flattop", {0.21557895, 0.41663158, 0.277263158, 0.083578947, 0.006947368}},
  };
  for (const CosineWindow& window : known)
    if (name == window.name) return &window;
  return nullptr;
}

std::vector<double> cosine_window(const CosineWindow& window, int64_t length, bool periodic) {
  std::vector<double> out;
  const double period = double(periodic ? length : length - 1);
  for (int64_t t = 0; t < length; ++t) {
    double value = 0, sign = 1;
    for (size_t k = 0; k < window.terms.size(); ++k, sign = -sign)
      value += sign * window.terms[k] * std::cos(length == 1 ? 0 : 2 * std::numbers::pi * double(k) * double(t) / period);
    out.push_back(length == 1 ? 1 : value);
  }
  return out;
}

std::vector<double> window_of(const STFTOptions& o, int64_t length) {
  if (o.window.is_null()) return std::vector<double>(size_t(length), 1.0);
  if (o.window.is_string()) return cosine_window(*find_window(o.window.as_string()), length, o.periodic);
  std::vector<double> given;
  from_config(o.window, given);
  if (int64_t(given.size()) != length)
    fail<ValueError>("", "The shape of `window` must be equal to [frame_length].", {.got = cat("window shape=(", given.size(), ")"), .expected = cat("(", length, ")")});
  return given;
}

double scale_of(const STFTOptions& o, const std::vector<double>& window) {
  if (o.window.is_null() || o.scaling.is_null()) return 1;
  const bool density = o.scaling == Config("density");
  double sum = 0;
  for (double x : window) sum += density ? x * x : std::fabs(x);
  return density ? std::sqrt(sum) : sum;
}

}  // namespace

STFTBody::STFTBody(const STFTOptions& o) : BodyWith(o) {
  if (o.side != "real" && o.side != "imag") fail<ValueError>("", cat("side should be 'real' or 'imag', not ", o.side));
  if (o.window.is_string() && !find_window(o.window.as_string())) fail<ValueError>("", cat("Unknown window type: ", o.window.as_string()));
  if (!o.scaling.is_null() && o.scaling != Config("density") && o.scaling != Config("spectrum"))
    fail<ValueError>("", cat("Scaling is invalid, it must be `None`, 'density' or 'spectrum'. Received scaling=", o.scaling.to_json()));
}

Tensor STFTBody::call(const Shape& shape, DType dtype) {
  if (shape.rank() != 3) fail<ValueError>("STFT", "a shape (frame_length, 1, bands) is needed", {.got = to_text(shape)});
  const int64_t length = shape[0], channels = shape[1], bands = shape[2];
  const std::vector<double> window = window_of(options_, length);
  const double scale = scale_of(options_, window);
  Tensor kernel(float64, {length, 1, bands});
  double* to = kernel.mutable_data<double>();
  for (int64_t t = 0; t < length; ++t)
    for (int64_t band = 0; band < bands; ++band) {
      const double angle = -2 * std::numbers::pi * double(t) * double(band) / double((bands - 1) * 2);
      *to++ = (options_.side == "real" ? std::cos(angle) : std::sin(angle)) * window[size_t(t)] / scale;
    }
  if (channels != 1) fail<ValueError>("STFT", "the kernels are for one channel", {.got = to_text(shape)});
  return cast(kernel, dtype ? dtype : float32);
}

RUNNEL_KERAS_CLASS(initializers, STFT, STFTBody)

}  // namespace runnel::inline v0::keras
