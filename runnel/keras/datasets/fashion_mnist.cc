#include "runnel/keras/datasets/fashion_mnist.h"

#include <cstring>

#include "runnel/base/compress.h"
#include "runnel/base/error.h"
#include "runnel/base/files.h"
#include "runnel/keras/datasets/find_file.h"

namespace runnel::inline v0::keras::datasets::fashion_mnist {
namespace {

const char kPackage[] = "/usr/share/datasets/fashion-mnist";
const char kOrigin[] = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/";

// The digests are of the unpacked bytes: packers write different headers around the same images.
Tensor load_part(const char* name, const char* sha256, const Shape& shape) {
  const RemoteFile file{.name = name, .folder = "fashion-mnist", .system_folder = kPackage, .origin = cat(kOrigin, name),
                        .unpacked_sha256 = sha256, .package = "dataset-fashion-mnist"};
  const std::string path = find_file(file);
  return read_idx(decompress(read_file(path), path), shape, path);
}

}  // namespace

Dataset load_data() {
  return {.train = {.x = load_part("train-images-idx3-ubyte.gz",
                                   "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888", {60000, 28, 28}),
                    .y = load_part("train-labels-idx1-ubyte.gz",
                                   "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9", {60000})},
          .test = {.x = load_part("t10k-images-idx3-ubyte.gz",
                                  "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b", {10000, 28, 28}),
                   .y = load_part("t10k-labels-idx1-ubyte.gz",
                                  "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34", {10000})}};
}

}  // namespace runnel::inline v0::keras::datasets::fashion_mnist
