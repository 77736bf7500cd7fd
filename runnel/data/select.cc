// Which elements, and how often: take, skip, repeat, concatenate, zip, shard, cache, flat_map, interleave.
#include <algorithm>
#include <mutex>
#include <thread>

#include "runnel/data/body.h"
#include "runnel/data/late.h"

namespace runnel::inline v0::data {

namespace {

bool drop(IteratorBody& input, int64_t count) {
  for (Nest element; count > 0; --count)
    if (!input.next(element)) return false;
  return true;
}

class TakeBody : public Derived {
 public:
  TakeBody(const Dataset& input, int64_t count) : Derived(input), count_(count) {}
  int64_t cardinality() const override {
    int64_t n = input_.cardinality();
    if (count_ < 0 || n == kUnknownCardinality) return n;
    return n == kInfiniteCardinality ? count_ : std::min(n, count_);
  }
  Ref<IteratorBody> iterator() const override {
    return iterate([input = input_.iterator(), left = count_](Nest& element) mutable {
      if (left == 0) return false;
      if (left > 0) --left;
      return input->next(element);
    });
  }

 private:
  int64_t count_;  // negative: all
};

class SkipBody : public Derived {
 public:
  SkipBody(const Dataset& input, int64_t count) : Derived(input), count_(count) {}
  int64_t cardinality() const override {
    int64_t n = input_.cardinality();
    if (count_ < 0) return 0;
    return n < 0 ? n : std::max<int64_t>(0, n - count_);
  }
  Ref<IteratorBody> iterator() const override {
    return iterate([input = input_.iterator(), left = count_](Nest& element) mutable {
      return left >= 0 && drop(*input, std::exchange(left, 0)) && input->next(element);
    });
  }

 private:
  int64_t count_;  // negative: all
};

class RepeatBody : public Derived {
 public:
  RepeatBody(const Dataset& input, int64_t count) : Derived(input), count_(count) {}
  int64_t cardinality() const override {
    int64_t n = input_.cardinality();
    if (count_ < 0) return n == 0 ? 0 : kInfiniteCardinality;
    if (count_ == 0) return 0;
    return n < 0 ? n : n * count_;
  }
  Ref<IteratorBody> iterator() const override {
    return iterate([self = Ref(this), input = Ref<IteratorBody>(), round = int64_t(0)](Nest& element) mutable {
      while (self->count_ < 0 || round < self->count_) {
        bool fresh = !input;
        if (fresh) input = self->input_.iterator();
        if (input->next(element)) return true;
        if (fresh && self->count_ < 0) return false;  // nothing to repeat
        input = nullptr;
        ++round;
      }
      return false;
    });
  }

 private:
  int64_t count_;  // negative: for ever
};

Nest relaxed(const Nest& a, const Nest& b) {
  std::vector<Tensor> x = a.flatten(), y = b.flatten();
  for (size_t i = 0; i < x.size(); ++i) {
    if (x[i].dtype() == variant) continue;
    PartialShape p = x[i].partial_shape(), q = y[i].partial_shape();
    if (!p.has_rank() || !q.has_rank() || p.rank() != q.rank()) {
      x[i] = spec(x[i].dtype(), PartialShape::unknown_rank());
      continue;
    }
    for (int d = 0; d < p.rank(); ++d)
      if (p[d] != q[d]) p.set_dim(d, PartialShape::kUnknown);
    x[i] = spec(x[i].dtype(), p);
  }
  return a.pack(x);
}

class ConcatenateBody : public Derived {
 public:
  ConcatenateBody(const Dataset& first, const Dataset& second) : Derived(first), second_(second) {
    depend_on(second);
    std::vector<Tensor> a = first.element_spec().flatten(), b = second.element_spec().flatten();
    bool same = a.size() == b.size();
    for (size_t i = 0; same && i < a.size(); ++i) same = a[i].dtype() == b[i].dtype();
    if (!same)
      fail<TypeError>("concatenate", "the two datasets have different types",
                      {.got = cat(shapes_text(first.element_spec()), " and ", shapes_text(second.element_spec()))});
  }
  int64_t cardinality() const override {
    int64_t a = input_.cardinality(), b = second_.cardinality();
    if (a == kInfiniteCardinality || b == kInfiniteCardinality) return kInfiniteCardinality;
    return a < 0 || b < 0 ? kUnknownCardinality : a + b;
  }
  Nest element_spec() const override { return relaxed(input_.element_spec(), second_.element_spec()); }
  Ref<IteratorBody> iterator() const override {
    return iterate([self = Ref(this), input = input_.iterator(), in_second = false](Nest& element) mutable {
      if (input->next(element)) return true;
      if (std::exchange(in_second, true)) return false;
      input = self->second_.iterator();
      return input->next(element);
    });
  }

