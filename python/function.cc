// tf.function for Python: traces, concrete functions and control flow. Nests are flattened by the package
// (runnel/_function.py); a call whose arguments were seen before is found here, by FastCalls.
#include "runnel/graph/concrete_function.h"

#include "python/bind.h"
#include "python/call.h"
#include "python/casters.h"
#include "python/function.h"
#include "python/held.h"
#include "runnel/base/error.h"
#include "runnel/graph/control/host_call.h"
#include "runnel/graph/control_flow.h"
#include "runnel/graph/explain.h"
#include "runnel/graph/graph_def.h"

namespace nb = nanobind;

namespace runnel::python {

namespace {

std::vector<Tensor> tensors_of(nb::handle list) {
  std::vector<Tensor> out;
  for (nb::handle item : list) out.push_back(to_tensor(item.ptr()));
  return out;
}

nb::list wrapped(const std::vector<Tensor>& tensors) { return nb::steal<nb::list>(wrap(tensors)); }

std::vector<Tensor> call_python(nb::handle f, const std::vector<Tensor>& arguments) {
  return with_gil([&] {
    Owned list(wrap(arguments));
    Owned result(checked(PyObject_CallOneArg(f.ptr(), list.get())));
    return tensors_of(result.get());
  });
}

struct ConcreteHandle {
  Ref<ConcreteFunction> function;
};

std::vector<Argument> arguments_of(nb::list specs) {
  std::vector<Argument> out;
  for (nb::handle spec : specs) {
    nb::tuple t = nb::cast<nb::tuple>(spec);
    out.push_back({to_dtype(t[0].ptr()), to_partial_shape(t[1].ptr()), to_string(t[2].ptr())});
  }
  return out;
}

std::vector<Tensor> values_of(nb::list specs) {
  std::vector<Tensor> out;
  for (nb::handle spec : specs) out.push_back(spec[3].is_none() ? Tensor() : to_tensor(nb::object(spec[3]).ptr()));
  return out;
}

// specs: (dtype, shape, name, value or None);  body(list of symbolic tensors) -> list of tensors
ConcreteHandle find_or_trace(TraceCache& cache, const std::string& structure, nb::list specs, nb::callable body) {
  std::vector<Argument> arguments = arguments_of(specs);
  std::vector<Tensor> values = values_of(specs);
  ReleaseGil release(true);  // another thread may hold the cache while it waits for Python
  return {cache.find_or_trace(structure, arguments, [&](const std::vector<Tensor>& inputs) {
    FuncGraph::current().set_first_values(values);
    return call_python(body, inputs);
  })};
}

nb::list inputs_of(const ConcreteHandle& h) {
  nb::list out;
  FuncGraph& graph = h.function->function()->graph();
  for (Node* node : graph.inputs()) out.append(nb::steal(wrap(graph.tensor({node, 0}))));
  return out;
}
nb::list outputs_of(const ConcreteHandle& h) {
  nb::list out;
  const GraphFunction& f = *h.function->function();
  for (int i = 0; i < f.num_results(); ++i) out.append(nb::steal(wrap(f.graph().tensor(f.outputs()[size_t(i)]))));
  return out;
}

nb::list call_concrete(const ConcreteHandle& h, nb::list arguments) {
  return wrapped(call_released(*h.function, tensors_of(arguments), true));
}

// --- control flow: branches and bodies are Python functions between lists of tensors ---

BranchFunction branch(nb::callable f) {
  return [f = Held(f)] {
    return with_gil([&] {
      Owned result(checked(PyObject_CallNoArgs(f.get().ptr())));
      return tensors_of(result.get());
    });
  };
}

nb::list python_cond(const Tensor& pred, nb::callable true_fn, nb::callable false_fn) { return wrapped(cond(pred, branch(true_fn), branch(false_fn))); }

nb::list python_switch(const Tensor& index, nb::list fns) {
  std::vector<BranchFunction> branches;
  for (nb::handle f : fns) branches.push_back(branch(nb::borrow<nb::callable>(f)));
  return wrapped(switch_case(index, branches));
}

nb::list python_while(nb::callable condition, nb::callable body, nb::list variables, nb::object invariants, nb::object most) {
  WhileOptions options;
  if (!invariants.is_none())
    for (nb::handle shape : invariants) options.shape_invariants.push_back(to_partial_shape(shape.ptr()));
  if (!most.is_none()) options.maximum_iterations = to_tensor(most.ptr());
  auto check = [&](const std::vector<Tensor>& v) { return call_python(condition, v).at(0); };
  auto step = [&](const std::vector<Tensor>& v) { return call_python(body, v); };
  return wrapped(while_loop(check, step, tensors_of(variables), options));
}

Ref<HostFunction> host_function(nb::handle f, const std::string& name, nb::list dtypes, bool stateful) {
  auto out = make_ref<HostFunction>();
  out->name = name;
  out->stateful = stateful;
  for (nb::handle dtype : dtypes) out->outputs.push_back(to_dtype(dtype.ptr()));
  out->body = [f = Held(f)](std::vector<Tensor> inputs) {
    HoldGil gil;
    return call_python(f.get(), inputs);
  };
  return out;
}

// f(list of eager tensors) -> list of tensors; gradient(list: inputs and output gradients) -> gradients of floating inputs
nb::list python_host_call(nb::list inputs, nb::callable f, nb::list dtypes, nb::object gradient, const std::string& name, bool stateful) {
  std::vector<Tensor> in = tensors_of(inputs);
  Ref<HostFunction> host = host_function(f, name, dtypes, stateful);
  if (!gradient.is_none()) {
    nb::list floating;
    for (const Tensor& t : in)
      if (t.dtype().is_differentiable()) floating.append(nb::steal(wrap(t.dtype())));
    host->gradient = host_function(gradient, name + "_gradient", floating, stateful);
  }
  return wrapped(host_call(host, in));
}

}  // namespace

std::vector<Tensor> call_released(const ConcreteFunction& f, std::vector<Tensor> arguments, bool checked) {
  int64_t work = 0;
  for (const Tensor& t : arguments) work += work_of(t);
  bool eager = !thread_context().tracer;
  const GraphFunction& function = *f.function();
  ReleaseGil release(eager && (work > ReleaseGil::kWorthwhile || function.has_loop() || function.calls_host() || function.graph().nodes().size() > 100));
  return checked ? f(std::move(arguments)) : f.call_unchecked(std::move(arguments));
}

void bind_function(nb::module_& m) {
  nb::class_<ConcreteHandle>(m, "ConcreteHandle")
      .def("call", call_concrete)
      .def_prop_ro("name", [](const ConcreteHandle& h) { return h.function->function()->name(); })
      .def_prop_ro("id", [](const ConcreteHandle& h) { return reinterpret_cast<uintptr_t>(h.function.get()); })
      .def_prop_ro("arguments",
                   [](const ConcreteHandle& h) {
                     nb::list out;
                     for (const Argument& a : h.function->arguments())
                       out.append(nb::make_tuple(nb::steal(wrap(a.dtype)), nb::steal(wrap(a.shape)), a.name));
                     return out;
                   })
      .def("function_def",
           [](const ConcreteHandle& h) {
             std::string bytes = function_def(*h.function->function());
             return nb::bytes(bytes.data(), bytes.size());
           })
      .def("optimised_text", [](const ConcreteHandle& h) { return optimised_text(*h.function->function()); })
      .def_prop_ro("inputs", inputs_of)
      .def_prop_ro("outputs", outputs_of)
      .def_prop_ro("captures", [](const ConcreteHandle& h) { return wrapped(h.function->captures()); })
      .def_prop_ro("variables", [](const ConcreteHandle& h) {
        nb::list out;
        for (const Variable& v : h.function->variables()) out.append(nb::steal(wrap(v)));
        return out;
      });
  nb::class_<TraceCache>(m, "TraceCache")
      .def("__init__",
           [](TraceCache* self, const std::string& name, bool reduce_retracing, bool jit_compile) {
             new (self) TraceCache({.name = name, .reduce_retracing = reduce_retracing, .jit_compile = jit_compile});
           })
      .def("find_or_trace", find_or_trace)
      .def_prop_ro("count", [](const TraceCache& cache) { return without_gil(ReleaseGil::kWorthwhile + 1, [&] { return cache.count(); }); })
      .def("explain", [](const TraceCache& cache) { return without_gil(ReleaseGil::kWorthwhile + 1, [&] { return cache.explain(); }); });
  nb::class_<FastCalls>(m, "FastCalls")
      .def(nb::init<>())
      .def("call",
           [](FastCalls& calls, nb::tuple args, nb::dict kwargs, nb::callable prepare) {
             return nb::steal(checked(calls.call(args.ptr(), kwargs.ptr(), prepare.ptr())));
           })
      .def("clear", &FastCalls::clear);
  m.def("cond", python_cond);
  m.def("switch_case", python_switch);
  m.def("while_loop", python_while, nb::arg("cond"), nb::arg("body"), nb::arg("loop_vars"), nb::arg("shape_invariants").none(),
        nb::arg("maximum_iterations").none());
  m.def("host_call", python_host_call, nb::arg("inputs"), nb::arg("f"), nb::arg("dtypes"), nb::arg("gradient").none(), nb::arg("name"),
        nb::arg("stateful"));
}

const ConcreteFunction* concrete_of(PyObject* handle) { return nb::cast<ConcreteHandle&>(nb::handle(handle)).function.get(); }

}  // namespace runnel::python
