#include "runnel/interop/hdf5/chunks.h"

#include <algorithm>
#include <cstring>

#include "runnel/base/compress.h"
#include "runnel/interop/hdf5/btree.h"

namespace runnel::inline v0::hdf5 {

namespace {

/// How a dataset is cut into chunks.
struct Grid {
  std::vector<uint64_t> shape, chunk;
  uint32_t element;
  uint64_t chunk_bytes;
  uint64_t count;  // of chunks

  std::vector<uint64_t> position(uint64_t index) const {
    std::vector<uint64_t> at(shape.size());
    for (size_t i = shape.size(); i-- > 0;) {
      uint64_t along = (shape[i] + chunk[i] - 1) / chunk[i];
      at[i] = index % along * chunk[i];
      index /= along;
    }
    return at;
  }
};

Grid make_grid(const Source& source, const Storage& storage, const Shape& shape, uint32_t element) {
  Grid grid{.shape = {shape.begin(), shape.end()}, .chunk = storage.chunk, .element = element, .chunk_bytes = element, .count = 1};
  if (grid.chunk.size() != grid.shape.size()) damaged("a dataset's chunks have another rank");
  for (size_t i = 0; i < grid.shape.size(); ++i) {
    if (grid.chunk[i] == 0) damaged("a chunk has no elements");
    grid.chunk_bytes = checked_product(grid.chunk_bytes, grid.chunk[i]);
    grid.count = checked_product(grid.count, (grid.shape[i] - 1) / grid.chunk[i] + 1);
  }
  source.check_size(checked_product(grid.chunk_bytes, grid.count));
  return grid;
}

// A fixed array ("FAHD", "FADB"): one entry a chunk, in row-major order.
std::vector<Chunk> read_fixed_array(Source& source, const Storage& storage, const Grid& grid) {
  Cursor head = source.at(storage.address);
  head.expect("FAHD");
  head.skip(1);
  bool filtered = head.u8() == 1;
  int entry = head.u8(), page_bits = head.u8();
  uint64_t entries = head.length();
  Cursor data = source.at(head.offset());
  if (page_bits < 63 && entries > uint64_t(1) << page_bits) unsupported("a dataset of very many chunks, in the newest format,");
  int size_bytes = entry - source.sizes.offset - 4;
  if (entries != grid.count || (filtered && (size_bytes < 1 || size_bytes > 8))) damaged("an array of chunks has a wrong size");
  data.expect("FADB");
  data.skip(2 + uint64_t(source.sizes.offset));
  std::vector<Chunk> out;
  for (uint64_t i = 0; i < entries; ++i) {
    Chunk chunk{.at = grid.position(i), .address = data.offset(), .size = 0, .filter_mask = 0};
    uint64_t size = filtered ? data.number(size_bytes) : grid.chunk_bytes;
    chunk.filter_mask = filtered ? data.u32() : 0;
    if (size >> 32) damaged("a chunk has a wrong size");
    chunk.size = uint32_t(size);
    if (chunk.address != kUndefined) out.push_back(std::move(chunk));
  }
  return out;
}

std::vector<Chunk> find_chunks(Source& source, const Storage& storage, const Grid& grid) {
  if (storage.address == kUndefined) return {};
  if (storage.index == Storage::kTree) return read_chunk_tree(source, storage.address, int(grid.shape.size()));
  if (storage.index == Storage::kFixedArray) return read_fixed_array(source, storage, grid);
  if (grid.chunk_bytes >> 32) damaged("a chunk has a wrong size");
  if (storage.index == Storage::kSingle) {
    uint64_t size = storage.filters.empty() ? grid.chunk_bytes : storage.size;
    if (size >> 32) damaged("a chunk has a wrong size");
    return {{grid.position(0), storage.address, uint32_t(size), storage.single_mask}};
  }
  source.slice(storage.address, checked_product(grid.count, grid.chunk_bytes));  // they are all there
  std::vector<Chunk> out;
  for (uint64_t i = 0; i < grid.count; ++i) out.push_back({grid.position(i), storage.address + i * grid.chunk_bytes, uint32_t(grid.chunk_bytes), 0});
  return out;
}

// Byte b of element i lies at b * n + i.
std::string unshuffled(const std::string& bytes, uint32_t element) {
  std::string out(bytes);
  size_t n = bytes.size() / element;
  for (size_t i = 0; i < n; ++i)
    for (size_t b = 0; b < element; ++b) out[i * element + b] = bytes[b * n + i];
  return out;
}

std::string decode(const Source& source, const Storage& storage, const Grid& grid, const Chunk& chunk) {
  std::string bytes(source.slice(chunk.address, chunk.size));
  for (size_t i = storage.filters.size(); i-- > 0;) {
    if (i < 32 && chunk.filter_mask >> i & 1) continue;
    int id = storage.filters[i].id;
    if (id == Filter::kDeflate) bytes = decompress(bytes, "a chunk of the HDF5 file", grid.chunk_bytes + 4);
    if (id == Filter::kShuffle) bytes = unshuffled(bytes, grid.element);
    if (id == Filter::kFletcher32) bytes.resize(bytes.size() - std::min<size_t>(4, bytes.size()));
  }
  if (bytes.size() != grid.chunk_bytes) damaged("a chunk has a wrong size");
  return bytes;
}

// Copies the part of a chunk that lies inside of the dataset, row by row of the last axis.
void place(const Grid& grid, const Chunk& chunk, const std::string& bytes, std::string& out) {
  size_t rank = grid.shape.size();
  for (size_t i = 0; i < rank; ++i)
    if (chunk.at[i] >= grid.shape[i]) return;
  std::vector<uint64_t> within(rank, 0);
  uint64_t row = std::min(grid.chunk[rank - 1], grid.shape[rank - 1] - chunk.at[rank - 1]) * grid.element;
  while (true) {
    uint64_t from = 0, to = 0;
    for (size_t i = 0; i < rank; ++i) {
      from = from * grid.chunk[i] + within[i];
      to = to * grid.shape[i] + chunk.at[i] + within[i];
    }
    std::memcpy(out.data() + to * grid.element, bytes.data() + from * grid.element, row);
    size_t axis = rank - 1;
    while (axis-- > 0) {
      if (++within[axis] < std::min(grid.chunk[axis], grid.shape[axis] - chunk.at[axis])) break;
      within[axis] = 0;
    }
    if (axis == size_t(-1)) return;
  }
}

}  // namespace

std::string filled(const Storage& storage, uint64_t size, uint32_t element) {
  std::string out(size, '\0');
  if (storage.fill.size() == element)
    for (uint64_t i = 0; i < size; i += element) std::memcpy(out.data() + i, storage.fill.data(), element);
  return out;
}

std::string read_chunks(Source& source, const Storage& storage, const Shape& shape, uint32_t element) {
  if (shape.rank() == 0) unsupported("a scalar in chunks");
  Grid grid = make_grid(source, storage, shape, element);
  std::string out = filled(storage, uint64_t(shape.num_elements()) * element, element);
  std::vector<Chunk> chunks = find_chunks(source, storage, grid);
  if (chunks.size() > grid.count) damaged("a dataset has too many chunks");
  for (const Chunk& chunk : chunks) place(grid, chunk, decode(source, storage, grid, chunk), out);
  return out;
}

}  // namespace runnel::inline v0::hdf5
