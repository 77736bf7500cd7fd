// Channels-first images, computed with their channels last.
#pragma once

#include <string>

#include "runnel/core/tensor.h"
#include "runnel/op/operand.h"

namespace runnel::inline v0::keras::ops {

/// A batch of images (batch, space..., channels) with its channels last, and the way back.
class ChannelsLast {
 public:
  /// data_format: "channels_last", "channels_first", or "" for the first. ValueError for others.
  ChannelsLast(const Tensor& x, const std::string& data_format);
  const Tensor& tensor() const { return tensor_; }
  /// A result in the format that the input had.
  Tensor restored(const Tensor& result) const;

 private:
  Tensor tensor_;
  bool first_ = false;
};

/// The sizes of a shape, each an int32 scalar: numbers where all are known.
Ints joined_sizes(const std::vector<Tensor>& sizes);

}  // namespace runnel::inline v0::keras::ops
