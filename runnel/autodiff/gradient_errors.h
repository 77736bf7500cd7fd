// Errors of asking for gradients.
#pragma once

#include "runnel/base/error.h"

namespace runnel::inline v0 {

/// A gradient is asked for through an operator that TensorFlow declares none for.
class LookupError : public Error {
 public:
  using Error::Error;
};

}  // namespace runnel::inline v0
