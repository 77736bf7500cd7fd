// keras.datasets.california_housing: median house values of 20,640 block groups (census of 1990). No network is needed.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "runnel/keras/datasets/dataset.h"

namespace runnel::inline v0::keras::datasets::california_housing {

/// The columns of x. They are what Keras's file holds (its documentation lists other ones: keras issue 21886).
inline constexpr std::array<const char*, 8> kFeatureNames = {
    "longitude", "latitude", "housing_median_age", "total_rooms", "total_bedrooms", "population", "households", "median_income"};

struct LoadOptions {
  std::string version = "large";  ///< "large": all 20,640 rows; "small": the first 600.
  double test_split = 0.2;        ///< The share of rows that become the test set, in [0, 1).
  int64_t seed = 113;             ///< Of the shuffle before the split, in [0, 2**32).
};

/// x float32 (rows, 8), y float32 (rows,) in dollars: the rows, their order and their split are Keras's.
/// 207 rows have no total_bedrooms in our source; there the column is filled with households times the median number of
/// bedrooms per household of the other rows, rounded (about 5 % off for a typical row). All other values are Keras's.
/// Throws ValueError for options out of range.
Dataset load_data(const LoadOptions& options = {});

}  // namespace runnel::inline v0::keras::datasets::california_housing
