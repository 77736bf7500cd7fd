// The module runnel._runnel. The package around it (python/runnel) gives things their public names.
#include "python/bind.h"
#include "python/casters.h"
#include "python/generator.h"
#include "python/object.h"
#include "runnel/base/error.h"
#include "runnel/base/verbose.h"
#include "runnel/ops/module.h"

namespace nb = nanobind;

NB_MODULE(_runnel, m) {
  using namespace runnel::python;
  nb::set_leak_warnings(runnel::is_verbose("leaks"));  // what is still held at the end is no news to users
  nb::register_exception_translator([](const std::exception_ptr& error, void*) {
    try {
      std::rethrow_exception(error);
    } catch (const runnel::Error&) {
      set_python_error();
    } catch (const PythonError&) {  // already set
    }
  });
  try {
    bind_held(m);
    bind_tensor(m);
    bind_tape(m);
    bind_raw_ops(m);
    bind_graph(m);
    bind_function(m);
    bind_control_flow(m);
    bind_data(m);
    bind_generator(m);
    bind_lookup(m);
    bind_keras(m);
    bind_summary(m);
    bind_runtime(m);
    bind_debugging(m);
    m.def("module_name", &runnel::Module::name_of_class);
    m.attr("__version__") = RUNNEL_VERSION;
    nb::dict functions;
    add_all_functions(functions.ptr());
    m.attr("functions") = functions;
  } catch (const PythonError&) {
    nb::raise_python_error();
  }
}
