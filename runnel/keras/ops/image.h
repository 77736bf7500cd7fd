// keras.ops.image. images: (height, width, channels) or a batch of such, the channels first where data_format says so.
// python module: keras.ops.image
#pragma once

#include <string>

#include "runnel/op/operand.h"

namespace runnel::inline v0::keras::ops {

/// Images seen through an affine map of coordinates: pixel (x, y) of the result is taken from (a0 x + a1 y + a2, b0 x + b1 y + b2) / k
/// with k = c0 x + c1 y + 1. transform: (8) or (batch, 8), in the order a, b, c. interpolation: "nearest" or "bilinear";
/// fill_mode outside of the image: "constant", "nearest", "wrap" or "reflect".
/// python: affine_transform
Tensor affine_transform(const Operand& images, const Operand& transform, const std::string& interpolation = "bilinear",
                        const std::string& fill_mode = "constant", const Operand& fill_value = 0, const std::string& data_format = "");
/// Images cut at the sides; of top, bottom and target_height (left, right and target_width) exactly two are given.
/// python: crop_images
Tensor crop_images(const Operand& images, std::optional<int64_t> top_cropping = {}, std::optional<int64_t> left_cropping = {},
                   std::optional<int64_t> bottom_cropping = {}, std::optional<int64_t> right_cropping = {},
                   std::optional<int64_t> target_height = {}, std::optional<int64_t> target_width = {}, const std::string& data_format = "");
/// Windows as vectors: (batch, rows, columns, window size * channels); strides default to the window's size. Three sizes: volumes.
/// python: extract_patches
Tensor extract_patches(const Operand& images, const Axes& size, const Axes& strides = {}, const Axes& dilation_rate = 1,
                       const std::string& padding = "valid", const std::string& data_format = "");
/// The same for volumes.
/// python: extract_patches_3d
Tensor extract_patches_3d(const Operand& volumes, const Axes& size, const Axes& strides = {}, const Axes& dilation_rate = 1,
                          const std::string& padding = "valid", const std::string& data_format = "");
/// Convolution with the bell of a normal distribution. kernel_size, sigma: (height, width).
/// python: gaussian_blur
Tensor gaussian_blur(const Operand& images, const std::vector<int64_t>& kernel_size = {3, 3}, const std::vector<double>& sigma = {1.0, 1.0},
                     const std::string& data_format = "");
/// Hue, saturation, value (all in [0, 1]) as red, green, blue.
/// python: hsv_to_rgb
Tensor hsv_to_rgb(const Operand& images, const std::string& data_format = "");
/// The input's values at fractional coordinates (rank, ...). order: 0 (nearest) or 1 (linear).
/// python: map_coordinates
Tensor map_coordinates(const Operand& inputs, const Operand& coordinates, int64_t order, const std::string& fill_mode = "constant",
                       const Operand& fill_value = 0);
/// Images with zeros around them; of top, bottom and target_height (left, right and target_width) exactly two are given.
/// python: pad_images
Tensor pad_images(const Operand& images, std::optional<int64_t> top_padding = {}, std::optional<int64_t> left_padding = {},
                  std::optional<int64_t> bottom_padding = {}, std::optional<int64_t> right_padding = {},
                  std::optional<int64_t> target_height = {}, std::optional<int64_t> target_width = {}, const std::string& data_format = "");
/// Images such that four start points (4, 2) come to the end points.
/// python: perspective_transform
Tensor perspective_transform(const Operand& images, const Operand& start_points, const Operand& end_points,
                             const std::string& interpolation = "bilinear", const Operand& fill_value = 0, const std::string& data_format = "");
/// Images of another size. interpolation: "bilinear", "nearest", "bicubic", "lanczos3", "lanczos5" or "area".
/// python: resize
Tensor resize(const Operand& images, const std::vector<int64_t>& size, const std::string& interpolation = "bilinear", bool antialias = false,
              bool crop_to_aspect_ratio = false, bool pad_to_aspect_ratio = false, const std::string& fill_mode = "constant",
              double fill_value = 0.0, const std::string& data_format = "");
/// 0.2989 red + 0.587 green + 0.114 blue.
/// python: rgb_to_grayscale
Tensor rgb_to_grayscale(const Operand& images, const std::string& data_format = "");
/// Red, green, blue (in [0, 1]) as hue, saturation, value.
/// python: rgb_to_hsv
Tensor rgb_to_hsv(const Operand& images, const std::string& data_format = "");
/// Axes scaled and moved: output place i lies at (i + 0.5 - translation) / scale - 0.5 of the input. method: "linear", "cubic",
/// "lanczos3" or "lanczos5".
/// python: scale_and_translate
Tensor scale_and_translate(const Operand& images, const std::vector<int64_t>& output_shape, const Operand& scale, const Operand& translation,
                           const std::vector<int64_t>& spatial_dims, const std::string& method, bool antialias = true);
/// Vertical and horizontal edges, along a new last axis.
/// python: sobel_edges
Tensor sobel_edges(const Operand& images, const std::string& data_format = "");
/// The structural similarity of two images (Wang et al., 2004), one number an image.
/// python: ssim
Tensor ssim(const Operand& image1, const Operand& image2, double max_val = 1.0, int64_t filter_size = 11, double filter_sigma = 1.5,
            double k1 = 0.01, double k2 = 0.03, const std::string& data_format = "");

/// Images whose pixels are moved by noise of the pair `seed`, smoothed over sigma and multiplied with alpha.
/// python: _elastic_transform
Tensor elastic_transform(const Operand& images, double alpha, double sigma, const std::string& interpolation, const std::string& fill_mode,
                         double fill_value, const Tensor& seed, const std::string& data_format = "");

}  // namespace runnel::inline v0::keras::ops
