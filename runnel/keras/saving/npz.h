// For tests: NumPy's archives of arrays, as the samples of tests/data/keras hold them.
#pragma once

#include <cstring>

#include "runnel/base/error.h"
#include "runnel/base/files.h"
#include "runnel/base/zip.h"
#include "runnel/core/tensor.h"

namespace runnel::inline v0::keras {

class Npz {
 public:
  explicit Npz(const std::string& path) : zip_(read_file(path)) {}

  /// A float32, int32 or int64 array, row-major.
  Tensor operator[](const std::string& name) const {
    std::string bytes = zip_.read(name + ".npy");
    uint16_t head_size = 0;
    std::memcpy(&head_size, bytes.data() + 8, 2);
    std::string head = bytes.substr(10, head_size);
    Tensor out(dtype_of_header(head), Shape(dims_of_header(head)));
    std::memcpy(out.mutable_raw(), bytes.data() + 10 + head_size, size_t(out.nbytes()));
    return out;
  }

 private:
  static DType dtype_of_header(const std::string& head) {
    return head.find("'<f4'") != std::string::npos ? float32 : head.find("'<i4'") != std::string::npos ? int32 : int64;
  }
  static Dims dims_of_header(const std::string& head) {
    size_t open = head.find('('), close = head.find(')');
    Dims dims;
    for (const std::string& part : split(head.substr(open + 1, close - open - 1), ','))
      if (!part.empty()) dims.push_back(std::stoll(part));
    return dims;
  }
  ZipReader zip_;
};

}  // namespace runnel::inline v0::keras
