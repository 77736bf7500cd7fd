// What bindgen has no form for: assert_shapes, and Python's streams for what operators print.
#include "python/bind.h"
#include "python/casters.h"
#include "python/convert.h"
#include "runnel/ops/printing.h"
#include "runnel/ops/shape_assertions.h"

namespace nb = nanobind;

namespace runnel::python {

namespace {

debugging::AxisSize axis_size(nb::handle size) {
  if (size.is_none()) return debugging::AxisSize::any();
  if (size.ptr() == Py_Ellipsis) return debugging::AxisSize::rest();
  if (!PyUnicode_Check(size.ptr())) return to_int(size.ptr());
  std::string name = to_string(size.ptr());
  if (name == "*" || name == "...") return debugging::AxisSize::rest();
  if (name == ".") return debugging::AxisSize::any();
  bool digits = !name.empty() && name.find_first_not_of("0123456789") == std::string::npos;
  return digits ? debugging::AxisSize(std::stoll(name)) : debugging::AxisSize(std::move(name));
}

// shapes: [(tensor, [sizes])]
void assert_shapes(nb::list shapes, const std::string& message, int64_t summarize) {
  std::vector<debugging::ExpectedShape> wanted;
  for (nb::handle row : shapes) {
    debugging::ExpectedShape& shape = wanted.emplace_back(to_tensor(nb::object(row[0]).ptr()), std::vector<debugging::AxisSize>());
    for (nb::handle size : nb::object(row[1])) shape.sizes.push_back(axis_size(size));
  }
  debugging::assert_shapes(wanted, message, summarize);
}

// sys.stdout and sys.stderr, which notebooks and tests replace.
bool write_to_python(const std::string& stream, const std::string& text) {
  HoldGil gil;
  PyObject* file = PySys_GetObject(stream == "stdout" ? "stdout" : "stderr");
  if (!file || file == Py_None) return false;
  nb::handle(file).attr("write")(nb::str(text.c_str(), text.size()));
  nb::handle(file).attr("flush")();
  return true;
}

}  // namespace

void bind_debugging(nb::module_& m) {
  set_print_listener(write_to_python);
  m.def("assert_shapes", assert_shapes, nb::arg("shapes"), nb::arg("message"), nb::arg("summarize"));
}

}  // namespace runnel::python
