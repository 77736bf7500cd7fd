// Where the elements of a dataset lie: in its header, in one piece, or in chunks that went through filters.
#pragma once

#include <vector>

#include "runnel/core/shape.h"
#include "runnel/interop/hdf5/object_header.h"

namespace runnel::inline v0::hdf5 {

struct Filter {
  enum Id { kDeflate = 1, kShuffle = 2, kFletcher32 = 3 };
  int id;
};

struct Storage {
  enum Kind { kCompact = 0, kContiguous = 1, kChunked = 2 };
  /// How the chunks are found: the tree of version 1, or what later libraries write.
  enum Index { kTree = 0, kSingle = 1, kImplicit = 2, kFixedArray = 3 };
  Kind kind = kContiguous;
  std::string_view compact{};  ///< kCompact: the elements.
  uint64_t address = kUndefined, size = 0;
  Index index = kTree;
  std::vector<uint64_t> chunk{};  ///< Elements of a chunk in each dimension.
  uint32_t single_mask = 0;       ///< kSingle: its filter mask, with `size` its stored bytes.
  std::vector<Filter> filters{};
  std::string_view fill{};  ///< The bytes of an element where no chunk was written; empty: zeros.
};

/// From the messages kLayout, kFilters and kFillValue of a dataset's header.
Storage read_storage(const Source& source, const std::vector<Message>& messages);

/// Its elements as stored, row-major. `element` is the size of one in the file.
std::string read_elements(Source& source, const Storage& storage, const Shape& shape, uint32_t element);

}  // namespace runnel::inline v0::hdf5
