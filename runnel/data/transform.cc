// Functions over elements: map, filter, scan, take_while, enumerate, reduce.
#include <exception>
#include <limits>

#include "runnel/base/stop.h"
#include "runnel/data/body.h"
#include "runnel/data/late.h"
#include "runnel/graph/graph.h"
#include "runnel/op/shape_inference.h"
#include "runnel/runtime/thread_pool.h"

namespace runnel::inline v0::data {

namespace {

// What f returns for elements of this spec, found without data.
Nest output_spec_of(const ElementFunction& f, const Nest& input_spec) {
  auto tracer = make_ref<ShapeTracer>();
  Scoped guard(thread_context().tracer, static_cast<Tracer*>(tracer.get()));
  Nest out = f(input_spec.map([&](const Tensor& t) { return tracer->placeholder(t.dtype(), t.partial_shape()); }));
  return out.map(spec_of);
}

class MapBody : public Derived {
 public:
  MapBody(const Dataset& input, const ElementFunction& f, const MapOptions& options)
      : Derived(input), f_(f), parallel_(options.num_parallel_calls), spec_(options.output_spec) {
    if (parallel_ == kAutotune) parallel_ = 4 * num_threads();
    check_positive("map", "num_parallel_calls", parallel_);
  }
  int64_t cardinality() const override { return input_.cardinality(); }
  Nest element_spec() const override { return spec_ ? *spec_ : output_spec_of(f_, input_.element_spec()); }
  Ref<IteratorBody> iterator() const override;

 private:
  friend class ParallelMap;
  ElementFunction f_;
  int64_t parallel_;
  std::optional<Nest> spec_;
};

/// Takes `parallel_` elements at a time and computes them together on the thread pool. An error comes at its element.
class ParallelMap : public IteratorBody {
 public:
  explicit ParallelMap(Ref<const MapBody> map) : map_(std::move(map)), input_(map_->input_.iterator()) {}
  bool next(Nest& element) override {
    if (at_ == results_.size()) fill();
    if (results_.empty()) return false;
    Result& result = results_[at_++];
    if (result.error) std::rethrow_exception(result.error);
    element = std::move(result.value);
    return true;
  }

 private:
  struct Result {
    Nest value;
    std::exception_ptr error;
  };
  void fill() {
    poll_stop();
    std::vector<Nest> elements;
    for (Nest element; int64_t(elements.size()) < map_->parallel_ && input_->next(element);) elements.push_back(std::move(element));
    results_.assign(elements.size(), {});
    at_ = 0;
    parallel_for(int64_t(elements.size()), 1, [&](int64_t i, int64_t) {
      EagerScope apart;  // one of the threads is the caller's, with its tapes
      try {
        results_[size_t(i)].value = map_->f_(elements[size_t(i)]);
      } catch (...) {
        results_[size_t(i)].error = std::current_exception();
      }
    });
  }
  Ref<const MapBody> map_;
  Ref<IteratorBody> input_;
  std::vector<Result> results_;
  size_t at_ = 0;
};

Ref<IteratorBody> MapBody::iterator() const {
  if (parallel_ > 1) return make_ref<ParallelMap>(Ref(this));
  return iterate([self = Ref(this), input = input_.iterator()](Nest& element) {
    poll_stop();
    Nest taken;
    if (!input->next(taken)) return false;
    element = self->f_(taken);
    return true;
  });
}

class FilterBody : public Derived {
 public:
  FilterBody(const Dataset& input, std::function<bool(const Nest&)> predicate) : Derived(input), predicate_(std::move(predicate)) {}
  int64_t cardinality() const override {
    int64_t n = input_.cardinality();
    return n == 0 || n == kInfiniteCardinality ? n : kUnknownCardinality;
  }
  Ref<IteratorBody> iterator() const override {
    return iterate([self = Ref(this), input = input_.iterator()](Nest& element) {
      for (; input->next(element); poll_stop())
        if (self->predicate_(element)) return true;
      return false;
    });
  }

 private:
  std::function<bool(const Nest&)> predicate_;
};

class TakeWhileBody : public Derived {
 public:
  TakeWhileBody(const Dataset& input, std::function<bool(const Nest&)> predicate) : Derived(input), predicate_(std::move(predicate)) {}
  Ref<IteratorBody> iterator() const override {
    return iterate([self = Ref(this), input = input_.iterator()](Nest& element) { return input->next(element) && self->predicate_(element); });
  }

