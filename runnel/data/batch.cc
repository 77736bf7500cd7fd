// Joining and splitting: batch, padded_batch, unbatch, window; data sets as tensors.
#include <algorithm>
#include <cstring>
#include <deque>

#include "runnel/data/body.h"
#include "runnel/ops/array.h"

namespace runnel::inline v0::data {

namespace {

PartialShape with_first(int64_t first, const PartialShape& shape) {
  if (!shape.has_rank()) return shape;
  return PartialShape({first}).concatenate(shape);
}

/// Up to `size` elements; empty at the end, and where a remainder is to be dropped.
std::vector<Nest> take_batch(IteratorBody& input, int64_t size, bool drop_remainder) {
  std::vector<Nest> elements;
  for (Nest element; int64_t(elements.size()) < size && input.next(element);) elements.push_back(std::move(element));
  if (drop_remainder && int64_t(elements.size()) < size) elements.clear();
  return elements;
}

/// Component c of all elements.
using Columns = std::vector<std::vector<Tensor>>;
Columns columns_of(const std::vector<Nest>& elements) {
  Columns columns(elements[0].flatten().size());
  for (const Nest& element : elements) {
    std::vector<Tensor> flat = element.flatten();
    if (flat.size() != columns.size()) fail<errors::InvalidArgumentError>("batch", "the elements have different structures");
    for (size_t c = 0; c < flat.size(); ++c) columns[c].push_back(std::move(flat[c]));
  }
  return columns;
}

Tensor stack_column(const std::vector<Tensor>& column, size_t component) {
  const Tensor& first = column[0];
  for (size_t i = 1; i < column.size(); ++i) {
    if (column[i].shape() == first.shape()) continue;
    fail<errors::InvalidArgumentError>(
        "", cat("Cannot batch tensors with different shapes in component ", component, ". First element had shape ", bracketed(first.shape()),
                " and element ", i, " had shape ", bracketed(column[i].shape()), "."),
        {.hint = "use padded_batch, or make the shapes equal in map."});
  }
  if (!first.dtype().is_plain()) return stack(column);
  Tensor out(first.dtype(), with_first(int64_t(column.size()), first.partial_shape()).known());
  size_t bytes = size_t(first.nbytes());
  for (size_t i = 0; i < column.size() && bytes > 0; ++i) std::memcpy(static_cast<char*>(out.mutable_raw()) + i * bytes, column[i].raw(), bytes);
  return out;
}

Nest stack_elements(const std::vector<Nest>& elements) {
  Columns columns = columns_of(elements);
  std::vector<Tensor> stacked;
  for (size_t c = 0; c < columns.size(); ++c) stacked.push_back(stack_column(columns[c], c));
  return elements[0].pack(stacked);
}

class BatchBody : public Derived {
 public:
  BatchBody(const Dataset& input, int64_t size, bool drop_remainder) : Derived(input), size_(size), drop_remainder_(drop_remainder) {
    check_positive("batch", "Batch size", size);
  }
  int64_t cardinality() const override {
    int64_t n = input_.cardinality();
    return n < 0 ? n : (n + (drop_remainder_ ? 0 : size_ - 1)) / size_;
  }
  Nest element_spec() const override {
    int64_t n = input_.cardinality();
    bool always_full = drop_remainder_ || n == kInfiniteCardinality;
    return input_.element_spec().map(
        [&](const Tensor& t) { return spec(t.dtype(), with_first(always_full ? size_ : PartialShape::kUnknown, t.partial_shape())); });
  }
  Ref<IteratorBody> iterator() const override {
    return iterate([self = Ref(this), input = input_.iterator()](Nest& element) {
      std::vector<Nest> elements = take_batch(*input, self->size_, self->drop_remainder_);
      if (elements.empty()) return false;
      element = self->join(elements);
      return true;
    });
  }

 protected:
  virtual Nest join(const std::vector<Nest>& elements) const { return stack_elements(elements); }
  int64_t size_;
  bool drop_remainder_;
};

class PaddedBatchBody : public BatchBody {
 public:
  PaddedBatchBody(const Dataset& input, int64_t size, const PaddedBatchOptions& options)
      : BatchBody(input, size, options.drop_remainder), shapes_(options.padded_shapes), values_(options.padding_values) {}
  Nest element_spec() const override {
    std::vector<Tensor> flat = input_.element_spec().flatten();
    for (size_t c = 0; c < flat.size(); ++c) {
      PartialShape padded = c < shapes_.size() ? shapes_[c] : flat[c].partial_shape();
      flat[c] = spec(flat[c].dtype(), with_first(drop_remainder_ ? size_ : PartialShape::kUnknown, padded));
    }
    return input_.element_spec().pack(flat);
  }

 protected:
  Nest join(const std::vector<Nest>& elements) const override {
    Columns columns = columns_of(elements);
    std::vector<Tensor> joined;
    for (size_t c = 0; c < columns.size(); ++c) joined.push_back(join_column(columns[c], c));
    return elements[0].pack(joined);
  }

