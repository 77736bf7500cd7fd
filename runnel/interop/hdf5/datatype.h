// Datatypes and dataspaces: how the elements of an array are stored, and how many there are.
#pragma once

#include "runnel/core/dtype.h"
#include "runnel/core/shape.h"
#include "runnel/interop/hdf5/hdf5.h"
#include "runnel/interop/hdf5/source.h"

namespace runnel::inline v0::hdf5 {

struct Datatype {
  enum Kind { kNumber, kFixedString, kVariableString, kOpaque };
  Kind kind = kNumber;
  DType dtype{};     ///< Of the tensor that it is read into (uint8 for opaque bytes).
  uint32_t size = 0;  ///< Bytes of an element in the file.
  bool big_endian = false;
  bool space_padded = false;  ///< Fixed strings: padded with spaces, else with zeros.
};

/// Reads a datatype message. `depth` bounds the nesting.
Datatype read_datatype(Cursor& cursor, int depth = 0);
/// Reads a dataspace message; an empty ("null") space has the shape (0,).
Shape read_dataspace(Cursor& cursor);

/// The messages for a tensor. ValueError for a dtype that HDF5 cannot hold.
std::string datatype_message(DType dtype, Charset charset);
std::string dataspace_message(const Shape& shape);

/// Bytes of one element in a file that we write.
int stored_size(DType dtype);

}  // namespace runnel::inline v0::hdf5
