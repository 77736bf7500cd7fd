// Chunked datasets: pieces of a fixed shape, each stored on its own after shuffle, deflate and checksum filters.
#pragma once

#include "runnel/interop/hdf5/storage.h"

namespace runnel::inline v0::hdf5 {

std::string read_chunks(Source& source, const Storage& storage, const Shape& shape, uint32_t element);
/// `size` bytes of the fill value.
std::string filled(const Storage& storage, uint64_t size, uint32_t element);

}  // namespace runnel::inline v0::hdf5
