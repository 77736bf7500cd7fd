// What the layers' options and bodies have in common.
#pragma once

#include <type_traits>

#include "runnel/keras/activations.h"
#include "runnel/keras/layer.h"

namespace runnel::inline v0::keras {

/// An argument of Keras's that is known by name, and not supported: a config may hold it as null or false.
struct Unsupported {};
void from_config(const Config& config, Unsupported& out);
inline Config to_config(const Unsupported&) { return {}; }

/// Lists name, trainable and dtype; and input_shape, which is taken but not saved (the model saves it).
template <class S, class V>
void base_fields(S& s, V&& v) {
  v("name", s.name);
  v("trainable", s.trainable);
  v("dtype", s.dtype);
  if constexpr (requires { s.input_shape; } && !std::is_const_v<S>) v("input_shape", s.input_shape);
}
/// Lists arguments that are taken in configs written by Keras only.
template <class S, class V, class... Names>
void unsupported_fields(S&, V&& v, Names... names) {
  if constexpr (!std::is_const_v<S>) {
    Unsupported none;
    (v(names, none), ...);
  }
}

/// An argument of Keras's that means nothing here, whatever it is ("use_cudnn").
struct Ignored {};
inline void from_config(const Config&, Ignored&) {}
inline Config to_config(const Ignored&) { return {}; }
/// The config without an argument that stands in the signature only.
Config without(const Config& config, std::string_view name);
template <class S, class V, class... Names>
void ignored_fields(S&, V&& v, Names... names) {
  if constexpr (!std::is_const_v<S>) {
    Ignored none;
    (v(names, none), ...);
  }
}

/// A weight in the dtype that the layer computes with.
Tensor computed(const LayerBody& layer, const Variable& weight);
/// ValueErrors of Keras's InputSpec.
void check_min_rank(const LayerBody& layer, const PartialShape& shape, int min_rank);
void check_rank(const LayerBody& layer, const PartialShape& shape, int rank);
void check_axis(const LayerBody& layer, const PartialShape& shape, int axis, int64_t size);

/// "" and null become "channels_last"; ValueError for another word than Keras's two.
std::string checked_data_format(const std::string& data_format);
inline bool channels_first(const std::string& data_format) { return data_format == "channels_first"; }
/// "NHWC" or "NCHW".
inline const char* format_2d(const std::string& data_format) { return channels_first(data_format) ? "NCHW" : "NHWC"; }
/// "valid" or "same", in lower case; ValueError for others.
std::string checked_padding(const std::string& padding);
/// "VALID" or "SAME", as operators take it.
inline const char* operator_padding(const std::string& padding) { return padding == "same" ? "SAME" : "VALID"; }

}  // namespace runnel::inline v0::keras
