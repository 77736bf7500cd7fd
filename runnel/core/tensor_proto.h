// Tensors and shapes as TensorFlow's protocol buffers (tensorflow/core/framework/tensor.proto, tensor_shape.proto).
#pragma once

#include "runnel/base/proto.h"
#include "runnel/core/tensor.h"

namespace runnel::inline v0 {

ProtoWriter shape_proto(const PartialShape& shape);
/// Numbers as `tensor_content`, strings one by one; a resource or variant without its value.
ProtoWriter tensor_proto(const Tensor& tensor);
/// From either form. DataLossError where the bytes are no TensorProto, or hold not as many values as the shape says.
Tensor tensor_from_proto(std::string_view bytes);

}  // namespace runnel::inline v0
