// What the data sets of this room share.
#pragma once

#include "runnel/base/error.h"
#include "runnel/data/dataset.h"

namespace runnel::inline v0::data {

/// A data set made of another one; by default with its elements.
class Derived : public DatasetBody {
 public:
  explicit Derived(const Dataset& input) : input_(input) { depend_on(input); }
  Nest element_spec() const override { return input_.element_spec(); }

 protected:
  Dataset input_;
};

/// What describes a tensor as a part of elements.
Tensor spec_of(const Tensor& t);

/// An iterator from a function that gives the next element, or false.
template <class Next>
class FunctionIterator : public IteratorBody {
 public:
  explicit FunctionIterator(Next next) : next_(std::move(next)) {}
  bool next(Nest& element) override {
    if (!ended_) ended_ = !next_(element);
    return !ended_;
  }

 private:
  Next next_;
  bool ended_ = false;
};
template <class Next>
Ref<IteratorBody> iterate(Next next) {
  return make_ref<FunctionIterator<Next>>(std::move(next));
}

/// InvalidArgumentError unless value > 0.
void check_positive(const char* where, const char* what, int64_t value);

}  // namespace runnel::inline v0::data
