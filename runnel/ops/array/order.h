// The order of numbers in which one searches: NaN counts as the largest, so that the order is total.
#pragma once

#include "runnel/op/types.h"

namespace runnel::inline v0 {

template <class T>
bool comes_before(const T& a, const T& b) {
  if constexpr (std::is_integral_v<T>) return a < b;
  else return a < b || (b != b && a == a);
}

}  // namespace runnel::inline v0
