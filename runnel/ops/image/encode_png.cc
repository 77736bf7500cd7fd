// EncodePng: pictures as the bytes of PNG files.
#include "runnel/base/png.h"
#include "runnel/op/op_context.h"
#include "runnel/ops/image.h"

namespace runnel::inline v0 {

namespace {

void png_shape(ShapeContext& c) {
  PartialShape images = c.with_rank_at_least(0, 3);
  if (images.has_rank()) c.set_output(0, PartialShape(Dims(std::span(images.begin(), images.end() - 3))));
}

void png_kernel(OpContext& c) {
  const Tensor& images = c.input(0);
  const int rank = images.rank();
  const int64_t height = images.dim(rank - 3), width = images.dim(rank - 2), channels = images.dim(rank - 1), level = c.int_attr("compression");
  if (images.num_elements() == 0 && c.output().num_elements() == 0) return;
  constexpr int64_t kMost = (int64_t(1) << 31) - 1;
  if (channels < 1 || channels > 4) c.invalid(cat("image must have 1, 2, 3, or 4 channels, got ", channels));
  if (height < 1 || width < 1 || height > kMost || width > kMost / 8)
    c.invalid("the size of an image cannot be written", {.got = to_text(images.shape())});
  if (level < -1 || level > 9) c.invalid(cat("compression should be in [-1,9], got ", level));
  Tensor& out = c.output();
  const int64_t bytes = height * width * channels * images.dtype().size();
  for (int64_t i = 0; i < out.num_elements(); ++i)
    out.mutable_data<std::string>()[i] = encode_png(
        {static_cast<const char*>(images.raw()) + i * bytes, height, width, int(channels), images.dtype() == uint16 ? 16 : 8}, int(level));
}

/// EncodePng: Each image (..., height, width, channels) as the bytes of a PNG file.
constexpr OpDef kOps[] = {
    {.name = "EncodePng", .signature = "image: T -> contents: string", .attrs = "compression: int = -1; T: {uint8, uint16} = uint8",
     .shape = png_shape, .no_gradient = "its output is text", .kernel = png_kernel},
};

}  // namespace
RUNNEL_OPS(image_encode_png, kOps)

Tensor image::encode_png(const Tensor& image, int64_t compression) {
  static const Op& op = get_op("EncodePng");
  return run(op, {image}, {{"compression", compression}});
}

}  // namespace runnel::inline v0
