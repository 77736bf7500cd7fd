// keras.datasets.fashion_mnist: grey images of 28 x 28 pixels of ten kinds of clothes (Zalando SE, MIT licence).
#pragma once

#include <array>

#include "runnel/keras/datasets/dataset.h"

namespace runnel::inline v0::keras::datasets::fashion_mnist {

/// The names of labels 0 to 9.
inline constexpr std::array<const char*, 10> kClassNames = {"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
                                                            "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"};

/// train.x uint8 (60000, 28, 28), train.y uint8 (60000,), test the same with 10,000 rows.
/// Looks in Keras's cache ($RUNNEL_HOME, $KERAS_HOME or ~/.keras, then datasets/fashion-mnist), in Debian's package
/// dataset-fashion-mnist, then downloads to the cache and checks the bytes. Throws errors::UnavailableError where no
/// way leads to the files, and says what was tried.
Dataset load_data();

}  // namespace runnel::inline v0::keras::datasets::fashion_mnist
