// Threads, memory, the instruction set.
#include "python/bind.h"
#include "python/casters.h"
#include "runnel/base/stop.h"
#include "runnel/core/allocator.h"
#include "runnel/runtime/thread_pool.h"

namespace nb = nanobind;

namespace runnel::python {

namespace {

// Ctrl-C in loops that run without Python.
void check_signals() {
  HoldGil gil;
  if (PyErr_CheckSignals() != 0) throw nb::python_error();
}

bool is_no_failure(const std::exception& caught) {
  auto* error = dynamic_cast<const nb::python_error*>(&caught);
  HoldGil gil;
  return error && !error->matches(PyExc_Exception);
}

}  // namespace

void bind_runtime(nb::module_& m) {
  set_host_poll(check_signals, is_no_failure);
  m.def("memory_stats", [] {
    AllocatorStats stats = cpu_allocator().stats();
    nb::dict out;
    out["current"] = stats.in_use;
    out["peak"] = stats.peak_in_use;
    return out;
  });
  m.def("num_threads", num_threads);
  m.def("set_num_threads", set_num_threads);
  m.def("reset_peak_memory", [] { cpu_allocator().reset_peak(); });
}

}  // namespace runnel::python
