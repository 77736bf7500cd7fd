// The module runnel._runnel. The package around it (python/runnel) gives things their public names.
#include <cstdlib>
#include <cstring>

#include "python/bind.h"
#include "python/generator.h"
#include "python/object.h"
#include "runnel/base/error.h"

namespace nb = nanobind;

// What a session still holds when it ends is no news to its user; RUNNEL_VERBOSE=leaks tells.
static bool tell_leaks() {
  const char* wanted = std::getenv("RUNNEL_VERBOSE");
  return wanted && std::strstr(wanted, "leaks");
}

NB_MODULE(_runnel, m) {
  using namespace runnel::python;
  nb::set_leak_warnings(tell_leaks());
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
    bind_keras(m);
    bind_runtime(m);
    m.attr("__version__") = RUNNEL_VERSION;
    nb::dict functions;
    add_all_functions(functions.ptr());
    m.attr("functions") = functions;
  } catch (const PythonError&) {
    nb::raise_python_error();
  }
}
