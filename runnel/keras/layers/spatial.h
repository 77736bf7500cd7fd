// What layers over one, two or three spatial axes have in common.
#pragma once

#include "runnel/keras/layers/base_fields.h"

namespace runnel::inline v0::keras {

/// "NWC", "NCHW", ...: the operators' name of a data format.
const char* operator_format(int rank, const std::string& data_format);
/// The axis of the channels: 1 or -1.
inline int channel_axis(const std::string& data_format) { return channels_first(data_format) ? 1 : -1; }
/// Axis of the first spatial dimension: 2 or 1.
inline int first_spatial_axis(const std::string& data_format) { return channels_first(data_format) ? 2 : 1; }
/// All spatial axes.
std::vector<int64_t> spatial_axes(int rank, const std::string& data_format);

/// "(2, 3)", "(2,)": as Python prints a tuple.
std::string tuple_text(const std::vector<int64_t>& values);

/// The number of channels of the inputs; ValueError where it is not known.
int64_t known_channels(const PartialShape& input_shape, const std::string& data_format);
/// ValueErrors of Keras's for the arguments of convolutions.
void check_filters(int64_t filters);
void check_no_zero(const Tuple& values, const char* name);
/// One zero before each row of the only spatial axis for every step that the kernel would look ahead.
Tensor pad_causal(const Tensor& input, int64_t kernel_size, int64_t dilation_rate, const std::string& data_format);
/// "valid", "same", or "causal" where it is allowed.
std::string checked_padding_1d(const std::string& padding, int rank);

}  // namespace runnel::inline v0::keras
