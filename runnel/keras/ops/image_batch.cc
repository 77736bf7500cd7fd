#include "runnel/keras/ops/image_batch.h"

#include "runnel/base/error.h"
#include "runnel/keras/ops/axes.h"
#include "runnel/keras/ops/data_format.h"
#include "runnel/ops/array.h"

namespace tf = runnel;

namespace runnel::inline v0::keras::ops {

ImageBatch::ImageBatch(const Tensor& images, const std::string& data_format, int rank)
    : tensor_(images), channels_first_(data_format == "channels_first") {
  int given = rank_of(images, "image");
  if (given != rank && given != rank - 1)
    fail<ValueError>("", cat("Invalid images rank: expected rank ", rank - 1, " (single image) or rank ", rank,
                             " (batch of images). Received input with shape: images.shape=", to_text(images.partial_shape())));
  single_ = given == rank - 1;
  if (single_) tensor_ = tf::expand_dims(tensor_, 0);
  tensor_ = ChannelsLast(tensor_, data_format).tensor();
}

Tensor ImageBatch::restored(Tensor result) const {
  if (channels_first_) {
    int rank = rank_of(result, "image");
    Dims order{0, rank - 1};
    for (int i = 1; i < rank - 1; ++i) order.push_back(i);
    result = tf::transpose(result, order);
  }
  return single_ ? tf::squeeze(result, 0) : result;
}

Tensor ImageBatch::per_image(const Tensor& result) const { return single_ ? tf::squeeze(result, 0) : result; }

}  // namespace runnel::inline v0::keras::ops
