// What bindgen has no form for: assert_shapes, and Python's streams for what operators print.
#include <charconv>

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
  if (!digits) return std::move(name);
  int64_t number = INT64_MAX;  // of more digits than a size can have: no axis fits it
  std::from_chars(name.data(), name.data() + name.size(), number);
  return number;
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
  nb::object words = nb::steal(checked(PyUnicode_DecodeUTF8(text.data(), Py_ssize_t(text.size()), "backslashreplace")));  // of bytes, maybe
  nb::handle(file).attr("write")(words);
  nb::handle(file).attr("flush")();
  return true;
}

}  // namespace

void bind_debugging(nb::module_& m) {
  set_print_listener(write_to_python);
  m.def("assert_shapes", assert_shapes, nb::arg("shapes"), nb::arg("message"), nb::arg("summarize"));
}

}  // namespace runnel::python
