#include "runnel/interop/hdf5/hdf5.h"

#include <doctest/doctest.h>

#include "runnel/base/error.h"
#include "runnel/base/files.h"

using namespace runnel;

namespace {

std::string data(const std::string& name) { return read_file(join_path(RUNNEL_TEST_DATA, "hdf5/" + name)); }

double element(const Tensor& t, int64_t i) {
  switch (t.dtype().code()) {
    case DType::kInt8: return t.data<int8_t>()[i];
    case DType::kInt16: return t.data<int16_t>()[i];
    case DType::kInt32: return t.data<int32_t>()[i];
    case DType::kInt64: return double(t.data<int64_t>()[i]);
    case DType::kUint8: return t.data<uint8_t>()[i];
    case DType::kUint16: return t.data<uint16_t>()[i];
    case DType::kUint32: return t.data<uint32_t>()[i];
    case DType::kUint64: return double(t.data<uint64_t>()[i]);
    case DType::kFloat16: return float(t.data<half_t>()[i]);
    case DType::kFloat32: return t.data<float>()[i];
    case DType::kFloat64: return t.data<double>()[i];
    default: return -1;
  }
}

void expect_counted(const hdf5::Group& root, const std::string& path, DType dtype, const Shape& shape) {
  CAPTURE(path);
  Tensor t = root.dataset(path).read();
  CHECK(t.dtype() == dtype);
  REQUIRE(t.shape() == shape);
  CHECK(root.dataset(path).shape() == shape);
  for (int64_t i = 0; i < t.num_elements(); ++i) REQUIRE(element(t, i) == double(i));
}

std::vector<std::string> texts(const Tensor& t) {
  auto values = t.values<std::string>();
  return {values.begin(), values.end()};
}

void expect_types(const hdf5::Group& root) {
  const std::pair<const char*, DType> numbers[] = {{"i1", int8}, {"i2", int16}, {"i4", int32}, {"i8", int64}, {"u1", uint8}, {"u2", uint16},
                                                   {"u4", uint32}, {"u8", uint64}, {"f2", float16}, {"f4", float32}, {"f8", float64}};
  for (auto [code, dtype] : numbers)
    for (const char* order : {"le", "be"}) expect_counted(root, cat("types/", code, order), dtype, {3, 5});
  Tensor flags = root.dataset("types/bool").read();
  REQUIRE(flags.dtype() == bool_);
  CHECK((flags.data<bool>()[0] && !flags.data<bool>()[1] && flags.data<bool>()[2]));
  CHECK(root.dataset("types/enum16").read().data<int16_t>()[0] == 2);
  CHECK(texts(root.dataset("types/fixed").read()) == std::vector<std::string>{"one", "three", ""});
  CHECK(texts(root.dataset("types/text").read()) == std::vector<std::string>{"eins", "", "drei äöü"});
  CHECK(root.dataset("types/opaque").read().shape() == Shape({2, 3}));
  CHECK(root.dataset("types/opaque").read().data<uint8_t>()[5] == 3);
  Tensor brain = root.dataset("types/bfloat16").read();
  REQUIRE(brain.dtype() == bfloat16);
  CHECK((float(brain.data<bfloat16_t>()[0]) == 1 && float(brain.data<bfloat16_t>()[1]) == 2));
  CHECK(root.dataset("types/null").read().num_elements() == 0);
  CHECK(root.dataset("types/scalar").read().item<float>() == 7);
  CHECK(root.dataset("types/empty").shape() == Shape({0, 3}));
}

void expect_attributes(const hdf5::Group& root) {
  CHECK(root.attribute("text")->item<std::string>() == "schön");
  CHECK(root.attribute("bytes")->item<std::string>() == "bytes");
  CHECK(texts(*root.attribute("list")) == std::vector<std::string>{"a", "bb", "ccc"});
  CHECK(texts(*root.attribute("fixed")) == std::vector<std::string>{"x", "yy"});
  CHECK(root.attribute("number")->item<int64_t>() == 3);
  CHECK(root.attribute("numbers")->data<double>()[3] == 3);
  CHECK(root.attribute("none")->shape() == Shape({0}));
  CHECK(root.attribute("null")->num_elements() == 0);
  CHECK(root.attribute("missing") == nullptr);
}

void expect_chunks(const hdf5::Group& root) {
  expect_counted(root, "chunks/plain", float32, {7, 5, 3});
  expect_counted(root, "chunks/gzip", int32, {50, 40});
  expect_counted(root, "chunks/shuffle", float64, {50, 40});
  expect_counted(root, "chunks/single", float32, {5, 4});
  Tensor holes = root.dataset("chunks/holes").read();
  CHECK(holes.data<int32_t>()[7] == 4);
  CHECK(holes.data<int32_t>()[3] == -1);
}

}  // namespace

