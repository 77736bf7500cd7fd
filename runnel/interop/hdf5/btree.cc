#include "runnel/interop/hdf5/btree.h"

#include "runnel/interop/hdf5/heaps.h"

namespace runnel::inline v0::hdf5 {

namespace {

enum NodeKind { kGroupNode = 0, kChunkNode = 1 };
constexpr uint32_t kSymbolicLink = 2;

/// Visits the leaves' entries, key and child, without recursion: nodes wait in a list, each costs a step.
class TreeWalk {
 public:
  TreeWalk(Source& source, NodeKind kind, uint64_t key_size) : source_(source), kind_(kind), key_size_(key_size) {}

  template <class F>
  void visit(uint64_t root, F&& leaf) {
    waiting_.push_back({root, -1});
    while (!waiting_.empty()) {
      Node node = waiting_.back();
      waiting_.pop_back();
      read(node, leaf);
    }
  }

 private:
  struct Node {
    uint64_t address;
    int level;  // -1: whatever it says
  };

  template <class F>
  void read(const Node& node, F&& leaf) {
    Cursor cursor = source_.at(node.address);
    cursor.expect("TREE");
    if (cursor.u8() != kind_) damaged("a tree has nodes of another kind");
    int level = cursor.u8();
    if (node.level >= 0 && level != node.level) damaged("a tree has a node of the wrong level");
    int entries = cursor.u16();
    source_.spend(uint64_t(entries));
    cursor.offset();  // siblings
    cursor.offset();
    for (int i = 0; i < entries; ++i) {
      std::string_view key = cursor.bytes(key_size_);
      uint64_t child = cursor.offset();
      if (level > 0) waiting_.push_back({child, level - 1});
      else leaf(key, child);
    }
  }

  Source& source_;
  NodeKind kind_;
  uint64_t key_size_;
  std::vector<Node> waiting_;
};

void read_symbols(Source& source, const LocalHeap& names, uint64_t address, std::vector<Link>& out) {
  Cursor cursor = source.at(address);
  cursor.expect("SNOD");
  cursor.skip(2);
  int count = cursor.u16();
  source.spend(uint64_t(count));
  for (int i = 0; i < count; ++i) {
    uint64_t name = cursor.offset(), header = cursor.offset();
    uint32_t cache = cursor.u32();
    cursor.skip(4 + 16);
    if (cache == kSymbolicLink) continue;
    out.push_back({names.name(name), header});
    source.allocate(out.back().name.size());
  }
}

}  // namespace

std::vector<Link> read_symbol_table(Source& source, uint64_t tree, uint64_t heap) {
  LocalHeap names(source, heap);
  std::vector<Link> out;
  TreeWalk walk(source, kGroupNode, uint64_t(source.sizes.length));
  walk.visit(tree, [&](std::string_view, uint64_t node) { read_symbols(source, names, node, out); });
  return out;
}

std::vector<Chunk> read_chunk_tree(Source& source, uint64_t tree, int rank) {
  std::vector<Chunk> out;
  TreeWalk walk(source, kChunkNode, 8 + 8 * (uint64_t(rank) + 1));
  walk.visit(tree, [&](std::string_view key, uint64_t address) {
    Cursor cursor = source.cursor(key);
    Chunk chunk{.at = {}, .address = address, .size = cursor.u32(), .filter_mask = cursor.u32()};
    for (int i = 0; i < rank; ++i) chunk.at.push_back(cursor.u64());
    out.push_back(std::move(chunk));
  });
  return out;
}

}  // namespace runnel::inline v0::hdf5
