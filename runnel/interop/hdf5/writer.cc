// Superblock version 0, groups as trees and heaps of version 1, contiguous datasets, strings in global heaps: what h5py writes
// by default, so that every HDF5 library reads it.
#include <algorithm>

#include "runnel/base/error.h"
#include "runnel/interop/hdf5/bytes.h"
#include "runnel/interop/hdf5/datatype.h"
#include "runnel/interop/hdf5/object_header.h"
#include "runnel/interop/hdf5/string_heap.h"

namespace runnel::inline v0::hdf5 {

namespace {

constexpr size_t kSuperblockSize = 96;
// Half of the most entries that a leaf and an inner node of a group's tree hold, as the superblock says.
constexpr size_t kLeafK = 4, kInnerK = 16;
constexpr size_t kMaxMessage = 64000;

/// Where a group lies.
struct GroupPlace {
  uint64_t header = 0, tree = 0, heap = 0;
};

/// A member of a group: its name's place in the local heap, and the object.
struct Entry {
  uint64_t name;
  GroupPlace place;
  bool is_group;
};

/// A node of a group's tree that was written, and the greatest name below it.
struct Child {
  uint64_t address, greatest;
};

class Header {
 public:
  void add(MessageType type, int flags, std::string body) {
    body.append((8 - body.size() % 8) % 8, '\0');
    messages_.u16(type).u16(int(body.size())).u8(flags).zeros(3).text(body);
    ++count_;
  }
  std::string take() {
    Bytes out;
    out.u8(1).u8(0).u16(count_).u32(1).u32(int64_t(messages_.size())).zeros(4).text(messages_.take());
    return out.take();
  }

 private:
  Bytes messages_;
  int count_ = 0;
};

std::string padded(std::string text) {
  text.append((8 - text.size() % 8) % 8, '\0');
  return text;
}

class Writer {
 public:
  Writer() : out_(kSuperblockSize, '\0'), strings_(out_) {}

  std::string write(const Group& root) {
    GroupPlace place = add_group(root);
    strings_.close();
    Bytes head;
    head.text(std::string_view("\x89HDF\r\n\x1a\n", 8)).zeros(5).u8(8).u8(8).u8(0).u16(kLeafK).u16(kInnerK).u32(0);
    head.u64(0).u64(kUndefined).u64(out_.size()).u64(kUndefined);
    head.u64(0).u64(place.header).u32(1).u32(0).u64(place.tree).u64(place.heap);
    out_.replace(0, kSuperblockSize, head.take());
    return std::move(out_);
  }

 private:
  uint64_t place(std::string_view bytes) {
    out_.append((8 - out_.size() % 8) % 8, '\0');
    uint64_t address = out_.size();
    out_.append(bytes);
    return address;
  }

  // The elements as they lie in a file; strings go into the global heap.
  std::string stored(const Tensor& value) {
    if (value.dtype() != string) return std::string(static_cast<const char*>(value.raw()), size_t(value.nbytes()));
    std::string out;
    for (const std::string& text : value.values<std::string>()) out += strings_.add(text);
    return out;
  }

  void add_attribute(Header& header, const Attribute& a) {
    std::string name = a.name + '\0', type = datatype_message(a.value.dtype(), a.charset), space = dataspace_message(a.value.shape());
    if (a.value.num_elements() * stored_size(a.value.dtype()) + int64_t(name.size()) > int64_t(kMaxMessage))
      fail<ValueError>("HDF5", cat("the attribute '", a.name, "' is larger than an object header can hold"), {.expected = cat("at most ", kMaxMessage, " bytes")});
    Bytes body;
    body.u8(1).u8(0).u16(int(name.size())).u16(int(type.size())).u16(int(space.size()));
    body.text(padded(name)).text(padded(type)).text(padded(space)).text(stored(a.value));
    header.add(kAttribute, 0, body.take());
  }

  void add_attributes(Header& header, const Attributes& of) {
    for (const Attribute& a : of.attributes()) add_attribute(header, a);
  }

