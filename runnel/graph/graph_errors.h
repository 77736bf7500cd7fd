// Errors of traced functions.
#pragma once

#include "runnel/base/error.h"

namespace runnel::inline v0 {

/// A tensor is used outside of the function whose graph it belongs to.
class InaccessibleTensorError : public ValueError {
 public:
  using ValueError::ValueError;
};

}  // namespace runnel::inline v0
