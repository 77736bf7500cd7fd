// Named sizes: sizes that are unknown, but whose names tell which of them are equal. In a PartialShape they stand as numbers
// below kUnknown, so that shape functions carry them along as they do any unknown size. graph/passes gives the names.
#pragma once

#include "runnel/core/shape.h"

namespace runnel::inline v0 {

/// `factor` times the size with this name. Names are 1, 2, ... below 2^24.
int64_t named_size(int64_t name, int64_t factor = 1);
bool is_named(int64_t size);
/// What stands for the size of this name: its name and factor.
struct SizeName {
  int64_t name, factor;
};
SizeName name_of_size(int64_t size);

/// a * b and a / b of known or named sizes; kUnknown where the result has no name, or is no whole number.
int64_t product_of_sizes(int64_t a, int64_t b);
int64_t quotient_of_sizes(int64_t a, int64_t b);

/// True where the two are the same shape in every run: each size is known or has a name, and is that of the other.
bool surely_equal(const PartialShape& a, const PartialShape& b);

}  // namespace runnel::inline v0