  uint64_t add_dataset(const Dataset& dataset) {
    Tensor value = dataset.read();
    std::string data = stored(value);
    uint64_t address = data.empty() ? kUndefined : place(data);
    Header header;
    header.add(kDataspace, 0, dataspace_message(value.shape()));
    header.add(kDatatype, 1, datatype_message(value.dtype(), Charset::kUtf8));
    header.add(kFillValue, 1, Bytes().u8(2).u8(2).u8(2).u8(1).u32(0).take());
    header.add(kLayout, 0, Bytes().u8(3).u8(1).u64(address).u64(data.size()).take());
    if (value.dtype() == bfloat16) add_attribute(header, {"dtype", Tensor::scalar(std::string("bfloat16"))});
    add_attributes(header, dataset);
    return place(header.take());
  }

  GroupPlace add_group(const Group& group) {
    std::string names(8, '\0');  // offset 0 is the empty name, left of every other
    std::vector<Entry> entries = add_members(group, names);
    GroupPlace at;
    uint64_t data = place(names);
    at.heap = place(Bytes().text("HEAP").zeros(4).u64(names.size()).u64(1).u64(data).take());
    at.tree = add_tree(entries);
    Header header;
    header.add(kSymbolTable, 0, Bytes().u64(at.tree).u64(at.heap).take());
    add_attributes(header, group);
    at.header = place(header.take());
    return at;
  }

  // Groups and datasets in one order of names, as the tree wants it.
  std::vector<Entry> add_members(const Group& group, std::string& names) {
    std::vector<std::pair<std::string_view, Entry>> members;
    for (const auto& [name, child] : group.groups) members.push_back({name, {0, add_group(*child), true}});
    for (const auto& [name, child] : group.datasets) members.push_back({name, {0, {.header = add_dataset(child)}, false}});
    std::sort(members.begin(), members.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    std::vector<Entry> out;
    for (auto& [name, entry] : members) {
      entry.name = names.size();
      names += padded(std::string(name) + '\0');
      out.push_back(entry);
    }
    return out;
  }

  Child add_symbols(const Entry* begin, const Entry* end) {
    Bytes node;
    node.text("SNOD").u8(1).u8(0).u16(int(end - begin));
    for (const Entry* e = begin; e < end; ++e)
      node.u64(e->name).u64(e->place.header).u32(e->is_group).u32(0).u64(e->place.tree).u64(e->place.heap);
    node.zeros(40 * (2 * kLeafK - size_t(end - begin)));
    return {place(node.take()), end[-1].name};
  }

  // A node's keys are the greatest names left of and below each child.
  Child add_node(int level, const Child* begin, const Child* end, uint64_t left_key) {
    Bytes node;
    node.text("TREE").u8(0).u8(level).u16(int(end - begin)).u64(kUndefined).u64(kUndefined).u64(left_key);
    for (const Child* c = begin; c < end; ++c) node.u64(c->address).u64(c->greatest);
    node.zeros(16 * (2 * kInnerK - size_t(end - begin)));
    return {place(node.take()), begin == end ? 0 : end[-1].greatest};
  }

  uint64_t add_tree(const std::vector<Entry>& entries) {
    std::vector<Child> level;
    for (size_t i = 0; i < entries.size(); i += 2 * kLeafK)
      level.push_back(add_symbols(&entries[i], entries.data() + std::min(i + 2 * kLeafK, entries.size())));
    for (int height = 0;; ++height) {
      std::vector<Child> above;
      for (size_t i = 0; i < level.size() || i == 0; i += 2 * kInnerK)
        above.push_back(add_node(height, level.data() + i, level.data() + std::min(i + 2 * kInnerK, level.size()), i == 0 ? 0 : level[i - 1].greatest));
      if (above.size() == 1) return above[0].address;
      link_siblings(above);
      level = std::move(above);
    }
  }

  void link_siblings(const std::vector<Child>& nodes) {
    constexpr size_t kLeft = 8, kRight = 16;
    for (size_t i = 0; i < nodes.size(); ++i) {
      if (i > 0) out_.replace(nodes[i].address + kLeft, 8, Bytes().u64(nodes[i - 1].address).take());
      if (i + 1 < nodes.size()) out_.replace(nodes[i].address + kRight, 8, Bytes().u64(nodes[i + 1].address).take());
    }
  }

  std::string out_;
  StringHeap strings_;
};

}  // namespace

std::string write(const Group& root) { return Writer().write(root); }

}  // namespace runnel::inline v0::hdf5
