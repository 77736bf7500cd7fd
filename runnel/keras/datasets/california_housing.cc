#include "runnel/keras/datasets/california_housing.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "runnel/base/compress.h"
#include "runnel/base/error.h"
#include "runnel/base/numpy_random.h"

// The packed columns (tools/pack_housing.py describes the format), taken in by the assembler.
__asm__(
    ".pushsection .rodata\n"
    ".global runnel_california_housing_begin, runnel_california_housing_end\n"
    ".hidden runnel_california_housing_begin, runnel_california_housing_end\n"
    "runnel_california_housing_begin: .incbin \"" RUNNEL_DATASETS_DIR "/california_housing.bin\"\n"
    "runnel_california_housing_end: .byte 0\n"
    ".popsection\n");
extern "C" const char runnel_california_housing_begin[], runnel_california_housing_end[];

namespace runnel::inline v0::keras::datasets::california_housing {
namespace {

constexpr int kRows = 20640, kSmallRows = 600, kFeatures = 8, kColumns = 9;
constexpr int kBedrooms = 4, kHouseholds = 6;
constexpr double kScale[kColumns] = {100, 100, 1, 1, 1, 1, 1, 10000, 1};

using Column = std::vector<int32_t>;

// Byte planes to values, differences to running sums.
Column unpack_column(const char* planes) {
  Column values(kRows);
  uint32_t sum = 0;
  for (int row = 0; row < kRows; ++row) {
    for (int plane = 0; plane < 4; ++plane) sum += uint32_t(uint8_t(planes[plane * kRows + row])) << 8 * plane;
    values[row] = int32_t(sum);
  }
  return values;
}

// Replaces the missing total_bedrooms (stored as -1); households is never missing.
void fill_bedrooms(Column& bedrooms, const Column& households) {
  std::vector<double> per_household;
  for (int row = 0; row < kRows; ++row) {
    if (bedrooms[row] >= 0) per_household.push_back(double(bedrooms[row]) / households[row]);
  }
  const auto middle = per_household.begin() + per_household.size() / 2;
  std::nth_element(per_household.begin(), middle, per_household.end());
  for (int row = 0; row < kRows; ++row) {
    if (bedrooms[row] < 0) bedrooms[row] = int32_t(std::lround(households[row] * *middle));
  }
}

std::vector<Column> unpack() {
  const std::string_view packed(runnel_california_housing_begin,
                                size_t(runnel_california_housing_end - runnel_california_housing_begin));
  const std::string bytes = decompress(packed, "the built-in California housing data");
  RUNNEL_ASSERT(bytes.size() == size_t(kColumns) * kRows * 4);
  std::vector<Column> columns;
  for (int i = 0; i < kColumns; ++i) columns.push_back(unpack_column(bytes.data() + size_t(i) * kRows * 4));
  fill_bedrooms(columns[kBedrooms], columns[kHouseholds]);
  return columns;
}

Split take(const std::vector<Column>& columns, const int64_t* rows, int64_t count) {
  Split split{Tensor(float32, {count, kFeatures}), Tensor(float32, {count})};
  for (int64_t i = 0; i < count; ++i) {
    float* x = split.x.mutable_data<float>() + i * kFeatures;
    for (int j = 0; j < kFeatures; ++j) x[j] = float(columns[j][rows[i]] / kScale[j]);
    split.y.mutable_data<float>()[i] = float(columns[kFeatures][rows[i]]);
  }
  return split;
}

void check(const LoadOptions& options) {
  const char* where = "keras.datasets.california_housing.load_data";
  if (!(options.test_split >= 0 && options.test_split < 1)) {
    fail<ValueError>(where, cat("Invalid `test_split` argument: ", options.test_split,
                                ". It must be between 0 and 1 (exclusive of 1)."));
  }
  if (options.version != "small" && options.version != "large") {
    fail<ValueError>(where, cat("Argument `version` must be one of 'small', 'large'. Received: version=", options.version));
  }
  if (options.seed < 0 || options.seed > int64_t(UINT32_MAX)) {
    fail<ValueError>(where, "Seed must be between 0 and 2**32 - 1", {.got = cat("seed=", options.seed)});
  }
}

}  // namespace

Dataset load_data(const LoadOptions& options) {
  check(options);
  const std::vector<Column> columns = unpack();
  std::vector<int64_t> order(options.version == "small" ? kSmallRows : kRows);
  std::iota(order.begin(), order.end(), 0);
  NumpyRandomState(uint32_t(options.seed)).shuffle(order);
  const int64_t train = int64_t(double(order.size()) * (1 - options.test_split));
  return {take(columns, order.data(), train), take(columns, order.data() + train, int64_t(order.size()) - train)};
}

}  // namespace runnel::inline v0::keras::datasets::california_housing
