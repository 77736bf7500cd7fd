// B-trees of version 1: the members of a group, the chunks of a dataset.
#pragma once

#include <functional>
#include <vector>

#include "runnel/interop/hdf5/source.h"

namespace runnel::inline v0::hdf5 {

struct Link {
  std::string name;
  uint64_t address;  ///< Of the object's header.
};

/// The members of a group whose message names this tree and this local heap. Soft links are left out.
std::vector<Link> read_symbol_table(Source& source, uint64_t tree, uint64_t heap);

struct Chunk {
  std::vector<uint64_t> at;  ///< Of its first element, in each dimension.
  uint64_t address;
  uint32_t size;         ///< Stored bytes.
  uint32_t filter_mask;  ///< Bit i: filter i was left out.
};

/// The chunks of a dataset of this rank.
std::vector<Chunk> read_chunk_tree(Source& source, uint64_t tree, int rank);

}  // namespace runnel::inline v0::hdf5