 private:
  Tensor join_column(std::vector<Tensor>& column, size_t c) const {
    std::vector<int64_t> target = target_of(column, c);
    for (Tensor& t : column) t = padded(t, target, c);
    return stack_column(column, c);
  }
  std::vector<int64_t> target_of(const std::vector<Tensor>& column, size_t c) const {
    std::vector<int64_t> target(size_t(column[0].rank()), 0);
    for (const Tensor& t : column)
      for (size_t d = 0; d < target.size(); ++d) target[d] = std::max(target[d], t.dim(int(d)));
    if (c >= shapes_.size() || !shapes_[c].has_rank()) return target;
    if (shapes_[c].rank() != int(target.size()))
      fail<errors::InvalidArgumentError>("padded_batch", "All elements in a batch must have the same rank as the padded shape",
                                         {.got = cat("rank ", target.size()), .expected = to_text(shapes_[c])});
    for (size_t d = 0; d < target.size(); ++d) {
      int64_t wanted = shapes_[c].dim(int(d));
      if (wanted == PartialShape::kUnknown) continue;
      if (target[d] > wanted)
        fail<errors::DataLossError>("padded_batch", "Attempted to pad to a smaller size than the input element.",
                                    {.got = cat("dimension ", d, " of size ", target[d]), .expected = cat("at most ", wanted)});
      target[d] = wanted;
    }
    return target;
  }
  Tensor padded(const Tensor& t, const std::vector<int64_t>& target, size_t c) const {
    if (t.rank() != int(target.size()))
      fail<errors::InvalidArgumentError>("padded_batch", "All elements in a batch must have the same rank", {.got = to_text(t.shape())});
    std::vector<int64_t> after;
    for (size_t d = 0; d < target.size(); ++d) {
      after.push_back(0);
      after.push_back(target[d] - t.dim(int(d)));
    }
    if (std::all_of(after.begin(), after.end(), [](int64_t n) { return n == 0; })) return t;
    Tensor paddings = Tensor::from(after).reshaped(Shape({int64_t(target.size()), 2}));
    if (c < values_.size() && values_[c]) return pad(t, paddings, "CONSTANT", values_[c]);
    return t.dtype() == string ? pad(t, paddings, "CONSTANT", "") : pad(t, paddings);
  }
  std::vector<PartialShape> shapes_;
  std::vector<Tensor> values_;
};

class WindowBody : public Derived {
 public:
  WindowBody(const Dataset& input, int64_t size, const WindowOptions& options)
      : Derived(input), size_(size), shift_(options.shift ? options.shift : size), stride_(options.stride), drop_remainder_(options.drop_remainder) {
    check_positive("window", "Window size", size_);
    check_positive("window", "Window shift", shift_);
    check_positive("window", "Window stride", stride_);
  }
  Nest element_spec() const override { return dataset_spec(input_.element_spec()); }
  int64_t cardinality() const override {
    int64_t n = input_.cardinality();
    if (n < 0) return n;
    int64_t span = (size_ - 1) * stride_;
    if (drop_remainder_) return n <= span ? 0 : (n - span - 1) / shift_ + 1;
    return (n + shift_ - 1) / shift_;
  }
  Ref<IteratorBody> iterator() const override;

 private:
  int64_t size_, shift_, stride_;
  bool drop_remainder_;
};

/// The elements of one window.
class HeldBody : public DatasetBody {
 public:
  HeldBody(std::vector<Nest> elements, const Nest& element_spec) : elements_(std::move(elements)), spec_(element_spec) {}
  int64_t cardinality() const override { return int64_t(elements_.size()); }
  Nest element_spec() const override { return spec_; }
  Ref<IteratorBody> iterator() const override {
    return iterate([self = Ref(this), i = size_t(0)](Nest& element) mutable {
      if (i == self->elements_.size()) return false;
      element = self->elements_[i++];
      return true;
    });
  }

 private:
  std::vector<Nest> elements_;
  Nest spec_;
};

Ref<IteratorBody> WindowBody::iterator() const {
  return iterate([self = Ref(this), input = input_.iterator(), held = std::deque<Nest>(), gap = int64_t(0)](Nest& element) mutable {
    Nest taken;
    for (; gap > 0 && input->next(taken); --gap) continue;
    int64_t reach = (self->size_ - 1) * self->stride_ + 1;
    while (int64_t(held.size()) < reach && input->next(taken)) held.push_back(taken);
    if (held.empty() || (self->drop_remainder_ && int64_t(held.size()) < reach)) return false;
    std::vector<Nest> window;
    for (int64_t i = 0; i < int64_t(held.size()); i += self->stride_) window.push_back(held[size_t(i)]);
    int64_t gone = std::min<int64_t>(self->shift_, int64_t(held.size()));
    held.erase(held.begin(), held.begin() + gone);
    gap = self->shift_ - gone;
    element = Dataset(make_ref<HeldBody>(std::move(window), self->input_.element_spec())).to_variant();
    return true;
  });
}

}  // namespace

Dataset Dataset::batch(int64_t batch_size, const BatchOptions& options) const {
  return Dataset(make_ref<BatchBody>(*this, batch_size, options.drop_remainder));
}
Dataset Dataset::padded_batch(int64_t batch_size, const PaddedBatchOptions& options) const {
  return Dataset(make_ref<PaddedBatchBody>(*this, batch_size, options));
}
Dataset Dataset::unbatch() const { return flat_map([](const Nest& element) { return from_tensor_slices(element); }); }
Dataset Dataset::window(int64_t size, const WindowOptions& options) const { return Dataset(make_ref<WindowBody>(*this, size, options)); }

Tensor Dataset::to_variant() const {
  Tensor out(variant, Shape());
  *static_cast<ResourceRef*>(out.mutable_raw()) = body_;
  return out;
}
Dataset Dataset::from_variant(const Tensor& tensor) {
  if (tensor.dtype() == variant && tensor.rank() == 0)
    if (auto* body = dynamic_cast<DatasetBody*>(static_cast<const ResourceRef*>(tensor.raw())->get())) return Dataset(Ref(body));
  fail<errors::InvalidArgumentError>("Dataset", "the tensor is not a dataset", {.got = to_text(tensor), .expected = "a scalar variant made by to_variant()"});
}

}  // namespace runnel::inline v0::data
