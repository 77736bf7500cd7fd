// Where files of data and of weights come from: Keras's cache, a package of the system, or the network.
#pragma once

#include <string>

#include "runnel/core/tensor.h"

namespace runnel::inline v0::keras::datasets {

struct RemoteFile {
  std::string name{};             // "train-images-idx3-ubyte.gz"
  std::string kind = "datasets";  // the folder below the cache: "datasets", "models"
  std::string folder{};           // below that
  std::string system_folder{};    // where a package of the system puts it
  std::string origin{};           // the address to download from
  std::string unpacked_sha256{};  // of the bytes after decompression; or
  std::string md5{};              // of the file as it is, where its publishers say no more; nothing is checked where both are empty
  std::string package{};          // the Debian package that holds it, if one does
};

/// Keras's cache: $RUNNEL_HOME, $KERAS_HOME, or ~/.keras.
std::string cache_home();

/// The path of the file; downloads it (with curl, which shows a progress bar) where it is not on this machine.
/// Throws errors::UnavailableError, naming every place that was tried, and errors::DataLossError for wrong bytes.
std::string find_file(const RemoteFile& file);

/// The uint8 array of an unpacked idx file (the format of MNIST): a big-endian header with the sizes, then the elements.
/// Throws errors::DataLossError where the header tells of another shape.
Tensor read_idx(const std::string& bytes, const Shape& shape, const std::string& path);

}  // namespace runnel::inline v0::keras::datasets