 private:
  std::function<bool(const Nest&)> predicate_;
};

using ScanFunction = std::function<std::pair<Nest, Nest>(const Nest&, const Nest&)>;
class ScanBody : public Derived {
 public:
  ScanBody(const Dataset& input, const Nest& initial_state, ScanFunction f, const std::optional<Nest>& spec = {})
      : Derived(input), initial_(initial_state), f_(std::move(f)), spec_(spec) {}
  int64_t cardinality() const override { return input_.cardinality(); }
  Nest element_spec() const override {
    if (spec_) return *spec_;
    auto output = [this](const Nest& element) { return f_(initial_, element).second; };
    return output_spec_of(output, input_.element_spec());
  }
  Ref<IteratorBody> iterator() const override {
    return iterate([self = Ref(this), input = input_.iterator(), state = initial_](Nest& element) mutable {
      Nest taken;
      if (!input->next(taken)) return false;
      std::tie(state, element) = self->f_(state, taken);
      return true;
    });
  }

 private:
  Nest initial_;
  ScanFunction f_;
  std::optional<Nest> spec_;
};

}  // namespace

// In a trace functions are traced as well: they may use tensors of the graph.

Dataset Dataset::map(const ElementFunction& f, const MapOptions& options) const {
  if (!current_graph()) return Dataset(make_ref<MapBody>(*this, f, options));
  return map_traced(*this, trace_elements(element_spec(), f), options);
}
Dataset map_traced(const Dataset& input, const TracedFunction& f, const MapOptions& options) {
  return with_values(input, f, [parallel = options.num_parallel_calls](const Dataset& from, const TracedFunction& g) {
    return Dataset(make_ref<MapBody>(from, g, MapOptions{.num_parallel_calls = parallel, .output_spec = g.result_spec}));
  });
}

namespace {
template <class Body>
Dataset selected(const Dataset& input, const TracedFunction& f) {
  return with_values(input, f, [](const Dataset& from, const TracedFunction& g) {
    return Dataset(make_ref<Body>(from, [g](const Nest& element) { return g(element).tensor().item<bool>(); }));
  });
}
}  // namespace

Dataset Dataset::filter(std::function<bool(const Nest&)> predicate) const { return Dataset(make_ref<FilterBody>(*this, std::move(predicate))); }
Dataset filter_traced(const Dataset& input, const TracedFunction& f) { return selected<FilterBody>(input, f); }
Dataset Dataset::take_while(std::function<bool(const Nest&)> predicate) const {
  return Dataset(make_ref<TakeWhileBody>(*this, std::move(predicate)));
}
Dataset take_while_traced(const Dataset& input, const TracedFunction& f) { return selected<TakeWhileBody>(input, f); }

Dataset Dataset::scan(const Nest& initial_state, ScanFunction f) const {
  if (!current_graph()) return Dataset(make_ref<ScanBody>(*this, initial_state, std::move(f)));
  TracedFunction traced = trace_elements(Nest::tuple({initial_state.map(spec_of), element_spec()}), [&](const Nest& both) {
    auto [state, output] = f(both[0], both[1]);
    return Nest::tuple({state, output});
  });
  return scan_traced(*this, initial_state, traced);
}
Dataset scan_traced(const Dataset& input, const Nest& initial_state, const TracedFunction& f) {
  TracedFunction with_state{f.function, initial_state.flatten(), f.result_spec};  // what the function captures comes behind
  const size_t states = with_state.captures.size();
  with_state.captures.insert(with_state.captures.end(), f.captures.begin(), f.captures.end());
  const bool bare = with_state.captures.empty();
  return with_values(input, with_state, [states, bare, structure = initial_state.map(spec_of)](const Dataset& from, const TracedFunction& g) {
    if (g.captures.empty() && !bare) return Dataset(make_ref<ScanBody>(from, Nest(), ScanFunction(), g.result_spec[1]));
    auto rest = g.captures.begin() + std::ptrdiff_t(states);
    TracedFunction step{g.function, {rest, g.captures.end()}, g.result_spec};
    auto f = [step](const Nest& state, const Nest& element) {
      Nest both = step(Nest::tuple({state, element}));
      return std::pair(both[0], both[1]);
    };
    return Dataset(make_ref<ScanBody>(from, structure.pack({g.captures.begin(), rest}), f, g.result_spec[1]));
  });
}

Dataset Dataset::enumerate(int64_t start) const {
  constexpr int64_t kForever = std::numeric_limits<int64_t>::max();
  return zip({range(kForever, {.start = start}), *this});
}

}  // namespace runnel::inline v0::data
