#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdlib>
#include <numeric>

#include "runnel/base/error.h"
#include "runnel/base/files.h"
#include "runnel/base/numpy_random.h"
#include "runnel/keras/datasets/california_housing.h"
#include "runnel/keras/datasets/fashion_mnist.h"
#include "runnel/keras/datasets/find_file.h"

using namespace runnel;
using namespace runnel::keras::datasets;

namespace {

std::vector<int64_t> shuffled(uint32_t seed, int64_t count) {
  std::vector<int64_t> items(count);
  std::iota(items.begin(), items.end(), 0);
  NumpyRandomState(seed).shuffle(items);
  return items;
}

// Sets a variable of the environment for the length of a test.
class WithVariable {
 public:
  WithVariable(const char* name, const std::string& value) : name_(name), before_(environment(name)) {
    setenv(name, value.c_str(), 1);
  }
  ~WithVariable() { before_.empty() ? unsetenv(name_) : setenv(name_, before_.c_str(), 1); }

 private:
  const char* name_;
  std::string before_;
};

std::string temporary_home() { return cat("/tmp/runnel_datasets_test_", getpid()); }

int64_t sum_of(const Tensor& pixels) {
  auto values = pixels.values<uint8_t>();
  return std::accumulate(values.begin(), values.end(), int64_t(0));
}

}  // namespace

TEST_CASE("NumpyRandomState shuffles as numpy.random.RandomState does") {
  CHECK(shuffled(113, 10) == std::vector<int64_t>{9, 3, 6, 1, 0, 7, 4, 8, 2, 5});
  CHECK(shuffled(4294967295u, 7) == std::vector<int64_t>{1, 5, 0, 6, 4, 2, 3});
  const std::vector<int64_t> many = shuffled(113, 20640);
  int64_t check = 0;
  for (int64_t i = 0; i < 20640; ++i) check += i * many[i];
  CHECK(check == 2208136998497);  // (i * np.arange(20640)).sum()
}

TEST_CASE("california_housing gives Keras's rows in Keras's order") {
  const auto [train, test] = california_housing::load_data();
  CHECK(train.x.shape() == Shape({16512, 8}));
  CHECK(train.y.shape() == Shape({16512}));
  CHECK(test.x.shape() == Shape({4128, 8}));
  // What real Keras prints for the first rows (keras.datasets.california_housing, keras 3.13).
  const float* y = train.y.data<float>();
  CHECK(y[0] == 252300.f);
  CHECK(y[1] == 146900.f);
  CHECK(y[2] == 290900.f);
  const float first[] = {-118.27f, 34.09f, 52.f, 2327.f, 555.f, 1048.f, 491.f, 3.7847f};
  for (int i = 0; i < 8; ++i) CHECK(train.x.data<float>()[i] == first[i]);

  const Dataset small = california_housing::load_data({.version = "small"});
  CHECK(small.train.x.shape() == Shape({480, 8}));
  CHECK(small.test.y.shape() == Shape({120}));
  CHECK(small.train.y.data<float>()[0] == 228400.f);
  CHECK(small.train.y.data<float>()[2] == 60000.f);
}

TEST_CASE("california_housing fills the missing total_bedrooms") {
  const Dataset all = california_housing::load_data({.test_split = 0});
  CHECK(all.test.x.shape() == Shape({0, 8}));
  float smallest = 1e9f;
  for (int64_t i = 0; i < all.train.x.dim(0); ++i) smallest = std::min(smallest, all.train.x.data<float>()[i * 8 + 4]);
  CHECK(smallest == 1.f);
}

TEST_CASE("california_housing refuses options out of range") {
  CHECK_THROWS_WITH_AS(california_housing::load_data({.version = "tiny"}),
                       doctest::Contains("Argument `version` must be one of 'small', 'large'. Received: version=tiny"), ValueError);
  CHECK_THROWS_WITH_AS(california_housing::load_data({.test_split = 1}), doctest::Contains("Invalid `test_split` argument: 1"),
                       ValueError);
  CHECK_THROWS_WITH_AS(california_housing::load_data({.seed = -1}), doctest::Contains("Seed must be between 0 and 2**32 - 1"),
                       ValueError);
}

TEST_CASE("fashion_mnist holds the known images") {
  if (!file_exists("/usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz")) {
    MESSAGE("skipped: the Debian package dataset-fashion-mnist is not installed");
    return;
  }
  const WithVariable no_cache("RUNNEL_HOME", "/nonexistent");
  const auto [train, test] = fashion_mnist::load_data();
  CHECK(train.x.shape() == Shape({60000, 28, 28}));
  CHECK(train.y.shape() == Shape({60000}));
  CHECK(test.x.shape() == Shape({10000, 28, 28}));
  CHECK(train.x.dtype() == uint8);
  CHECK(train.y.data<uint8_t>()[0] == 9);
  CHECK(std::string(fashion_mnist::kClassNames[train.y.data<uint8_t>()[0]]) == "Ankle boot");
  CHECK(sum_of(train.x) == 3431114169);
  CHECK(sum_of(test.x) == 573469082);
}

TEST_CASE("find_file says what it tried") {
  const std::string folder = temporary_home();
  const WithVariable home("RUNNEL_HOME", folder);
  const RemoteFile file{.name = "x.gz", .folder = "set", .system_folder = "/nonexistent", .origin = "file:///nonexistent/x.gz",
                        .package = "dataset-x"};
  CHECK_THROWS_WITH_AS(find_file(file), doctest::Contains(cat("no file ", folder, "/datasets/set/x.gz").c_str()), errors::UnavailableError);
  CHECK_THROWS_WITH_AS(find_file(file), doctest::Contains("install the Debian package dataset-x"), errors::UnavailableError);
}

TEST_CASE("find_file downloads, checks the bytes and keeps the file") {
  const std::string folder = temporary_home();
  const WithVariable home("RUNNEL_HOME", folder);
  write_file(folder + "/origin.gz", std::string("\x1f\x8b\x08\0\0\0\0\0\0\x03\xcb\x48\xcd\xc9\xc9\x07\0\x86\xa6\x10\x36\x05\0\0\0", 25));
  RemoteFile file{.name = "hello.gz", .folder = "set", .system_folder = "/nonexistent", .origin = "file://" + folder + "/origin.gz",
                  .unpacked_sha256 = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"};
  const std::string path = folder + "/datasets/set/hello.gz";
  std::remove(path.c_str());
  CHECK(find_file(file) == path);
  CHECK(file_exists(path));
  std::remove(path.c_str());
  file.unpacked_sha256 = "00";
  CHECK_THROWS_WITH_AS(find_file(file), doctest::Contains("other bytes than it should"), errors::DataLossError);
  CHECK_FALSE(file_exists(path));
}

TEST_CASE("read_idx refuses other shapes") {
  const std::string bytes("\0\0\x08\x01\0\0\0\x03" "abc", 11);
  CHECK(read_idx(bytes, {3}, "f").data<uint8_t>()[2] == 'c');
  CHECK_THROWS_AS(read_idx(bytes, {4}, "f"), errors::DataLossError);
  CHECK_THROWS_AS(read_idx(bytes, {3, 1}, "f"), errors::DataLossError);
}
