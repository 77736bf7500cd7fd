// HDF5 files in the dialect that Keras writes through h5py, as trees in memory; and what older files and other options of
// h5py bring, for reading. (The HDF Group, "HDF5 File Format Specification", version 3.0.)
//
//   hdf5::Group root;
//   root.create_dataset("layers/dense/vars/0", kernel);
//   write_file(path, hdf5::write(root));
//   Tensor again = hdf5::read(read_file(path))->dataset("layers/dense/vars/0").read();
//
// Types: integers, floats, bool (h5py's enumeration), strings of fixed and of variable length (string tensors), bfloat16 as
// Keras stores it (opaque bytes and an attribute "dtype"). Other opaque elements of n bytes are uint8 with a last axis of n.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "runnel/base/ref.h"
#include "runnel/core/tensor.h"

namespace runnel::inline v0::hdf5 {

/// Strings are written as UTF-8, or as ASCII, of variable length, as h5py does for Python's str and bytes.
enum class Charset { kUtf8, kAscii };

struct Attribute {
  std::string name;
  Tensor value;
  Charset charset = Charset::kUtf8;
};

/// What groups and datasets share.
class Attributes {
 public:
  /// The value, or nullptr.
  const Tensor* attribute(std::string_view name) const;
  void set_attribute(const std::string& name, const Tensor& value, Charset charset = Charset::kUtf8);
  const std::vector<Attribute>& attributes() const { return attributes_; }

 private:
  std::vector<Attribute> attributes_;
};

class Dataset : public Attributes {
 public:
  explicit Dataset(Tensor value) : dtype_(value.dtype()), shape_(value.shape()), value_(std::move(value)) {}
  /// A dataset in a file, whose elements are read when they are asked for.
  Dataset(DType dtype, Shape shape, std::function<Tensor()> reader) : dtype_(dtype), shape_(std::move(shape)), reader_(std::move(reader)) {}

  DType dtype() const { return dtype_; }
  const Shape& shape() const { return shape_; }
  /// Throws errors::DataLossError where the file is damaged there.
  Tensor read() const { return value_ ? value_ : reader_(); }

 private:
  DType dtype_;
  Shape shape_;
  Tensor value_;
  std::function<Tensor()> reader_;
};

class Group : public RefCounted, public Attributes {
 public:
  /// Makes the groups of a path ("a/b") that are not there yet; gives the last one.
  Group& create_group(std::string_view path);
  /// ValueError where the name is taken.
  Dataset& create_dataset(std::string_view path, const Tensor& value);

  const Group* find_group(std::string_view path) const;      ///< nullptr where there is none.
  const Dataset* find_dataset(std::string_view path) const;  ///< nullptr where there is none.
  const Group& group(std::string_view path) const;           ///< errors::NotFoundError where there is none.
  const Dataset& dataset(std::string_view path) const;       ///< errors::NotFoundError where there is none.

  // By name, in the order of bytes, as HDF5 keeps them.
  std::map<std::string, Ref<Group>, std::less<>> groups;
  std::map<std::string, Dataset, std::less<>> datasets;
};

/// The tree in a file's bytes. Throws errors::DataLossError for damaged or hostile bytes, errors::UnimplementedError for what
/// HDF5 can and this reader cannot. Never allocates more than a fixed multiple of the file's size.
Ref<Group> read(std::string bytes);

/// The bytes of a file. ValueError for dtypes that it cannot hold and attributes above 64,000 bytes.
std::string write(const Group& root);

}  // namespace runnel::inline v0::hdf5
