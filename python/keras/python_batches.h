// Python's data for fit() and its like: arrays, data sets, generators, PyDatasets.
#pragma once

#include "python/keras/value.h"
#include "runnel/keras/training_data.h"

namespace runnel::python {

/// Arrays in float64 become float32, as in Keras.
Nest to_data(nb::handle object);
/// True for data sets, generators and PyDatasets: x holds the targets, too.
bool is_source(nb::handle x);
Ref<keras::BatchSource> source_of(nb::handle x, bool shuffle);

}  // namespace runnel::python
