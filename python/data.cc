// tf.data: the C++ data sets. The class Dataset with its arguments is python/runnel/data/__init__.py.
#include "runnel/data/dataset.h"

#include "python/bind.h"
#include "python/call.h"
#include "python/casters.h"
#include "python/function.h"
#include "python/held.h"
#include "runnel/base/error.h"
#include "runnel/data/late.h"
#include "runnel/data/walk.h"

namespace nb = nanobind;

namespace runnel::python {

namespace {

using data::Dataset;

// Tuples and dicts are structure; a list is a tensor's value, as in TensorFlow's data sets.
Nest to_element(nb::handle object) {
  if (object.is_none()) return {};
  if (nb::isinstance<Dataset>(object)) return nb::cast<Dataset&>(object).to_variant();
  if (nb::hasattr(object, "_variant")) return to_element(object.attr("_variant"));
  if (PyDict_Check(object.ptr())) {
    Nest::Dict items;
    for (auto [key, value] : nb::borrow<nb::dict>(object)) items.emplace_back(nb::cast<std::string>(nb::str(key)), to_element(value));
    return items;
  }
  if (PyTuple_Check(object.ptr())) {
    Nest::List items;
    for (nb::handle item : object) items.push_back(to_element(item));
    return Nest::tuple(std::move(items));
  }
  return to_tensor(object.ptr());
}

nb::object from_element(const Nest& nest) {
  if (nest.is_tensor()) {
    const Tensor& t = nest.tensor();
    if (t.dtype() == variant && !t.is_symbolic()) return nb::cast(Dataset::from_variant(t));
    return nb::steal(wrap(t));
  }
  nb::list items;
  if (nest.is_list())
    for (const Nest& item : nest.list()) items.append(from_element(item));
  if (nest.is_tuple()) return nb::tuple(items);
  if (nest.is_list()) return items;
  if (!nest) return nb::none();
  nb::dict out;
  for (const auto& [name, item] : nest.dict()) out[name.c_str()] = from_element(item);
  return out;
}

// f(element) in Python, called from whichever thread needs it.
auto calling(const Held& f) {
  return [f](const Nest& element) {
    return with_gil([&] { return to_element(f.get()(from_element(element))); });
  };
}
auto predicate(const Held& f) {
  return [f](const Nest& element) {
    return with_gil([&] { return nb::cast<bool>(f.get()(from_element(element))); });
  };
}
/// A traced function of an element's components, in order; its results in the structure of `result_spec`.
data::TracedFunction traced(nb::handle concrete, nb::handle result_spec) {
  const ConcreteFunction& f = *concrete_of(concrete.ptr());
  return {f.function(), f.captures(), to_element(result_spec)};
}

auto dataset_of(const Held& f) {
  return [f](const Nest& element) {
    return with_gil([&] { return nb::cast<Dataset>(f.get()(from_element(element))); });
  };
}

// open() gives a Python iterator; its items become elements by to_nest().
auto generator(const Held& open) {
  return [open] {
    Held items = with_gil([&] { return Held(open.get()()); });
    return [items](Nest& element) {
      return with_gil([&] {
        Owned item(PyIter_Next(items.get().ptr()));
        if (PyErr_Occurred()) throw PythonError{};
        if (item) element = to_element(item.get());
        return bool(item);
      });
    };
  };
}

/// What ends without the GIL, whoever ends it: a prefetching thread may wait for it.
class EndsReleased : public data::IteratorBody {
 public:
  explicit EndsReleased(Ref<data::IteratorBody> body) : body_(std::move(body)) {}
  ~EndsReleased() override {
    ReleaseGil release(Py_IsInitialized() && PyGILState_Check());
    body_ = nullptr;
  }
  bool next(Nest& element) override { return body_->next(element); }

 private:
  Ref<data::IteratorBody> body_;
};

/// A walk; other threads run while it computes.
class Walk {
 public:
  explicit Walk(const Dataset& dataset) {
    ReleaseGil release(true);
    walk_ = make_ref<data::OpenWalk>(dataset.iterator());
  }
  nb::object next() {
    Nest element;
    bool more;
    {
      ReleaseGil release(true);
      more = walk_->next(element);
    }
    if (!more) throw nb::stop_iteration();
    return from_element(element);
  }
  Tensor variant() const { return walk_->to_variant(); }

