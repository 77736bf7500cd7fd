#include "runnel/keras/layers/spatial.h"

#include <algorithm>

#include "runnel/ops/array.h"

namespace runnel::inline v0::keras {

const char* operator_format(int rank, const std::string& data_format) {
  constexpr const char* kLast[] = {"NWC", "NHWC", "NDHWC"};
  constexpr const char* kFirst[] = {"NCW", "NCHW", "NCDHW"};
  return (channels_first(data_format) ? kFirst : kLast)[rank - 1];
}

std::vector<int64_t> spatial_axes(int rank, const std::string& data_format) {
  std::vector<int64_t> axes;
  for (int i = 0; i < rank; ++i) axes.push_back(first_spatial_axis(data_format) + i);
  return axes;
}

std::string tuple_text(const std::vector<int64_t>& values) { return cat("(", join(values), values.size() == 1 ? ",)" : ")"); }

int64_t known_channels(const PartialShape& input_shape, const std::string& data_format) {
  int axis = channel_axis(data_format);
  int64_t channels = input_shape.has_rank() ? input_shape.dim(axis) : PartialShape::kUnknown;
  if (channels >= 0) return channels;
  fail<ValueError>("", cat("The channel dimension of the inputs should be defined. The input_shape received is ", to_text(input_shape),
                           ", where axis ", axis, " is the channel axis, which found to be `None`."));
}

void check_filters(int64_t filters) {
  if (filters <= 0)
    fail<ValueError>("", cat("Invalid value for argument `filters`. Expected a strictly positive value. Received filters=", filters, "."));
}

void check_no_zero(const Tuple& values, const char* name) {
  if (std::find(values.values().begin(), values.values().end(), 0) != values.values().end())
    fail<ValueError>("", cat("The argument `", name, "` cannot contain 0. Received ", name, "=", tuple_text(values.values()), "."));
}

Tensor pad_causal(const Tensor& input, int64_t kernel_size, int64_t dilation_rate, const std::string& data_format) {
  int64_t before = dilation_rate * (kernel_size - 1);
  return channels_first(data_format) ? pad(input, {{0, 0}, {0, 0}, {before, 0}}) : pad(input, {{0, 0}, {before, 0}, {0, 0}});
}

std::string checked_padding_1d(const std::string& padding, int rank) {
  if (rank == 1 && padding == "causal") return padding;
  return checked_padding(padding);
}

}  // namespace runnel::inline v0::keras
