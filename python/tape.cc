// GradientTape and custom_gradient. Nests of sources and targets are flattened by the package (runnel/_tape.py).
#include "runnel/autodiff/forward_accumulator.h"

#include "python/bind.h"
#include "python/call.h"
#include "python/casters.h"
#include "python/held.h"
#include "runnel/base/error.h"
#include "runnel/ops/indexed_slices.h"

namespace nb = nanobind;

namespace runnel::python {

namespace {

Source source_of(nb::handle object) {
  if (is_variable(object.ptr())) return variable_of(object.ptr());
  if (is_tensor(object.ptr())) return tensor_of(object.ptr());
  return to_tensor(object.ptr());
}

std::vector<Source> sources_of(nb::list list) {
  std::vector<Source> out;
  for (nb::handle item : list) out.push_back(source_of(item));
  return out;
}

std::vector<Tensor> maybe_tensors(nb::list list) {
  std::vector<Tensor> out;
  for (nb::handle item : list) out.push_back(item.is_none() ? Tensor() : to_tensor(item.ptr()));
  return out;
}

nb::list optional_list(const std::vector<Tensor>& tensors) { return nb::steal<nb::list>(wrap(tensors)); }

// tf.IndexedSlices, of runnel/_variable.py.
nb::object slices_object(const IndexedSlices& s) {
  nb::object type = nb::module_::import_("runnel._variable").attr("IndexedSlices");
  return type(s.values, s.indices, s.dense_shape);
}
nb::list gradient_list(const std::vector<Tensor>& grads) {
  nb::list out;
  for (const Tensor& g : grads) out.append(IndexedSlices::is_slices(g) ? slices_object(IndexedSlices::of(g)) : nb::steal(wrap(g)));
  return out;
}

nb::list gradient(GradientTape& tape, nb::list targets, nb::list sources, nb::list seeds, bool zero) {
  std::vector<Tensor> t = maybe_tensors(targets);
  std::vector<Source> s = sources_of(sources);
  GradientOptions options{maybe_tensors(seeds), zero ? UnconnectedGradients::kZero : UnconnectedGradients::kNone};
  return gradient_list(without_gil(work_of(t) + ReleaseGil::kWorthwhile, [&] {
    KeepSlices keep;
    return tape.gradient(t, s, options);
  }));
}

UnconnectedGradients unconnected(bool zero) { return zero ? UnconnectedGradients::kZero : UnconnectedGradients::kNone; }

nb::list jacobian(GradientTape& tape, const Tensor& target, nb::list sources, bool zero, bool pfor) {
  std::vector<Source> s = sources_of(sources);
  return optional_list(without_gil(ReleaseGil::kWorthwhile + 1, [&] { return tape.jacobian(target, s, unconnected(zero), pfor); }));
}

nb::object batch_jacobian(GradientTape& tape, const Tensor& target, nb::handle source, bool zero, bool pfor) {
  Source s = source_of(source);
  return nb::steal(wrap(without_gil(ReleaseGil::kWorthwhile + 1, [&] { return tape.batch_jacobian(target, s, unconnected(zero), pfor); })));
}

// backward(list of gradients of the outputs) -> list of gradients of the inputs (None: not connected).
std::vector<Tensor> call_backward(const Held& backward, std::span<const Tensor> grads) {
  return with_gil([&] {
    Owned list(wrap(std::vector<Tensor>(grads.begin(), grads.end())));
    Owned result(checked(PyObject_CallOneArg(backward.get().ptr(), list.get())));
    return maybe_tensors(nb::borrow<nb::list>(result.get()));
  });
}

// forward() runs with the recorders silent and gives (outputs, backward).
nb::list record_custom(nb::list inputs, nb::callable forward) {
  std::vector<Tensor> in;
  for (nb::handle item : inputs) in.push_back(source_of(item).key());
  auto run = [&](std::span<const Tensor>) {
    nb::tuple result = nb::cast<nb::tuple>(forward());
    Held backward(result[1]);
    return WithGradient{maybe_tensors(nb::cast<nb::list>(result[0])),
                        [backward](std::span<const Tensor> grads) { return call_backward(backward, grads); }};
  };
  return optional_list(custom_gradient(run, in));
}

bool any_tape_wants(nb::list inputs) {
  std::vector<Tensor> in;
  for (nb::handle item : inputs) in.push_back(source_of(item).key());
  for (Recorder* recorder : thread_context().recorders)
    if (recorder->wants(in)) return true;
  return false;
}

class Silence {  // no tape of this thread records
 public:
  void enter() { std::swap(saved_, thread_context().recorders); }
  void leave() { std::swap(saved_, thread_context().recorders); }

 private:
  std::vector<Recorder*> saved_;
};

void bind_accumulator(nb::module_& m) {
  nb::class_<ForwardAccumulator>(m, "ForwardAccumulator")
      .def("__init__",
           [](ForwardAccumulator* self, nb::list primals, nb::list tangents) {
             new (self) ForwardAccumulator(sources_of(primals), maybe_tensors(tangents));
             self->stop();  // recording starts with __enter__
           })
      .def("start", &ForwardAccumulator::start)
      .def("stop", &ForwardAccumulator::stop)
      .def("jvp", [](const ForwardAccumulator& acc, nb::handle primal, bool zero) -> nb::object {
        Tensor found = acc.jvp(source_of(primal), unconnected(zero));
        return found ? nb::steal(wrap(found)) : nb::none();
      });
}

}  // namespace

void bind_tape(nb::module_& m) {
  nb::class_<GradientTape>(m, "Tape")
      .def("__init__",
           [](GradientTape* self, bool persistent, bool watch) {
             new (self) GradientTape(TapeOptions{.persistent = persistent, .watch_accessed_variables = watch});
             self->stop();  // recording starts with __enter__
           })
      .def("watch", [](GradientTape& tape, nb::handle source) { tape.watch(source_of(source)); })
      .def("start", &GradientTape::start)
      .def("stop", &GradientTape::stop)
      .def("reset", &GradientTape::reset)
      .def_prop_ro("recording", &GradientTape::is_recording)
      .def("gradient", gradient)
      .def("jacobian", jacobian)
      .def("batch_jacobian", batch_jacobian)
      .def("watched_variables", [](const GradientTape& tape) {
        nb::list out;
        for (const Tensor& handle : tape.watched_variables()) out.append(nb::steal(wrap(Variable::from_handle(handle))));
        return out;
      });
  bind_accumulator(m);
  nb::class_<Silence>(m, "Silence").def(nb::init<>()).def("enter", &Silence::enter).def("leave", &Silence::leave);
  m.def("record_custom", record_custom);
  m.def("any_tape_wants", any_tape_wants);
  m.def("is_recording", [] { return !thread_context().recorders.empty(); });
}

}  // namespace runnel::python
