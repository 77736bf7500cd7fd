// From the superblock down the groups.
#include "runnel/base/error.h"
#include "runnel/interop/hdf5/btree.h"
#include "runnel/interop/hdf5/storage.h"
#include "runnel/interop/hdf5/value.h"

namespace runnel::inline v0::hdf5 {

namespace {

constexpr std::string_view kSignature("\x89HDF\r\n\x1a\n", 8);
constexpr int kMaxDepth = 256;
constexpr const char* kBfloat16Note = "dtype";

/// A file that is open; datasets share it.
struct File : RefCounted {
  explicit File(std::string bytes) : source(std::move(bytes)), heaps(source) {}
  Source source;
  GlobalHeaps heaps;
};

// The superblock stands at 0, or after a user's block at 512, 1024, 2048, ...
uint64_t find_superblock(const Source& source) {
  for (uint64_t at = 0; at + 8 <= source.size(); at = at == 0 ? 512 : 2 * at)
    if (source.slice(at, 8) == kSignature) return at;
  fail<errors::DataLossError>("HDF5", "this is no HDF5 file: the signature is missing");
}

void read_number_sizes(Cursor& cursor, NumberSizes& sizes) {
  sizes = {cursor.u8(), cursor.u8()};
  for (int size : {sizes.offset, sizes.length})
    if (size != 2 && size != 4 && size != 8) damaged("the superblock has a wrong size of numbers");
}

/// Reads the superblock; gives the address of the root group's object header.
uint64_t read_superblock(Source& source) {
  uint64_t start = find_superblock(source);
  Cursor cursor = source.at(start);
  cursor.skip(8);
  int version = cursor.u8();
  if (version > 3) unsupported(cat("an HDF5 file with a superblock of version ", version));
  if (version < 2) cursor.skip(4);
  read_number_sizes(cursor, source.sizes);
  cursor.skip(version < 2 ? 1 + 2 + 2 + 4 : 1);
  if (version == 1) cursor.skip(4);
  Cursor addresses = source.at(start + cursor.position());
  source.base = addresses.offset();
  addresses.offset();  // free space or extension
  uint64_t end = addresses.offset();
  if (end != kUndefined && end > source.size()) damaged("it is cut short");
  if (version < 2) {
    addresses.offset();  // driver
    addresses.offset();  // the root's name
  }
  return addresses.offset();
}

Attribute read_attribute(File& file, std::string_view body) {
  Source& source = file.source;
  Cursor cursor = source.cursor(body);
  int version = cursor.u8(), flags = cursor.u8();
  if (version < 1 || version > 3) damaged("an attribute has an unknown version");
  if (version > 1 && flags != 0) unsupported("an attribute of a committed datatype");
  uint16_t name_size = cursor.u16(), type_size = cursor.u16(), space_size = cursor.u16();
  if (version == 3) cursor.skip(1);
  auto part = [&](uint16_t size) {
    std::string_view bytes = cursor.bytes(size);
    if (version == 1) cursor.skip((8 - size % 8) % 8);
    return bytes;
  };
  std::string_view name = part(name_size);
  Cursor type_bytes = source.cursor(part(type_size)), space_bytes = source.cursor(part(space_size));
  Datatype type = read_datatype(type_bytes);
  Shape shape = read_dataspace(space_bytes);
  source.allocate(name.size() + checked_product(uint64_t(shape.num_elements()), type.size));
  return {std::string(name.substr(0, name.find('\0'))), make_tensor(source, file.heaps, type, shape, cursor.bytes(cursor.remaining()))};
}

class TreeReader {
 public:
  explicit TreeReader(Ref<File> file) : file_(std::move(file)), source_(file_->source) {}

  Ref<Group> read_group(uint64_t address, const std::vector<Message>& messages, int depth) {
    if (depth > kMaxDepth) damaged("its groups nest too deeply");
    auto [place, added] = groups_.try_emplace(address);
    if (!added && !place->second) damaged("a group is inside of itself");
    if (!added) return place->second;
    auto group = make_ref<Group>();
    for (const Link& link : links_of(messages)) add_member(*group, link, depth);
    add_attributes(*group, messages);
    groups_[address] = group;
    return group;
  }

