#include "python/keras/python_batches.h"

#include <optional>

#include "python/held.h"
#include "runnel/base/error.h"
#include "runnel/base/numpy_random.h"
#include "runnel/keras/random.h"
#include "runnel/ops/array.h"
#include "runnel/ops/math.h"

namespace runnel::python {

namespace {

keras::Batch to_batch(nb::handle element) {
  if (!PyTuple_Check(element.ptr())) return {to_data(element), {}, {}};
  nb::tuple parts = nb::borrow<nb::tuple>(element);
  if (parts.size() == 0 || parts.size() > 3)
    fail<ValueError>("", "Data is expected to be in format `x`, `(x,)`, `(x, y)`, or `(x, y, sample_weight)`", {.got = cat("a tuple of ", parts.size())});
  auto part = [&](size_t i) { return i < parts.size() ? to_data(nb::object(parts[i])) : Nest(); };
  return {part(0), part(1), part(2)};
}

/// An iterable; a generator is walked on from where it stands.
class IterableBatches final : public keras::BatchSource {
 public:
  explicit IterableBatches(nb::handle iterable) : iterable_(iterable) {}
  void begin() override {
    with_gil([&] { iterator_ = Held(nb::steal(checked(PyObject_GetIter(iterable_.get().ptr())))); });
  }
  bool next(keras::Batch& batch) override {
    return with_gil([&] {
      nb::object element = nb::steal(PyIter_Next(iterator_->get().ptr()));
      if (PyErr_Occurred()) throw nb::python_error();
      if (!element.is_valid()) return false;
      batch = to_batch(element);
      return true;
    });
  }
  int64_t steps() const override {
    return with_gil([&] {
      nb::object iterable = iterable_.get();
      Py_ssize_t n = PyObject_HasAttrString(iterable.ptr(), "__len__") ? PyObject_Size(iterable.ptr()) : -1;
      PyErr_Clear();
      return int64_t(n);
    });
  }

 private:
  Held iterable_;
  std::optional<Held> iterator_;
};

/// A PyDataset or Sequence: batch i is source[i].
class IndexedBatches final : public keras::BatchSource {
 public:
  IndexedBatches(nb::handle source, bool shuffle) : source_(source), shuffle_(shuffle), random_(uint32_t(shuffle ? keras::make_default_seed() : 0)) {}
  void begin() override {
    int64_t n = std::max<int64_t>(steps(), 0);
    order_.resize(size_t(n));
    for (int64_t i = 0; i < n; ++i) order_[size_t(i)] = i;
    if (shuffle_) random_.shuffle(order_);
    at_ = 0;
    with_gil([&] {
      nb::object source = source_.get();
      if (nb::hasattr(source, "on_epoch_begin")) source.attr("on_epoch_begin")();
    });
  }
  bool next(keras::Batch& batch) override {
    if (at_ >= order_.size()) return false;
    return with_gil([&] {
      nb::object source = source_.get();
      batch = to_batch(nb::object(source[nb::int_(order_[at_++])]));
      if (at_ == order_.size() && nb::hasattr(source, "on_epoch_end")) source.attr("on_epoch_end")();
      return true;
    });
  }
  int64_t steps() const override {
    return with_gil([&] {
      nb::object source = source_.get();
      nb::object n = nb::hasattr(source, "num_batches") ? source.attr("num_batches") : source.attr("__len__")();
      return n.is_none() ? -1 : nb::cast<int64_t>(n);
    });
  }

 private:
  Held source_;
  bool shuffle_;
  NumpyRandomState random_;
  std::vector<int64_t> order_;
  size_t at_ = 0;
};

bool is_indexed(nb::handle x) { return nb::hasattr(x, "__getitem__") && nb::hasattr(x, "__len__"); }

}  // namespace

Nest to_data(nb::handle object) {
  Nest data = to_nest(object);
  return data.map([](const Tensor& t) -> Tensor { return t.dtype() == float64 ? runnel::cast(t, float32) : t; });
}

bool is_source(nb::handle x) {
  PyObject* o = x.ptr();
  if (o == Py_None || is_tensor(o) || is_variable(o) || is_sequence(o) || PyDict_Check(o)) return false;
  if (nb::isinstance<data::Dataset>(x) || nb::hasattr(x, "_variant") || PyIter_Check(o)) return true;
  return !nb::hasattr(x, "__array__") && (is_indexed(x) || nb::hasattr(x, "__iter__"));
}

Ref<keras::BatchSource> source_of(nb::handle x, bool shuffle) {
  if (nb::isinstance<data::Dataset>(x)) return keras::batches_of(nb::cast<data::Dataset&>(x));
  if (nb::hasattr(x, "_variant")) return source_of(x.attr("_variant"), shuffle);
  if (!PyIter_Check(x.ptr()) && is_indexed(x)) return make_ref<IndexedBatches>(x, shuffle);
  return make_ref<IterableBatches>(x);
}

}  // namespace runnel::python