 private:
  Dataset second_;
};

class ZipBody : public DatasetBody {
 public:
  explicit ZipBody(const std::vector<Dataset>& inputs) : inputs_(inputs) {
    if (inputs.empty()) fail<ValueError>("zip", "there is no dataset");
    for (const Dataset& d : inputs) depend_on(d);
  }
  int64_t cardinality() const override {
    int64_t shortest = kInfiniteCardinality;
    for (const Dataset& d : inputs_) {
      int64_t n = d.cardinality();
      if (n == kUnknownCardinality) return n;
      if (n != kInfiniteCardinality && (shortest == kInfiniteCardinality || n < shortest)) shortest = n;
    }
    return shortest;
  }
  Nest element_spec() const override {
    Nest::List items;
    for (const Dataset& d : inputs_) items.push_back(d.element_spec());
    return Nest::tuple(items);
  }
  Ref<IteratorBody> iterator() const override {
    std::vector<Ref<IteratorBody>> inputs;
    for (const Dataset& d : inputs_) inputs.push_back(d.iterator());
    return iterate([inputs](Nest& element) {
      Nest::List items(inputs.size());
      for (size_t i = 0; i < inputs.size(); ++i)
        if (!inputs[i]->next(items[i])) return false;
      element = Nest::tuple(std::move(items));
      return true;
    });
  }

 private:
  std::vector<Dataset> inputs_;
};

class ShardBody : public Derived {
 public:
  ShardBody(const Dataset& input, int64_t shards, int64_t index) : Derived(input), shards_(shards), index_(index) {
    if (shards < 1) fail<errors::InvalidArgumentError>("shard", "Number of shards must be greater than zero", {.got = cat("num_shards = ", shards)});
    if (index < 0 || index >= shards)
      fail<errors::InvalidArgumentError>("shard", "Index must be between 0 and num_shards - 1", {.got = cat("index = ", index, ", num_shards = ", shards)});
  }
  int64_t cardinality() const override {
    int64_t n = input_.cardinality();
    return n < 0 ? n : n / shards_ + (index_ < n % shards_ ? 1 : 0);
  }
  Ref<IteratorBody> iterator() const override {
    return iterate([self = Ref(this), input = input_.iterator(), gap = index_](Nest& element) mutable {
      return drop(*input, std::exchange(gap, self->shards_ - 1)) && input->next(element);
    });
  }

 private:
  int64_t shards_, index_;
};

class CacheBody : public Derived {
 public:
  explicit CacheBody(const Dataset& input) : Derived(input), store_(make_ref<Store>()) {}
  int64_t cardinality() const override { return input_.cardinality(); }
  Ref<IteratorBody> iterator() const override {
    Ref<Store> of_run = store();
    if (of_run->is_complete())
      return iterate([store = of_run, i = size_t(0)](Nest& element) mutable {
        if (i == store->elements.size()) return false;
        element = store->elements[i++];
        return true;
      });
    return iterate([store = of_run, input = input_.iterator(), taken = std::vector<Nest>()](Nest& element) mutable {
      if (input->next(element)) {
        taken.push_back(element);
        return true;
      }
      std::lock_guard lock(store->mutex);
      if (!std::exchange(store->complete, true)) store->elements = std::move(taken);
      return false;
    });
  }

 private:
  struct Store : RefCounted {
    std::mutex mutex;
    bool complete = false;
    std::vector<Nest> elements;  // nobody changes them once they are complete
    Ref<BoundValues> values;     // of which run
    bool is_complete() {
      std::lock_guard lock(mutex);
      return complete;
    }
  };
  // What depends on a graph's tensors is kept for one run of it.
  Ref<Store> store() const {
    Ref<Store> old;  // goes when the lock has gone: its elements may need the host language
    std::lock_guard lock(mutex_);
    if (!late().empty() && store_->values.get() != bound_values().get()) {
      old = std::exchange(store_, make_ref<Store>());
      store_->values = bound_values();
    }
    return store_;
  }
  mutable std::mutex mutex_;
  mutable Ref<Store> store_;
};

using ToDataset = std::function<Dataset(const Nest&)>;
class InterleaveBody : public Derived {
 public:
  InterleaveBody(const Dataset& input, ToDataset f, int64_t cycle, int64_t block, const std::optional<Nest>& spec = {})
      : Derived(input), f_(std::move(f)), cycle_(cycle), block_(block), spec_(spec) {
    check_positive("interleave", "cycle_length", cycle);
    check_positive("interleave", "block_length", block);
  }
  Nest element_spec() const override {
    if (spec_) return *spec_;
    Nest first;
    if (!input_.iterator()->next(first)) return {};
    return f_(first).element_spec();
  }
  Ref<IteratorBody> iterator() const override { return make_ref<Walk>(Ref(this)); }

