#include "python/held.h"

#include <unordered_set>
#include <utility>
#include <vector>

#include "python/bind.h"
#include "runnel/base/error.h"

namespace nb = nanobind;

namespace runnel::python {

namespace {

std::unordered_set<PyObject**>& all() {
  static auto& set = *new std::unordered_set<PyObject**>;
  return set;
}

void release_all() {
  std::vector<PyObject*> objects;
  for (PyObject** held : all())
    if (*held) objects.push_back(std::exchange(*held, nullptr));
  for (PyObject* object : objects) Py_DECREF(object);
}

}  // namespace

// Here rather than at the first Held: an import may hand the GIL to a thread that then waits for the same first one.
void bind_held(nb::module_&) { nb::module_::import_("atexit").attr("register")(nb::cpp_function(release_all)); }

struct Held::Shared {  // made, changed and destroyed under the GIL
  explicit Shared(nb::handle o) : object(Py_NewRef(o.ptr())) { all().insert(&object); }
  ~Shared() {
    if (!Py_IsInitialized()) return;  // a thread's own values end after the interpreter
    HoldGil gil;
    all().erase(&object);
    Py_XDECREF(object);
  }
  PyObject* object;
};

Held::Held(nb::handle object) : shared_(std::make_shared<Shared>(object)) {}

nb::object Held::get() const {
  if (!shared_->object) fail<RuntimeError>("runnel", "the interpreter is ending");
  return nb::borrow(shared_->object);
}

}  // namespace runnel::python
