// What each file of the module adds to it.
#pragma once

#include <nanobind/nanobind.h>

namespace runnel::python {

void bind_tensor(nanobind::module_& m);    // tensor_bind.cc: types, constant, conversions
void bind_tape(nanobind::module_& m);      // tape.cc: GradientTape, custom_gradient
void bind_graph(nanobind::module_& m);    // graph.cc: graphs, operations, scopes
void bind_function(nanobind::module_& m);  // function.cc: traces, concrete functions, control flow
void bind_control_flow(nanobind::module_& m);  // control_flow.cc: TensorArray, map_fn, folds
void bind_raw_ops(nanobind::module_& m);   // raw_ops.cc: any operator by name, list_ops
void bind_data(nanobind::module_& m);      // data.cc: data sets
void bind_lookup(nanobind::module_& m);    // lookup.cc: tables
void bind_keras(nanobind::module_& m);     // keras.cc: layers, models, data sets
void bind_held(nanobind::module_& m);      // held.cc: what lets go of Python objects at the end
void bind_debugging(nanobind::module_& m);  // debugging.cc: assert_shapes, where print writes
void bind_summary(nanobind::module_& m);   // summary.cc: event files
void bind_runtime(nanobind::module_& m);   // runtime.cc: threads, memory
void add_all_functions(PyObject* functions);  // generated

}  // namespace runnel::python
