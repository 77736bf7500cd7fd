#include "python/held.h"

#include <unordered_set>
#include <utility>
#include <vector>

#include "runnel/base/error.h"

namespace nb = nanobind;

namespace runnel::python {

struct Held::Shared {  // made, changed and destroyed under the GIL
  explicit Shared(nb::handle o) : object(Py_NewRef(o.ptr())) {
    static const bool registered = (nb::module_::import_("atexit").attr("register")(nb::cpp_function(release_all)), true);
    (void)registered;
    all().insert(this);
  }
  ~Shared() {
    HoldGil gil;
    all().erase(this);
    Py_XDECREF(object);
  }
  static std::unordered_set<Shared*>& all() {
    static auto& set = *new std::unordered_set<Shared*>;
    return set;
  }
  static void release_all() {
    std::vector<PyObject*> objects;
    for (Shared* shared : all())
      if (shared->object) objects.push_back(std::exchange(shared->object, nullptr));
    for (PyObject* object : objects) Py_DECREF(object);
  }
  PyObject* object;
};

Held::Held(nb::handle object) : shared_(std::make_shared<Shared>(object)) {}

nb::object Held::get() const {
  if (!shared_->object) fail<RuntimeError>("runnel", "the interpreter is ending");
  return nb::borrow(shared_->object);
}

}  // namespace runnel::python
