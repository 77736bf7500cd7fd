// What every load_data() of keras.datasets returns:  auto [train, test] = datasets::fashion_mnist::load_data();
#pragma once

#include "runnel/core/tensor.h"

namespace runnel::inline v0::keras::datasets {

/// Inputs and targets; row i of y belongs to row i of x.
struct Split {
  Tensor x, y;
};

struct Dataset {
  Split train, test;
};

}  // namespace runnel::inline v0::keras::datasets
