// From Python values to the parameter types of public functions, by TensorFlow's rules.
//
// Numbers and lists of numbers have no dtype of their own: they become weak operands. NumPy arrays have one, but give it
// up beside a tensor (TensorFlow converts them with dtype_hint).
#pragma once

#include "runnel/base/small_vector.h"
#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

#include "python/object.h"
#include "runnel/op/op.h"
#include "runnel/op/operand.h"

namespace runnel::python {

/// The operands of one call: the tensors among them decide the dtype of the arrays among them.
class Group {
 public:
  Group(std::initializer_list<PyObject*> objects) : objects_(objects) {}
  /// The dtype of the first tensor or Variable; invalid where there is none.
  DType like() const;

 private:
  SmallVector<PyObject*, 8> objects_;
};

Operand to_operand(PyObject* object, DType like = DType());
inline Operand to_operand(PyObject* object, const Group& group);
Operands to_operands(PyObject* object);
/// tf.constant's rules; `dtype` invalid: the value's own.
Tensor to_tensor(PyObject* object, DType dtype = DType());
std::vector<Tensor> to_tensors(PyObject* object);
/// The same, where None stands for a missing one (an empty Tensor).
std::vector<Tensor> to_maybe_tensors(PyObject* object);
Ints to_ints(PyObject* object);
Axes to_axes(PyObject* object);
DType to_dtype(PyObject* object);
PartialShape to_partial_shape(PyObject* object);
int64_t to_int(PyObject* object);
double to_double(PyObject* object);
bool to_bool(PyObject* object);
std::string to_string(PyObject* object);
std::vector<std::string> to_strings(PyObject* object);
std::vector<int64_t> to_int_list(PyObject* object);
std::vector<double> to_double_list(PyObject* object);
Variable to_variable(PyObject* object);

/// A number, text, or (nested) list of them without tensors inside: convert_list.cc.
Operand list_operand(PyObject* object, DType like);
/// Anything with the buffer protocol, __array__ or __dlpack__: array.cc. False where the object has none of them.
bool array_tensor(PyObject* object, DType like, Tensor& out);
/// The values as `dtype`, where TensorFlow's constant() would convert an array so.
Tensor cast_array(const Tensor& values, DType dtype);
/// Op "Cast".
Tensor cast_tensor(const Tensor& x, DType dtype);

inline bool is_sequence(PyObject* object) { return PyList_Check(object) || PyTuple_Check(object); }

// Which arrays a call must look at the other operands for is rare: tensors and numbers pass without.
inline Operand to_operand(PyObject* object, const Group& group) {
  if (is_tensor(object)) return tensor_of(object);
  return to_operand(object, group.like());
}

}  // namespace runnel::python
