#include "python/call.h"

#include <algorithm>
#include <cstring>

#include "runnel/base/error.h"
#include "runnel/op/context.h"

namespace runnel::python {

namespace {

// TensorFlow's public functions raise these sentences.
[[noreturn]] void wrong_call(const Function& f, const std::string& what) {
  std::string_view name = std::string_view(f.names).substr(0, std::string_view(f.names).find(','));
  fail<TypeError>("", cat(name, "() ", what));
}

int find_parameter(const Function& f, PyObject* keyword) {
  const char* name = PyUnicode_AsUTF8(keyword);
  if (!name) throw PythonError{};
  for (int i = 0; i < f.count; ++i)
    if (!std::strcmp(name, f.parameters[i])) return i;
  if (!std::strcmp(name, "name")) return f.count;
  wrong_call(f, cat("got an unexpected keyword argument '", name, "'"));
}

void check_required(const Function& f, PyObject* const* slots) {
  std::vector<std::string> missing;
  for (int i = 0; i < f.required; ++i)
    if (!slots[i]) missing.push_back(cat("'", f.parameters[i], "'"));
  if (missing.empty()) return;
  wrong_call(f, cat("missing ", missing.size(), " required positional argument", missing.size() > 1 ? "s" : "", ": ",
                    join(missing, " and ")));
}

// The positional arguments in their places; `rest` keeps the tuple of a variadic parameter.
void place_positional(const Function& f, PyObject* const* args, Py_ssize_t count, PyObject** slots, Owned& rest) {
  if (f.rest < 0 && count > f.count + 1)
    wrong_call(f, cat("takes ", f.count + 1, " positional arguments but ", count, " were given"));
  Py_ssize_t plain = f.rest < 0 ? count : std::min<Py_ssize_t>(count, f.rest);
  for (Py_ssize_t i = 0; i < plain; ++i) slots[i] = args[i];
  if (f.rest < 0 || count < f.rest) return;
  rest = Owned(checked(PyTuple_New(count - plain)));
  for (Py_ssize_t i = plain; i < count; ++i) PyTuple_SET_ITEM(rest.get(), i - plain, Py_NewRef(args[i]));
  slots[f.rest] = rest.get();
}

PyObject* call_named(const Function& f, PyObject* const* slots, PyObject* name) {
  ThreadContext& context = thread_context();
  if (!name || name == Py_None || !context.tracer) return f.call(slots);
  Scoped guard(context.op_name, to_string(name));
  return f.call(slots);
}

}  // namespace

PyObject* call_function(const Function& f, PyObject* const* args, Py_ssize_t count, PyObject* keywords) {
  return guarded([&] {
    PyObject* slots[kMaxParameters + 1] = {};
    Owned rest;
    place_positional(f, args, count, slots, rest);
    Py_ssize_t named = keywords ? PyTuple_GET_SIZE(keywords) : 0;
    for (Py_ssize_t k = 0; k < named; ++k) {
      int i = find_parameter(f, PyTuple_GET_ITEM(keywords, k));
      if (slots[i]) wrong_call(f, cat("got multiple values for argument '", i < f.count ? f.parameters[i] : "name", "'"));
      slots[i] = args[count + k];
    }
    check_required(f, slots);
    return call_named(f, slots, slots[f.count]);
  });
}

void add_functions(PyObject* functions, std::span<const Binding> bindings) {
  for (const Binding& binding : bindings) {
    std::vector<std::string> names = split(binding.function->names, ',');
    size_t dot = names[0].rfind('.');
    auto* method = new PyMethodDef{};  // lives as long as the function
    method->ml_name = strdup(names[0].substr(dot == std::string::npos ? 0 : dot + 1).c_str());
    method->ml_meth = reinterpret_cast<PyCFunction>(reinterpret_cast<void*>(binding.entry));
    method->ml_flags = METH_FASTCALL | METH_KEYWORDS;
    method->ml_doc = binding.function->doc;
    std::string home = dot == std::string::npos ? "runnel" : "runnel." + names[0].substr(0, dot);
    Owned module(checked(PyUnicode_InternFromString(home.c_str())));
    Owned object(checked(PyCFunction_NewEx(method, nullptr, module.get())));
    for (const std::string& name : names) checked(PyDict_SetItemString(functions, name.c_str(), object.get()));
  }
}

PyObject* make_named_tuple(PyObject*& type, const char* name, const char* fields, std::initializer_list<PyObject*> items) {
  if (!type) {
    Owned collections(checked(PyImport_ImportModule("collections")));
    type = checked(PyObject_CallMethod(collections.get(), "namedtuple", "ss", name, fields));
  }
  Owned tuple(checked(PyTuple_New(Py_ssize_t(items.size()))));
  Py_ssize_t at = 0;
  for (PyObject* item : items) PyTuple_SET_ITEM(tuple.get(), at++, checked(item));
  return PyObject_CallObject(type, tuple.get());
}

int64_t work_of(const Operand& operand) { return operand.is_weak() ? 0 : work_of(operand.tensor()); }
int64_t work_of(const Operands& operands) {
  int64_t sum = 0;
  for (const Operand& operand : operands.items()) sum += work_of(operand);
  return sum;
}
int64_t work_of(const std::vector<Tensor>& tensors) {
  int64_t sum = 0;
  for (const Tensor& t : tensors)
    if (t) sum += work_of(t);
  return sum;
}

}  // namespace runnel::python
