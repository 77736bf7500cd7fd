#include "runnel/interop/hdf5/storage.h"

#include "runnel/base/error.h"
#include "runnel/interop/hdf5/chunks.h"

namespace runnel::inline v0::hdf5 {

namespace {

constexpr int kMaxRank = 32, kMaxFilters = 32;

// Version 3 counts the element's bytes as one more dimension; the tree of version 1 finds the chunks.
void read_chunked_v3(Cursor& cursor, Storage& out) {
  int rank = cursor.u8() - 1;
  if (rank < 0 || rank > kMaxRank) damaged("a layout has a wrong rank");
  out.address = cursor.offset();
  for (int i = 0; i < rank; ++i) out.chunk.push_back(cursor.u32());
}

void read_chunked_v4(Cursor& cursor, Storage& out) {
  int flags = cursor.u8(), rank = cursor.u8() - 1, bytes = cursor.u8();
  if (rank < 0 || rank > kMaxRank || bytes < 1 || bytes > 8) damaged("a layout has a wrong rank");
  for (int i = 0; i < rank; ++i) out.chunk.push_back(cursor.number(bytes));
  cursor.skip(uint64_t(bytes));
  int index = cursor.u8();
  out.index = Storage::Index(index);
  if (index == Storage::kSingle && (flags & 2)) {
    out.size = cursor.length();
    out.single_mask = cursor.u32();
  } else if (index == Storage::kFixedArray) {
    cursor.skip(1);  // bits of a page; the array says it again
  } else if (index != Storage::kSingle && index != Storage::kImplicit) {
    unsupported("a dataset that can grow, in the newest format,");
  }
  out.address = cursor.offset();
}

void read_layout(Cursor cursor, Storage& out) {
  int version = cursor.u8(), kind = cursor.u8();
  if (version < 3) unsupported("a dataset written before HDF5 1.6.3");
  if (version > 4) damaged("a layout has an unknown version");
  if (kind > Storage::kChunked) unsupported("a virtual dataset");
  out.kind = Storage::Kind(kind);
  if (kind == Storage::kCompact) {
    uint16_t size = cursor.u16();
    out.compact = cursor.bytes(size);
  } else if (kind == Storage::kContiguous) {
    out.address = cursor.offset();
    out.size = cursor.length();
  } else {
    version == 3 ? read_chunked_v3(cursor, out) : read_chunked_v4(cursor, out);
  }
}

std::vector<Filter> read_filters(Cursor cursor) {
  int version = cursor.u8(), count = cursor.u8();
  if (version < 1 || version > 2 || count > kMaxFilters) damaged("a list of filters has an unknown version");
  if (version == 1) cursor.skip(6);
  std::vector<Filter> out;
  for (int i = 0; i < count; ++i) {
    int id = cursor.u16();
    int name = version == 1 || id >= 256 ? cursor.u16() : 0;
    cursor.skip(2);
    int values = cursor.u16();
    cursor.skip(uint64_t(version == 1 ? (name + 7) / 8 * 8 : name));
    cursor.skip(4 * uint64_t(values));
    if (version == 1 && values % 2) cursor.skip(4);
    if (id != Filter::kDeflate && id != Filter::kShuffle && id != Filter::kFletcher32) unsupported(cat("a dataset with the filter ", id));
    out.push_back({id});
  }
  return out;
}

std::string_view read_fill(Cursor cursor) {
  int version = cursor.u8();
  if (version < 1 || version > 3) damaged("a fill value has an unknown version");
  bool defined;
  if (version == 3) {
    defined = cursor.u8() & 0x20;
  } else {
    cursor.skip(2);
    defined = cursor.u8();
    if (version == 1) defined = true;
  }
  if (!defined) return {};
  uint32_t size = cursor.u32();
  return cursor.bytes(size);
}

}  // namespace

Storage read_storage(const Source& source, const std::vector<Message>& messages) {
  Storage out;
  bool found = false;
  for (const Message& m : messages) {
    if (m.type == kLayout) {
      read_layout(source.cursor(m.body), out);
      found = true;
    }
    if (m.type == kFilters) out.filters = read_filters(source.cursor(m.body));
    if (m.type == kFillValue) out.fill = read_fill(source.cursor(m.body));
  }
  if (!found) damaged("a dataset has no layout");
  return out;
}

std::string read_elements(Source& source, const Storage& storage, const Shape& shape, uint32_t element) {
  uint64_t size = checked_product(uint64_t(shape.num_elements()), element);
  if (size == 0) return "";
  source.check_size(size);
  if (storage.kind == Storage::kChunked) return read_chunks(source, storage, shape, element);
  if (storage.kind == Storage::kContiguous && storage.address == kUndefined) return filled(storage, size, element);
  std::string_view all = storage.kind == Storage::kCompact ? storage.compact : source.slice(storage.address, storage.size);
  if (all.size() < size) damaged("a dataset is shorter than its shape says");
  return std::string(all.substr(0, size));
}

}  // namespace runnel::inline v0::hdf5
