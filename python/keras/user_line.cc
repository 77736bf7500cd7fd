#include "python/keras/user_line.h"

#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>

#include "python/object.h"
#include "runnel/base/text.h"

namespace runnel::python {

namespace nb = nanobind;

namespace {

const std::string& package_folder() {
  static const auto& folder = *new std::string(nb::cast<std::string>(nb::module_::import_("runnel").attr("__path__")[0]));
  return folder;
}

Owned next_frame(PyFrameObject* frame) { return Owned(reinterpret_cast<PyObject*>(PyFrame_GetBack(frame))); }

}  // namespace

std::string user_line(bool outside_of_init) {
  Owned frame = Owned::borrow(reinterpret_cast<PyObject*>(PyEval_GetFrame()));
  while (frame) {
    auto* at = reinterpret_cast<PyFrameObject*>(frame.get());
    Owned code(reinterpret_cast<PyObject*>(PyFrame_GetCode(at)));
    std::string file = nb::cast<std::string>(nb::handle(code.get()).attr("co_filename"));
    bool init = outside_of_init && nb::handle(code.get()).attr("co_name").equal(nb::str("__init__"));
    if (!init && !file.starts_with(package_folder())) return cat(file, ":", PyFrame_GetLineNumber(at));
    frame = next_frame(at);
  }
  return "";
}

}  // namespace runnel::python
