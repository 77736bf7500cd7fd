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
  /// Passes over an epoch, as if it had been walked.
  virtual void skip() { begin(); }
  /// The epoch has had its steps.
  virtual void end() {}
  virtual bool next(Batch& batch) = 0;
  /// Batches in a walk; -1: unknown.
  virtual int64_t steps() const = 0;
  /// True where it is known that next() never ends.
  virtual bool endless() const { return false; }
};

struct ArraysOptions {
  int64_t batch_size = 0;  ///< 0: 32, or as many as make `steps` of them.
  bool shuffle = false;  ///< In each walk, from the global seed: with one, every walk has the same order, as in Keras over TensorFlow.
  int64_t steps = 0;
};
/// Rows of arrays. ValueError where their numbers differ.
Ref<BatchSource> batches_of(const Batch& arrays, const ArraysOptions& options);
/// One batch, as it is: nothing is checked.
Ref<BatchSource> batches_of_one(const Batch& batch);
/// Elements x, (x, y) or (x, y, sample_weight).
Ref<BatchSource> batches_of(const data::Dataset& dataset);

/// The number of rows; ValueError where the tensors differ.
int64_t samples_of(const Nest& x, const char* what);
Batch row_range(const Batch& batch, int64_t begin, int64_t end);
/// Multiplies the sample weights by those of the samples' classes, where there are any: label and weight; other labels weigh 1.
/// ValueError where there are several outputs.
void weigh_classes(Batch& batch, const std::vector<std::pair<int64_t, double>>& weights);

}  // namespace runnel::inline v0::keras