TEST_CASE("hdf5 reads what h5py writes, by default, after a user's block, and in the formats of HDF5 1.8 and of today") {
  for (const char* name : {"default.h5", "userblock.h5"}) {
    CAPTURE(name);
    Ref<hdf5::Group> root = hdf5::read(data(name));
    expect_types(*root);
    expect_attributes(*root);
    expect_chunks(*root);
    expect_counted(*root, "compact", float32, {3});
    expect_counted(*root, "again", float32, {3});
    CHECK(root->find_dataset("soft") == nullptr);
    CHECK(root->find_group("many/group_007") != nullptr);
  }
  CHECK(hdf5::read(data("default.h5"))->group("many").groups.size() == 700);
  for (const char* name : {"v18.h5", "latest.h5"}) {
    CAPTURE(name);
    Ref<hdf5::Group> root = hdf5::read(data(name));
    expect_attributes(*root);
    expect_chunks(*root);
    expect_counted(*root, "types/f4le", float32, {3, 5});
    CHECK(texts(root->dataset("types/text").read()) == std::vector<std::string>{"a", "b"});
  }
}

TEST_CASE("hdf5 says what it cannot read") {
  CHECK_THROWS_WITH_AS(hdf5::read(data("dense.h5")), doctest::Contains("a group of many members in the newest format cannot be read"), errors::UnimplementedError);
  CHECK_THROWS_WITH_AS(hdf5::read(data("growing.h5")), doctest::Contains("a dataset that can grow"), errors::UnimplementedError);
  CHECK_THROWS_WITH_AS(hdf5::read(data("cycle.h5")), doctest::Contains("a group is inside of itself"), errors::DataLossError);
  CHECK_THROWS_WITH_AS(hdf5::read("PK\3\4"), doctest::Contains("no HDF5 file"), errors::DataLossError);
  CHECK_THROWS_WITH_AS(hdf5::read(""), doctest::Contains("no HDF5 file"), errors::DataLossError);
  CHECK_THROWS_WITH_AS(hdf5::Group().dataset("a/b"), doctest::Contains("no dataset 'a/b'"), errors::NotFoundError);
}

TEST_CASE("hdf5 writes trees that it reads again, with groups of any number of members") {
  for (int members : {0, 1, 8, 9, 256, 257, 5000}) {
    CAPTURE(members);
    hdf5::Group root;
    for (int i = 0; i < members; ++i) root.create_dataset(cat("g/", i), Tensor::scalar(int32_t(i)));
    root.create_group("g").set_attribute("names", Tensor::from(std::vector<std::string>{"a", "", std::string(5000, 'x')}));
    root.create_dataset("brain", Tensor::from(std::vector<bfloat16_t>{bfloat16_t(1.5f)}));
    Ref<hdf5::Group> again = hdf5::read(hdf5::write(root));
    REQUIRE(again->group("g").datasets.size() == size_t(members));
    for (int i = 0; i < members; ++i) REQUIRE(again->dataset(cat("g/", i)).read().item<int32_t>() == i);
    CHECK(texts(*again->group("g").attribute("names"))[2].size() == 5000);
    CHECK(float(again->dataset("brain").read().data<bfloat16_t>()[0]) == 1.5f);
    CHECK(again->dataset("brain").attributes().empty());
  }
}

TEST_CASE("hdf5 refuses to write what a file cannot hold") {
  hdf5::Group root;
  root.create_dataset("a", Tensor::scalar(1.f));
  CHECK_THROWS_WITH_AS(root.create_dataset("a", Tensor::scalar(1.f)), doctest::Contains("taken"), ValueError);
  CHECK_THROWS_WITH_AS(root.create_group("a/b"), doctest::Contains("that of a dataset already"), ValueError);
}

TEST_CASE("hdf5 refuses attributes and dtypes that a header cannot hold") {
  hdf5::Group root;
  root.set_attribute("big", Tensor(uint8, {65000}));
  CHECK_THROWS_WITH_AS(hdf5::write(root), doctest::Contains("the attribute 'big' is larger"), ValueError);
  hdf5::Group other;
  other.create_dataset("c", Tensor::scalar(complex64_t(1, 2)));
  CHECK_THROWS_WITH_AS(hdf5::write(other), doctest::Contains("complex64"), ValueError);
}
