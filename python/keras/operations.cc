#include "python/keras/operations.h"

#include <algorithm>

#include "python/keras/value.h"
#include "runnel/keras/functional_graph.h"
#include "runnel/keras/ops/operations.h"

namespace runnel::python {

namespace {

bool holds_keras_tensor(PyObject* object) {
  if (!object) return false;
  if (is_tensor(object)) return keras::is_keras_tensor(tensor_of(object));
  if (!is_sequence(object)) return false;
  for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(object); ++i)
    if (holds_keras_tensor(PySequence_Fast_GET_ITEM(object, i))) return true;
  return false;
}

keras::ops::CallArgument argument_of(PyObject* object) {
  if (!object) return {.is_default = true};
  if (holds_tensors(object)) return {to_nest(object), {}};
  return {{}, to_config(object)};
}

std::string plain_name(const Function& function) {
  std::string_view names = function.names;
  names = names.substr(0, names.find(','));
  return std::string(names.substr(names.rfind('.') + 1));
}

}  // namespace

PyObject* call_on_keras_tensors(const Function& function, PyObject* const* slots) {
  if (std::none_of(slots, slots + function.count, holds_keras_tensor)) return nullptr;
  keras::ops::FoundOperation found = keras::ops::find_operation(plain_name(function));
  if (!found) return nullptr;
  std::vector<keras::ops::CallArgument> arguments;
  for (int i = 0; i < function.count; ++i) arguments.push_back(argument_of(slots[i]));
  return from_nest(keras::ops::call_symbolic(found, std::move(arguments))).release().ptr();
}

}  // namespace runnel::python
