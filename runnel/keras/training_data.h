// Where fit(), evaluate() and predict() take their batches from: arrays, or data sets.
#pragma once

#include <vector>

#include "runnel/data/dataset.h"
#include "runnel/keras/nest.h"

namespace runnel::inline v0::keras {

struct Batch {
  Nest x{}, y{}, sample_weight{};
};

class BatchSource : public RefCounted {
 public:
  /// Starts a new walk.
  virtual void begin() = 0;
  virtual bool next(Batch& batch) = 0;
  /// Batches in a walk; -1: unknown.
  virtual int64_t steps() const = 0;
};

struct ArraysOptions {
  int64_t batch_size = 32;
  bool shuffle = false;  ///< A new order in each walk, from NumPy's Mersenne Twister and Keras's default seed.
};
/// Rows of arrays. ValueError where their numbers differ.
Ref<BatchSource> batches_of(const Batch& arrays, const ArraysOptions& options);
/// Elements x, (x, y) or (x, y, sample_weight); for predict() an element is x where `only_x`.
Ref<BatchSource> batches_of(const data::Dataset& dataset);

/// The number of rows; ValueError where the tensors differ.
int64_t samples_of(const Nest& x, const char* what);
Batch row_range(const Batch& batch, int64_t begin, int64_t end);
/// The weight of each sample by its class.
Tensor class_weights(const Nest& y, const std::vector<std::pair<int64_t, double>>& weights);

}  // namespace runnel::inline v0::keras
