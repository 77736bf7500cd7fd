// Walks through data sets that a graph goes on with while it runs: loops over data sets inside functions.
#pragma once

#include "runnel/data/dataset.h"

namespace runnel::inline v0::data {

/// A walk as several hold it.
class OpenWalk : public RefCounted {
 public:
  explicit OpenWalk(Ref<IteratorBody> body);
  ~OpenWalk() override;
  /// False at the end, and once end_all() has ended it.
  bool next(Nest& element);
  /// What stands around every walk's body from now on: another language ends it in its own way (Python without its lock).
  using Guard = std::function<Ref<IteratorBody>(Ref<IteratorBody>)>;
  static void set_guard(Guard guard);
  /// Ends all of the process: what prefetches must not call the host language once that is gone.
  static void end_all();
  /// As a scalar variant tensor.
  Tensor to_variant();

 private:
  Ref<IteratorBody> body_;  // nothing once it has been ended; guarded by the mutex of all walks
};

/// A walk from the first element on: a scalar variant tensor. In a trace, a node that begins one with each run.
Tensor start_walk(const Dataset& dataset);

/// The next element: true and its tensors, or false and zeros at the end. In a trace, a node that gives one with each run.
std::vector<Tensor> advance_walk(const Tensor& walk, const Nest& element_spec);
/// The next element's tensors. OutOfRangeError at the end.
std::vector<Tensor> next_of_walk(const Tensor& walk, const Nest& element_spec);

}  // namespace runnel::inline v0::data
