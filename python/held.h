// Python objects that C++ keeps and calls, on any thread.
#pragma once

#include <nanobind/nanobind.h>

#include <memory>

#include "python/object.h"

namespace runnel::python {

/// A Python object that C++ may copy and let go of on any thread. A function and the module that it lives in, which may hold what
/// holds the function, are a circle that Python cannot see: so all of them are let go when the interpreter ends.
class Held {
 public:
  explicit Held(nanobind::handle object);
  /// To be called with the GIL. RuntimeError where the interpreter is ending.
  nanobind::object get() const;

 private:
  struct Shared;
  std::shared_ptr<Shared> shared_;
};

/// f() with the GIL. What Python raises in it leaves as an object, which can go on to other threads.
template <class F>
auto with_gil(F&& f) {
  HoldGil gil;
  try {
    return f();
  } catch (const PythonError&) {
    throw nanobind::python_error();
  }
}

}  // namespace runnel::python
