// FastCalls: from a Python call's arguments to the trace that serves them, without Python code in between.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "python/object.h"
#include "runnel/graph/concrete_function.h"

namespace runnel::python {

/// Runs without the GIL where that is worthwhile.
std::vector<Tensor> call_released(const ConcreteFunction& f, std::vector<Tensor> arguments, bool checked);
/// The function behind a ConcreteHandle object.
const ConcreteFunction* concrete_of(PyObject* handle);

/// Dataset and Iterator, once tf.data has been loaded.
std::vector<PyObject*>& data_classes();

class FastCalls {
 public:
  ~FastCalls() { clear(); }
  /// A call's result. Arguments of a new kind (other structure, dtypes, shapes or values) go to prepare(args, kwargs), which
  /// returns (concrete handle, list: which leaf each argument of the trace is, packer); packer(list of tensors) makes the
  /// result; it may also be 1 (the only tensor), or None.
  PyObject* call(PyObject* args, PyObject* kwargs, PyObject* prepare);
  void clear();

 private:
  struct Entry {
    PyObject* handle = nullptr;  // keeps `function` alive
    const ConcreteFunction* function = nullptr;
    std::vector<int> order;
    PyObject* packer = nullptr;
    std::vector<PyObject*> objects;  // whose addresses are part of the key
  };
  Entry& prepared(const std::string& key, std::vector<PyObject*>&& objects, PyObject* args, PyObject* kwargs, PyObject* prepare);

  std::unordered_map<std::string, Entry> entries_;
};

}  // namespace runnel::python
