// Dataset::shuffle, in TensorFlow's order for the same seeds.
#include <mutex>
#include <random>

#include "runnel/data/body.h"
#include "runnel/op/context.h"
#include "runnel/ops/random/philox.h"
#include "runnel/ops/random/seed.h"

namespace runnel::inline v0::data {

namespace {

struct Seeds {
  uint64_t first, second;
};

Seeds begun(const SeedPair& pair) {
  if (pair.seed != 0 || pair.seed2 != 0) return {uint64_t(pair.seed), uint64_t(pair.seed2)};
  std::random_device device;
  return {device(), device()};
}

/// A ring of up to `size` elements from which each call takes a random one.
class ShuffleIterator : public IteratorBody {
 public:
  ShuffleIterator(Ref<IteratorBody> input, int64_t size, const Seeds& seeds)
      : input_(std::move(input)), ring_(size_t(0)), size_(uint64_t(size)), random_(Philox(seeds.first, seeds.second)) {}

  bool next(Nest& element) override {
    fill();
    if (begin_ == end_) return false;
    uint64_t chosen = begin_ + random_() % (end_ - begin_);
    element = std::move(slot(chosen));
    if (chosen != begin_) slot(chosen) = std::move(slot(begin_));
    ++begin_;
    return true;
  }

 private:
  Nest& slot(uint64_t i) { return ring_[i % size_]; }
  void fill() {
    while (!ended_ && end_ - begin_ < size_) {
      if (ring_.size() < size_ && ring_.size() == end_) ring_.emplace_back();  // grows up to its size
      ended_ = !input_->next(slot(end_));
      if (!ended_) ++end_;
    }
  }
  Ref<IteratorBody> input_;
  std::vector<Nest> ring_;
  uint64_t size_, begin_ = 0, end_ = 0;
  bool ended_ = false;
  PhiloxStream random_;
};

class ShuffleBody : public Derived {
 public:
  ShuffleBody(const Dataset& input, int64_t size, const ShuffleOptions& options)
      : Derived(input), size_(size), reshuffle_(options.reshuffle_each_iteration), in_graph_(thread_context().tracer),
        pair_(seeds_for(options.seed)), seeds_(begun(pair_)), walks_(Philox(seeds_.first, seeds_.second)) {
    check_positive("shuffle", "buffer_size", size);
  }
  int64_t cardinality() const override { return input_.cardinality(); }
  Ref<IteratorBody> iterator() const override { return make_ref<ShuffleIterator>(input_.iterator(), size_, walk_seeds()); }

 private:
  // A call of a function makes the data sets of its graph anew: each walk is the first.
  Seeds walk_seeds() const {
    Seeds seeds = in_graph_ ? begun(pair_) : seeds_;
    if (!reshuffle_) return seeds;
    if (in_graph_) return next_of(PhiloxStream(Philox(seeds.first, seeds.second)));
    std::lock_guard lock(mutex_);
    return next_of(walks_);
  }
  template <class Stream>
  static Seeds next_of(Stream&& walks) {
    uint64_t first = walks();
    return {first, walks()};
  }
  int64_t size_;
  bool reshuffle_, in_graph_;
  SeedPair pair_;
  Seeds seeds_;
  mutable std::mutex mutex_;
  mutable PhiloxStream walks_;  // two numbers a walk
};

}  // namespace

Dataset Dataset::shuffle(int64_t buffer_size, const ShuffleOptions& options) const {
  return Dataset(make_ref<ShuffleBody>(*this, buffer_size, options));
}

}  // namespace runnel::inline v0::data
