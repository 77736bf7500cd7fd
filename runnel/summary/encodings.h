// The tensors that TensorBoard's plugins take.
#pragma once

#include "runnel/core/tensor.h"

namespace runnel::inline v0::summary {

/// (buckets, 3): left edge, right edge, number of values; all in the last bucket where there is one value only, zeros without any.
Tensor histogram_buckets(const Tensor& data, const Tensor& count);
/// Images (k, height, width, channels): the width, the height, and at most `max_outputs` PNG files, as strings.
Tensor encoded_images(const Tensor& images, const Tensor& max_outputs);
/// Clips (k, frames, channels): at most `max_outputs` WAV files, each beside an empty label.
Tensor encoded_clips(const Tensor& clips, const Tensor& sample_rate, const Tensor& max_outputs);

}  // namespace runnel::inline v0::summary
