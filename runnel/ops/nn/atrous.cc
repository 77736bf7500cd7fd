#include "runnel/ops/atrous.h"

#include "runnel/base/error.h"
#include "runnel/ops/nn.h"

namespace runnel::inline v0::nn {

Tensor atrous_conv2d_transpose(const Tensor& value, const Tensor& filters, const Ints& output_shape, int64_t rate, const std::string& padding) {
  if (rate < 1) fail<ValueError>("", cat("`rate` cannot be less than one. Received: rate=", rate));
  return conv2d_transpose(value, filters, output_shape, {1}, Tensor::scalar(padding), "NHWC", {rate});
}

}  // namespace runnel::inline v0::nn
