// C++ exceptions as Python's: tf.errors.* (runnel/errors.py) and the built-in ones.
#include <new>

#include <nanobind/nanobind.h>

#include "python/object.h"
#include "runnel/autodiff/gradient_errors.h"
#include "runnel/graph/graph_errors.h"

namespace runnel::python {

namespace {

void set_op_error(const OpError& error) {
  Owned module(PyImport_ImportModule("runnel.errors"));
  if (!module) return;
  Owned type(PyObject_CallMethod(module.get(), "exception_type_from_error_code", "i", int(error.code())));
  if (!type) return;
  Owned value(PyObject_CallFunction(type.get(), "OOs", Py_None, Py_None, error.what()));
  if (value) PyErr_SetObject(type.get(), value.get());
}

Owned error_class(const char* name) {
  Owned module(checked(PyImport_ImportModule("runnel.errors")));
  return Owned(checked(PyObject_GetAttrString(module.get(), name)));
}

}  // namespace

void fail_not_allowed(const char* what) {
  Owned type = error_class("OperatorNotAllowedInGraphError");
  PyErr_Format(type.get(),
               "%s is not allowed. You can attempt the following resolutions to the problem: If you are running in Graph mode, use Eager "
               "execution mode or decorate this function with @tf.function. If you are using AutoGraph, you can try decorating this "
               "function with @tf.function. If that does not work, then you may be using an unsupported feature or your source code may "
               "not be visible to AutoGraph. See "
               "https://github.com/tensorflow/tensorflow/blob/master/tensorflow/python/autograph/g3doc/reference/limitations.md"
               "#access-to-source-code for more information.",
               what);
  throw PythonError{};
}

void set_python_error() {
  try {
    throw;
  } catch (const PythonError&) {
  } catch (nanobind::python_error& e) {
    e.restore();
  } catch (const OpError& e) {
    set_op_error(e);
  } catch (const InaccessibleTensorError& e) {
    PyErr_SetString(error_class("InaccessibleTensorError").get(), e.what());
  } catch (const ValueError& e) {
    PyErr_SetString(PyExc_ValueError, e.what());
  } catch (const TypeError& e) {
    PyErr_SetString(PyExc_TypeError, e.what());
  } catch (const IndexError& e) {
    PyErr_SetString(PyExc_IndexError, e.what());
  } catch (const LookupError& e) {
    PyErr_SetString(PyExc_LookupError, e.what());
  } catch (const KeyError& e) {
    PyErr_SetString(PyExc_KeyError, e.what());
  } catch (const AttributeError& e) {
    PyErr_SetString(PyExc_AttributeError, e.what());
  } catch (const NotImplementedError& e) {
    PyErr_SetString(PyExc_NotImplementedError, e.what());
  } catch (const FileNotFoundError& e) {
    PyErr_SetString(PyExc_FileNotFoundError, e.what());
  } catch (const std::bad_alloc&) {
    PyErr_NoMemory();
  } catch (const std::exception& e) {
    PyErr_SetString(PyExc_RuntimeError, e.what());
  }
}

}  // namespace runnel::python