 private:
  std::vector<Link> links_of(const std::vector<Message>& messages) {
    std::vector<Link> out;
    for (const Message& m : messages) {
      Cursor cursor = source_.cursor(m.body);
      if (m.type == kSymbolTable) {
        uint64_t tree = cursor.offset();
        for (Link& link : read_symbol_table(source_, tree, cursor.offset())) out.push_back(std::move(link));
      }
      if (m.type == kLink) add_link(cursor, out);
      if (m.type == kLinkInfo) check_compact(cursor, 8, "a group of many members in the newest format");
    }
    return out;
  }

  // Members and attributes that outgrow the header move into a fractal heap.
  void check_compact(Cursor& cursor, uint64_t order_bytes, const char* what) {
    cursor.skip(1);
    if (cursor.u8() & 1) cursor.skip(order_bytes);
    if (cursor.offset() != kUndefined) unsupported(what);
  }

  void add_link(Cursor& cursor, std::vector<Link>& out) {
    cursor.skip(1);
    int flags = cursor.u8();
    int kind = flags & 8 ? cursor.u8() : 0;
    if (flags & 4) cursor.skip(8);
    if (flags & 16) cursor.skip(1);
    std::string_view name = cursor.bytes(cursor.number(1 << (flags & 3)));
    if (kind == 0) out.push_back({std::string(name), cursor.offset()});
  }

  void add_member(Group& parent, const Link& link, int depth) {
    std::vector<Message> messages = read_messages(source_, link.address);
    bool is_dataset = false;
    for (const Message& m : messages) is_dataset |= m.type == kLayout;
    if (link.name.empty() || parent.groups.contains(link.name) || parent.datasets.contains(link.name)) damaged("a group has two members of one name");
    if (is_dataset) parent.datasets.emplace(link.name, read_dataset(messages));
    else parent.groups.emplace(link.name, read_group(link.address, messages, depth + 1));
  }

  Dataset read_dataset(const std::vector<Message>& messages) {
    Datatype type;
    Shape shape({0});
    for (const Message& m : messages) {
      Cursor cursor = source_.cursor(m.body);
      if (m.type == kDatatype) type = read_datatype(cursor);
      if (m.type == kDataspace) shape = read_dataspace(cursor);
    }
    if (type.size == 0) damaged("a dataset has no datatype");
    Attributes notes;
    add_attributes(notes, messages);
    bool is_bfloat16 = is_bfloat16_note(notes.attribute(kBfloat16Note)) && type.kind == Datatype::kOpaque && type.size == 2;
    if (is_bfloat16) type = {.kind = Datatype::kNumber, .dtype = bfloat16, .size = 2};
    auto reader = [file = file_, storage = read_storage(source_, messages), type, shape] {
      file->source.refill();
      return make_tensor(file->source, file->heaps, type, shape, read_elements(file->source, storage, shape, type.size));
    };
    Dataset out(type.dtype, tensor_shape(type, shape), reader);
    for (const Attribute& a : notes.attributes())
      if (!is_bfloat16 || a.name != kBfloat16Note) out.set_attribute(a.name, a.value);
    return out;
  }

  static bool is_bfloat16_note(const Tensor* value) {
    return value && value->dtype() == string && value->num_elements() == 1 && *value->data<std::string>() == "bfloat16";
  }

  void add_attributes(Attributes& to, const std::vector<Message>& messages) {
    for (const Message& m : messages) {
      if (m.type == kAttributeInfo) {
        Cursor cursor = source_.cursor(m.body);
        check_compact(cursor, 2, "an object of many attributes in the newest format");
      }
      if (m.type != kAttribute) continue;
      Attribute a = read_attribute(*file_, m.body);
      to.set_attribute(a.name, a.value);
    }
  }

  Ref<File> file_;
  Source& source_;
  std::map<uint64_t, Ref<Group>> groups_;  // by address; none while it is being read
};

}  // namespace

Ref<Group> read(std::string bytes) {
  auto file = make_ref<File>(std::move(bytes));
  uint64_t root = read_superblock(file->source);
  return TreeReader(file).read_group(root, read_messages(file->source, root), 0);
}

}  // namespace runnel::inline v0::hdf5
