// Global heap collections of a file that is being written: strings of variable length.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace runnel::inline v0::hdf5 {

class StringHeap {
 public:
  /// Collections are appended to `file` as they are needed.
  explicit StringHeap(std::string& file) : file_(file) {}
  /// Stores a text; gives the 16 bytes that refer to it: length, collection, index.
  std::string add(std::string_view text);
  /// Marks what is left of the last collection as free. Called once, at the end.
  void close();

 private:
  void open(size_t size);

  std::string& file_;
  size_t start_ = 0, at_ = 0, end_ = 0;  // of the collection that is being filled
  int next_ = 1;
};

}  // namespace runnel::inline v0::hdf5
