// tf.TensorArray, map_fn, scan, folds for Python. Structures are taken apart by the package (runnel/_control_flow.py).
#include "python/bind.h"
#include "python/casters.h"
#include "runnel/graph/map.h"
#include "runnel/graph/tensor_array.h"
#include "runnel/graph/vectorize.h"

namespace nb = nanobind;

namespace runnel::python {

namespace {

std::vector<Tensor> tensors_of(nb::handle list) {
  std::vector<Tensor> out;
  for (nb::handle item : list) out.push_back(to_tensor(item.ptr()));
  return out;
}
nb::list wrapped(const std::vector<Tensor>& tensors) { return nb::steal<nb::list>(wrap(tensors)); }

RowFunction row_function(const nb::callable& f) {
  return [&f](const std::vector<Tensor>& row) { return tensors_of(f(wrapped(row))); };
}
FoldFunction fold_function(const nb::callable& f) {
  return [&f](const std::vector<Tensor>& accumulated, const std::vector<Tensor>& row) { return tensors_of(f(wrapped(accumulated), wrapped(row))); };
}

nb::list python_map(nb::callable f, nb::list elems, nb::list signature) {
  std::vector<TensorSpec> specs;
  for (nb::handle spec : signature) specs.push_back({to_partial_shape(spec.attr("shape").ptr()), to_dtype(spec.attr("dtype").ptr())});
  return wrapped(map_fn(row_function(f), tensors_of(elems), specs));
}
nb::list python_vectorized_map(nb::callable f, nb::list elems, bool fallback) {
  return wrapped(vectorized_map(row_function(f), tensors_of(elems), fallback));
}
nb::list python_fold(nb::callable f, nb::list elems, nb::list initial, bool reverse) {
  return wrapped((reverse ? foldr : foldl)(fold_function(f), tensors_of(elems), tensors_of(initial)));
}
nb::list python_scan(nb::callable f, nb::list elems, nb::list initial, bool reverse) {
  return wrapped(scan(fold_function(f), tensors_of(elems), tensors_of(initial), reverse));
}

Operand operand(nb::handle value) { return to_operand(value.ptr()); }

void bind_tensor_array(nb::module_& m) {
  nb::class_<TensorArray>(m, "TensorArray")
      .def("__init__",
           [](TensorArray* self, const DType& dtype, nb::handle size, bool dynamic_size, bool infer_shape, const PartialShape& element_shape) {
             new (self) TensorArray(dtype, {operand(size), dynamic_size, infer_shape, element_shape});
           })
      .def("with_flow", &TensorArray::with_flow)
      .def_prop_ro("dtype", &TensorArray::dtype)
      .def_prop_ro("flow", &TensorArray::flow)
      .def_prop_ro("dynamic_size", &TensorArray::dynamic_size)
      .def_prop_ro("element_shape", &TensorArray::element_shape)
      .def("write", [](const TensorArray& a, nb::handle index, nb::handle value) { return a.write(operand(index), to_operand(value.ptr(), a.dtype())); })
      .def("read", [](const TensorArray& a, nb::handle index) { return a.read(operand(index)); })
      .def("stack", [](const TensorArray& a) { return a.stack(); })
      .def("concat", &TensorArray::concat)
      .def("size", &TensorArray::size)
      .def("gather", &TensorArray::gather)
      .def("unstack", [](const TensorArray& a, nb::handle value) { return a.unstack(to_tensor(value.ptr(), is_tensor(value.ptr()) ? DType() : a.dtype())); })
      .def("scatter", &TensorArray::scatter)
      .def("split", &TensorArray::split);
}

}  // namespace

void bind_control_flow(nb::module_& m) {
  bind_tensor_array(m);
  m.def("map_fn", python_map);
  m.def("vectorized_map", python_vectorized_map);
  m.def("fold", python_fold);
  m.def("scan", python_scan);
}

}  // namespace runnel::python