 private:
  Ref<data::OpenWalk> walk_;
};

std::vector<PartialShape> shapes_of(nb::list shapes) {
  std::vector<PartialShape> out;
  for (nb::handle s : shapes) out.push_back(to_partial_shape(s.ptr()));
  return out;
}
std::vector<Tensor> values_of(nb::list values) {
  std::vector<Tensor> out;
  for (nb::handle v : values) out.push_back(v.is_none() ? Tensor() : to_tensor(v.ptr()));
  return out;
}

void bind_sources(nb::class_<Dataset>& c) {
  c.def_static("from_tensors", [](nb::handle tensors) { return Dataset::from_tensors(to_element(tensors)); });
  c.def_static("from_tensor_slices", [](nb::handle tensors) { return Dataset::from_tensor_slices(to_element(tensors)); });
  c.def_static("range", [](int64_t start, int64_t stop, int64_t step, const DType& type) {
    return Dataset::range(stop, {.start = start, .step = step, .output_type = type});
  });
  c.def_static("from_generator", [](nb::callable open, nb::handle spec) { return Dataset::from_generator(generator(Held(open)), to_element(spec)); });
  c.def_static("zip", [](const std::vector<Dataset>& datasets) { return Dataset::zip(datasets); });
}

void bind_functions(nb::class_<Dataset>& c) {
  c.def("map", [](const Dataset& d, nb::callable f, int64_t parallel) { return d.map(calling(Held(f)), {.num_parallel_calls = parallel}); });
  c.def("map_traced", [](const Dataset& d, nb::handle concrete, nb::handle output_spec, int64_t parallel) {
    return data::map_traced(d, traced(concrete, output_spec), {.num_parallel_calls = parallel});
  });
  c.def("filter", [](const Dataset& d, nb::callable f) { return d.filter(predicate(Held(f))); });
  c.def("filter_traced", [](const Dataset& d, nb::handle concrete, nb::handle spec) { return data::filter_traced(d, traced(concrete, spec)); });
  c.def("take_while", [](const Dataset& d, nb::callable f) { return d.take_while(predicate(Held(f))); });
  c.def("take_while_traced", [](const Dataset& d, nb::handle concrete, nb::handle spec) { return data::take_while_traced(d, traced(concrete, spec)); });
  c.def("interleave", [](const Dataset& d, nb::callable f, int64_t cycle, int64_t block) {
    return d.interleave(dataset_of(Held(f)), {.cycle_length = cycle, .block_length = block});
  });
  c.def("flat_map", [](const Dataset& d, nb::callable f) { return d.flat_map(dataset_of(Held(f))); });
  c.def("interleave_traced", [](const Dataset& d, nb::handle concrete, nb::handle spec, int64_t cycle, int64_t block) {
    return data::interleave_traced(d, traced(concrete, spec), {.cycle_length = cycle, .block_length = block});
  });
  c.def("scan_traced", [](const Dataset& d, nb::handle initial, nb::handle concrete, nb::handle spec) {
    return data::scan_traced(d, to_element(initial), traced(concrete, spec));
  });
  c.def("scan", [](const Dataset& d, nb::handle initial, nb::callable f) {
    return d.scan(to_element(initial), [f = Held(f)](const Nest& state, const Nest& element) {
      return with_gil([&] {
        nb::tuple result = nb::cast<nb::tuple>(f.get()(from_element(state), from_element(element)));
        return std::pair(to_element(result[0]), to_element(result[1]));
      });
    });
  });
}

void bind_selections(nb::class_<Dataset>& c) {
  c.def("batch", [](const Dataset& d, int64_t size, bool drop) { return d.batch(size, {.drop_remainder = drop}); });
  c.def("padded_batch", [](const Dataset& d, int64_t size, nb::list shapes, nb::list values, bool drop) {
    return d.padded_batch(size, {.padded_shapes = shapes_of(shapes), .padding_values = values_of(values), .drop_remainder = drop});
  });
  c.def("unbatch", &Dataset::unbatch);
  c.def("window", [](const Dataset& d, int64_t size, int64_t shift, int64_t stride, bool drop) {
    return d.window(size, {.shift = shift, .stride = stride, .drop_remainder = drop});
  });
  c.def("shuffle", [](const Dataset& d, int64_t size, std::optional<int64_t> seed, bool reshuffle) {
    return d.shuffle(size, {.seed = seed, .reshuffle_each_iteration = reshuffle});
  }, nb::arg("size"), nb::arg("seed").none(), nb::arg("reshuffle"));
  c.def("repeat", &Dataset::repeat);
  c.def("take", &Dataset::take);
  c.def("skip", &Dataset::skip);
  c.def("concatenate", &Dataset::concatenate);
  c.def("shard", &Dataset::shard);
  c.def("cache", &Dataset::cache);
  c.def("prefetch", &Dataset::prefetch);
  c.def("enumerate", &Dataset::enumerate);
}

}  // namespace

void bind_data(nb::module_& m) {
  data::OpenWalk::set_guard([](Ref<data::IteratorBody> body) -> Ref<data::IteratorBody> { return make_ref<EndsReleased>(std::move(body)); });
  nb::class_<Dataset> dataset(m, "Dataset");
  bind_sources(dataset);
  bind_functions(dataset);
  bind_selections(dataset);
  dataset.def("cardinality", &Dataset::cardinality)
      .def("element_spec", [](const Dataset& d) { return from_element(d.element_spec()); })
      .def("variant", data::dataset_tensor)
      .def_static("from_variant", [](const Tensor& tensor, nb::handle spec) { return Dataset::from_variant(tensor, to_element(spec)); })
      .def_static("late", [](nb::list tensors, nb::callable build, const Dataset& like) {
        std::vector<Tensor> waiting;
        for (nb::handle t : tensors) waiting.push_back(to_tensor(t.ptr()));
        auto made = [build = Held(build)](const std::vector<Tensor>& values) {
          return with_gil([&] { return nb::cast<Dataset>(build.get()(nb::steal(wrap(values)))); });
        };
        return data::late_dataset(waiting, made, like.element_spec(), {like});
      })
      .def("reduce", [](const Dataset& d, nb::handle state, nb::callable f) {
        return from_element(d.reduce(to_element(state), [&](const Nest& now, const Nest& element) { return to_element(f(from_element(now), from_element(element))); }));
      })
      .def("walk", [](const Dataset& d) { return new Walk(d); });
  nb::class_<Walk>(m, "DatasetWalk", nb::is_weak_referenceable()).def("next", &Walk::next).def("variant", &Walk::variant);
  m.def("start_walk", data::start_walk);
  m.def("end_walks", [] {
    ReleaseGil release(true);
    data::OpenWalk::end_all();
  });
  m.def("next_of_walk", [](const Tensor& walk, nb::handle spec) {
    Nest of = to_element(spec);
    return from_element(of.pack(data::next_of_walk(walk, of)));
  });
  m.def("advance_walk", [](const Tensor& walk, nb::handle spec) {
    Nest of = to_element(spec);
    std::vector<Tensor> out = data::advance_walk(walk, of);
    return nb::make_tuple(nb::steal(wrap(out[0])), from_element(of.pack({out.begin() + 1, out.end()})));
  });
  m.def("set_data_classes", [](nb::list classes) {
    for (nb::handle one : classes) data_classes().push_back(one.inc_ref().ptr());
  });
  m.def("dataset_spec", [](nb::handle element_spec) { return data::dataset_spec(to_element(element_spec)); });
  m.def("nested_spec", [](const Tensor& leaf) { return from_element(data::nested_spec(leaf)); });
  m.def("data_spec", [](const DType& dtype, const PartialShape& shape) { return data::spec(dtype, shape); });
}

}  // namespace runnel::python
