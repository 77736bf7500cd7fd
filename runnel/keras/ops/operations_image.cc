// The operations of Keras's module keras.src.ops.image.
#include "runnel/keras/ops/image.h"
#include "runnel/keras/ops/operation_call.h"

namespace runnel::inline v0::keras::ops {

namespace {
constexpr Operation kRows[] = {
    {"affine_transform", "AffineTransform", "images* transform* interpolation=\"bilinear\" fill_mode=\"constant\" fill_value=0 data_format=\"\"", call<affine_transform>},
    {"crop_images", "CropImages", "images* top_cropping left_cropping bottom_cropping right_cropping target_height target_width data_format=\"\"", call<crop_images>},
    {"extract_patches", "ExtractPatches", "images* size strides dilation_rate=1 padding=\"valid\" data_format=\"\"", call<extract_patches>},
    {"extract_patches_3d", "ExtractPatches", "volumes size strides dilation_rate=1 padding=\"valid\" data_format=\"\"", call<extract_patches_3d>},
    {"gaussian_blur", "GaussianBlur", "images* kernel_size=[3,3] sigma=[1.0,1.0] data_format=\"\"", call<gaussian_blur>},
    {"hsv_to_rgb", "HSVToRGB", "images* data_format=\"\"", call<hsv_to_rgb>},
    {"map_coordinates", "MapCoordinates", "inputs* coordinates* order fill_mode=\"constant\" fill_value=0", call<map_coordinates>},
    {"pad_images", "PadImages", "images* top_padding left_padding bottom_padding right_padding target_height target_width data_format=\"\"", call<pad_images>},
    {"perspective_transform", "PerspectiveTransform", "images* start_points* end_points* interpolation=\"bilinear\" fill_value=0 data_format=\"\"", call<perspective_transform>},
    {"resize", "Resize", "images* size interpolation=\"bilinear\" antialias=false crop_to_aspect_ratio=false pad_to_aspect_ratio=false fill_mode=\"constant\" fill_value=0.0 data_format=\"\"", call<resize>},
    {"rgb_to_grayscale", "RGBToGrayscale", "images* data_format=\"\"", call<rgb_to_grayscale>},
    {"rgb_to_hsv", "RGBToHSV", "images* data_format=\"\"", call<rgb_to_hsv>},
    {"scale_and_translate", "ScaleAndTranslate", "images* output_shape* scale* translation* spatial_dims method antialias=true", call<scale_and_translate>},
    {"sobel_edges", "SobelEdges", "images* data_format=\"\"", call<sobel_edges>},
    {"ssim", "SSIM", "image1* image2* max_val=1.0 filter_size=11 filter_sigma=1.5 k1=0.01 k2=0.03 data_format=\"\"", call<ssim>},
};
}  // namespace

extern const OperationTable image_operations;
constinit const OperationTable image_operations{"keras.src.ops.image", kRows};

}  // namespace runnel::inline v0::keras::ops
