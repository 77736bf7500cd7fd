// From stored elements to tensors.
#pragma once

#include "runnel/interop/hdf5/datatype.h"
#include "runnel/interop/hdf5/heaps.h"

namespace runnel::inline v0::hdf5 {

/// The shape of the tensor: opaque elements add an axis.
Shape tensor_shape(const Datatype& type, const Shape& shape);

/// `bytes` holds at least as many elements as the shape has.
Tensor make_tensor(Source& source, GlobalHeaps& heaps, const Datatype& type, const Shape& shape, std::string_view bytes);

}  // namespace runnel::inline v0::hdf5