 private:
  // TensorFlow's order: `cycle` open data sets in a circle; each gives `block` elements in its turn; an ended one leaves
  // its place to the next element's data set, at its next turn.
  class Walk : public IteratorBody {
   public:
    explicit Walk(Ref<const InterleaveBody> body) : body_(std::move(body)), input_(body_->input_.iterator()), open_(size_t(body_->cycle_)) {}
    bool next(Nest& element) override {
      while (!exhausted_ || num_open_ > 0) {
        Ref<IteratorBody>& now = open_[at_];
        if (now) {
          if (now->next(element)) {
            if (++given_ == body_->block_) advance();
            return true;
          }
          now = nullptr;
          --num_open_;
          advance();
        } else if (Nest source; !exhausted_ && input_->next(source)) {
          now = body_->f_(source).iterator();
          ++num_open_;
        } else {
          exhausted_ = true;
          advance();
        }
      }
      return false;
    }

   private:
    void advance() {
      given_ = 0;
      at_ = (at_ + 1) % open_.size();
    }
    Ref<const InterleaveBody> body_;
    Ref<IteratorBody> input_;
    std::vector<Ref<IteratorBody>> open_;
    size_t at_ = 0, num_open_ = 0;
    int64_t given_ = 0;
    bool exhausted_ = false;
  };
  ToDataset f_;
  int64_t cycle_, block_;
  std::optional<Nest> spec_;
};

}  // namespace

Dataset Dataset::take(int64_t count) const { return Dataset(make_ref<TakeBody>(*this, count)); }
Dataset Dataset::skip(int64_t count) const { return Dataset(make_ref<SkipBody>(*this, count)); }
Dataset Dataset::repeat(int64_t count) const { return Dataset(make_ref<RepeatBody>(*this, count)); }
Dataset Dataset::concatenate(const Dataset& other) const { return Dataset(make_ref<ConcatenateBody>(*this, other)); }
Dataset Dataset::zip(const std::vector<Dataset>& datasets) { return Dataset(make_ref<ZipBody>(datasets)); }
Dataset Dataset::shard(int64_t num_shards, int64_t index) const { return Dataset(make_ref<ShardBody>(*this, num_shards, index)); }
Dataset Dataset::cache() const { return Dataset(make_ref<CacheBody>(*this)); }
Dataset Dataset::flat_map(ToDataset f) const { return interleave(std::move(f), {.cycle_length = 1}); }

namespace {
int64_t cycle_of(const InterleaveOptions& options) {
  return options.cycle_length == kAutotune ? int64_t(std::thread::hardware_concurrency()) : options.cycle_length;
}
}  // namespace

Dataset Dataset::interleave(ToDataset f, const InterleaveOptions& options) const {
  if (!current_graph()) return Dataset(make_ref<InterleaveBody>(*this, std::move(f), cycle_of(options), options.block_length));
  Nest spec;
  TracedFunction traced = trace_elements(element_spec(), [&](const Nest& element) {
    Dataset made = f(element);
    spec = made.element_spec();
    return Nest(dataset_tensor(made));
  });
  return interleave_traced(*this, {traced.function, traced.captures, spec}, options);
}
Dataset interleave_traced(const Dataset& input, const TracedFunction& f, const InterleaveOptions& options) {
  return with_values(input, f, [options](const Dataset& from, const TracedFunction& g) {
    TracedFunction to_variant{g.function, g.captures, spec(variant, PartialShape(Shape()))};
    auto to_dataset = [to_variant](const Nest& element) { return Dataset::from_variant(to_variant(element).tensor()); };
    return Dataset(make_ref<InterleaveBody>(from, to_dataset, cycle_of(options), options.block_length, g.result_spec));
  });
}

}  // namespace runnel::inline v0::data
