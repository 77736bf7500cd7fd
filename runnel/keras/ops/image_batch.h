// One image or a batch of them, channels first or last: computed as a batch with the channels last.
#pragma once

#include <string>

#include "runnel/op/operand.h"

namespace runnel::inline v0::keras::ops {

class ImageBatch {
 public:
  /// ValueError where `images` has not `rank` axes (a batch), or one less.
  ImageBatch(const Tensor& images, const std::string& data_format, int rank = 4);
  /// (batch, height, width, channels)
  const Tensor& tensor() const { return tensor_; }
  /// A result in the form that the input had.
  Tensor restored(Tensor result) const;
  /// One number an image: without the batch where there was none.
  Tensor per_image(const Tensor& result) const;

 private:
  Tensor tensor_;
  bool single_ = false, channels_first_ = false;
};

}  // namespace runnel::inline v0::keras::ops
