#include "python/keras/python_batches.h"

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

// Holds a Python object that C++ may let go of on any thread.
class Held : public keras::BatchSource {
 public:
  explicit Held(nb::handle object) : object_(Py_NewRef(object.ptr())) {}
  ~Held() override {
    HoldGil gil;
    Py_XDECREF(object_);
  }

 protected:
  nb::handle object() const { return object_; }

 private:
  PyObject* object_;
};

/// An iterable; a generator is walked on from where it stands.
class IterableBatches final : public Held {
 public:
  using Held::Held;
  ~IterableBatches() override {
    HoldGil gil;
    Py_XDECREF(iterator_);
  }
  void begin() override {
    HoldGil gil;
    nb::object made = nb::steal(PyObject_GetIter(object().ptr()));
    if (!made.is_valid()) throw nb::python_error();
    Py_XDECREF(std::exchange(iterator_, made.release().ptr()));
  }
  bool next(keras::Batch& batch) override {
    HoldGil gil;
    nb::object element = nb::steal(PyIter_Next(iterator_));
    if (PyErr_Occurred()) throw nb::python_error();
    if (!element.is_valid()) return false;
    batch = to_batch(element);
    return true;
  }
  int64_t steps() const override {
    HoldGil gil;
    Py_ssize_t n = PyObject_HasAttrString(object().ptr(), "__len__") ? PyObject_Size(object().ptr()) : -1;
    PyErr_Clear();
    return n;
  }

 private:
  PyObject* iterator_ = nullptr;
};

/// A PyDataset or Sequence: batch i is source[i].
class IndexedBatches final : public Held {
 public:
  IndexedBatches(nb::handle source, bool shuffle) : Held(source), shuffle_(shuffle), random_(uint32_t(shuffle ? keras::make_default_seed() : 0)) {}
  void begin() override {
    int64_t n = std::max<int64_t>(steps(), 0);
    order_.resize(size_t(n));
    for (int64_t i = 0; i < n; ++i) order_[size_t(i)] = i;
    if (shuffle_) random_.shuffle(order_);
    at_ = 0;
  }
  bool next(keras::Batch& batch) override {
    HoldGil gil;
    if (at_ >= order_.size()) return false;
    batch = to_batch(nb::object(object()[nb::int_(order_[at_++])]));
    if (at_ == order_.size() && nb::hasattr(object(), "on_epoch_end")) object().attr("on_epoch_end")();
    return true;
  }
  int64_t steps() const override {
    HoldGil gil;
    nb::object n = nb::hasattr(object(), "num_batches") ? object().attr("num_batches") : object().attr("__len__")();
    return n.is_none() ? -1 : nb::cast<int64_t>(n);
  }

 private:
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
