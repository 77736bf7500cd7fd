// Where elements come from: tensors, their slices, ranges, generators.
#include "runnel/data/body.h"
#include "runnel/data/late.h"
#include "runnel/ops/array.h"

namespace runnel::inline v0::data {

Tensor spec(DType dtype, const PartialShape& shape) { return Tensor::symbolic(dtype, {.shape = shape}); }

void check_positive(const char* where, const char* what, int64_t value) {
  if (value <= 0) fail<errors::InvalidArgumentError>(where, cat(what, " must be greater than zero."), {.got = to_text(value)});
}

namespace {

class TensorsBody : public DatasetBody {
 public:
  explicit TensorsBody(const Nest& tensors) : tensors_(tensors) {}
  int64_t cardinality() const override { return 1; }
  Nest element_spec() const override {
    return tensors_.map(spec_of);
  }
  Ref<IteratorBody> iterator() const override {
    return iterate([self = Ref(this), done = false](Nest& element) mutable {
      element = self->tensors_;
      return !std::exchange(done, true);
    });
  }

 private:
  Nest tensors_;
};

Shape without_first(const Shape& shape) { return PartialShape(shape).slice(1, shape.rank()).known(); }

class SlicesBody : public DatasetBody {
 public:
  explicit SlicesBody(const Nest& tensors) : tensors_(tensors) {
    std::vector<Tensor> flat = tensors.flatten();
    if (flat.empty()) fail<ValueError>("from_tensor_slices", "there is no tensor to slice");
    for (const Tensor& t : flat) {
      if (t.rank() == 0)
        fail<ValueError>("from_tensor_slices", "Unbatching a tensor is only supported for rank >= 1", {.got = "a scalar"});
      if (t.dim(0) != flat[0].dim(0))
        fail<ValueError>("", cat("Dimensions ", flat[0].dim(0), " and ", t.dim(0), " are not compatible"),
                         {.hint = "from_tensor_slices takes tensors with equal first dimensions."});
    }
    count_ = flat[0].dim(0);
  }
  int64_t cardinality() const override { return count_; }
  Nest element_spec() const override {
    return tensors_.map([](const Tensor& t) { return spec(t.dtype(), PartialShape(without_first(t.shape()))); });
  }
  Ref<IteratorBody> iterator() const override {
    return iterate([self = Ref(this), i = int64_t(0)](Nest& element) mutable {
      if (i >= self->count_) return false;
      element = self->tensors_.map([&](const Tensor& t) { return t.rows(i, i + 1).reshaped(without_first(t.shape())); });
      ++i;
      return true;
    });
  }

 private:
  Nest tensors_;
  int64_t count_;
};

class RangeBody : public DatasetBody {
 public:
  RangeBody(int64_t stop, const RangeOptions& options) : stop_(stop), options_(options) {
    if (options.step == 0) fail<errors::InvalidArgumentError>("range", "step must be a non-zero integer.");
    if (!options.output_type.is_integer() && !options.output_type.is_floating())
      fail<TypeError>("range", "the elements must be numbers", {.got = cat("output_type ", options.output_type)});
  }
  int64_t cardinality() const override {
    int64_t span = options_.step > 0 ? stop_ - options_.start : options_.start - stop_;
    int64_t step = options_.step > 0 ? options_.step : -options_.step;
    return span <= 0 ? 0 : (span - 1) / step + 1;
  }
  Nest element_spec() const override { return spec(options_.output_type, PartialShape(Shape())); }
  Ref<IteratorBody> iterator() const override {
    return iterate([self = Ref(this), i = int64_t(0), n = cardinality()](Nest& element) mutable {
      if (i >= n) return false;
      element = cast(Tensor::scalar(self->options_.start + i++ * self->options_.step), self->options_.output_type);
      return true;
    });
  }

 private:
  int64_t stop_;
  RangeOptions options_;
};

class GeneratorBody : public DatasetBody {
 public:
  GeneratorBody(std::function<std::function<bool(Nest&)>()> generator, const Nest& element_spec)
      : generator_(std::move(generator)), spec_(element_spec) {}
  Nest element_spec() const override { return spec_; }
  Ref<IteratorBody> iterator() const override {
    return iterate([self = Ref(this), next = std::function<bool(Nest&)>()](Nest& element) mutable {
      if (!next) next = self->generator_();
      if (!next(element)) return false;
      element = self->checked(element);
      return true;
    });
  }

 private:
  // In the dtypes that were promised: numbers become others, text stays text.
  Nest checked(const Nest& element) const {
    std::vector<Tensor> got = element.flatten(), expected = spec_.flatten();
    if (got.size() != expected.size())
      fail<TypeError>("from_generator", "the generator yielded an element of another structure than output_signature",
                      {.got = shapes_text(element), .expected = shapes_text(spec_)});
    for (size_t i = 0; i < got.size(); ++i) {
      const DType wanted = expected[i].dtype();
      if ((got[i].dtype() == string) != (wanted == string))
        fail<TypeError>("from_generator", "the generator yielded an element of another dtype than output_signature",
                        {.got = to_text(got[i].dtype()), .expected = to_text(wanted)});
      if (got[i].dtype() != wanted) got[i] = cast(got[i], wanted);
      if (!expected[i].partial_shape().is_compatible_with(got[i].partial_shape()))
        fail<TypeError>("from_generator", "the generator yielded an element of another shape than output_signature",
                        {.got = to_text(got[i].shape()), .expected = to_text(expected[i].partial_shape())});
    }
    return element.pack(got);
  }
  std::function<std::function<bool(Nest&)>()> generator_;
  Nest spec_;
};

}  // namespace

namespace {
// One element, or one for each row; both with a source of the class Body, once there are values.
template <class Body>
Dataset from_values(const Nest& tensors, const Nest& element_spec) {
  return late_dataset(tensors.flatten(), [structure = tensors.map(spec_of)](const std::vector<Tensor>& values) {
    return Dataset(make_ref<Body>(structure.pack(values)));
  }, element_spec);
}
Tensor row_spec(const Tensor& t) {
  PartialShape shape = t.partial_shape();
  if (shape.has_rank() && shape.rank() == 0)
    fail<ValueError>("from_tensor_slices", "Unbatching a tensor is only supported for rank >= 1", {.got = "a scalar"});
  return spec(t.dtype(), shape.has_rank() ? shape.slice(1, shape.rank()) : shape);
}
}  // namespace

Dataset Dataset::from_tensors(const Nest& tensors) { return from_values<TensorsBody>(tensors, tensors.map(spec_of)); }
Dataset Dataset::from_tensor_slices(const Nest& tensors) { return from_values<SlicesBody>(tensors, tensors.map(row_spec)); }
Dataset Dataset::range(int64_t stop, const RangeOptions& options) { return Dataset(make_ref<RangeBody>(stop, options)); }
Dataset Dataset::from_generator(std::function<std::function<bool(Nest&)>()> generator, const Nest& output_spec) {
  return Dataset(make_ref<GeneratorBody>(std::move(generator), output_spec));
}

}  // namespace runnel::inline v0::data
