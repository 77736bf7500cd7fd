// tf.image.
#pragma once

#include "runnel/op/operand.h"

namespace runnel::inline v0 {

/// The windows of volumes (batch, depth, rows, columns, channels), each as one vector:
/// (batch, out_depth, out_rows, out_columns, window size * channels). ksizes and strides: {1, depth, rows, columns, 1}.
/// padding: "VALID" or "SAME" (filled with zeros).
/// python: extract_volume_patches
Tensor extract_volume_patches(const Tensor& input, const std::vector<int64_t>& ksizes, const std::vector<int64_t>& strides, const std::string& padding);

namespace image {

/// The windows of images (batch, rows, columns, channels), each as one vector: (batch, out_rows, out_columns, window size * channels).
/// sizes, strides and rates (the distance of a window's pixels): {1, rows, columns, 1}. padding: "VALID" or "SAME" (zeros).
/// python: image.extract_patches
Tensor extract_patches(const Tensor& images, const std::vector<int64_t>& sizes, const std::vector<int64_t>& strides,
                       const std::vector<int64_t>& rates, const std::string& padding);

/// Images (..., height, width, channels) of uint8 or uint16 with 1 to 4 channels, each as the bytes of a PNG file: (...) of strings.
/// compression: 0 (none) to 9; -1: zlib's default. InvalidArgumentError for another number of channels.
/// python: image.encode_png, io.encode_png
Tensor encode_png(const Tensor& image, int64_t compression = -1);

}  // namespace image
}  // namespace runnel::inline v0
