// The operators of Tensor and Variable.
#include "python/call.h"
#include "python/tensor.h"
#include "runnel/base/error.h"
#include "runnel/op/context.h"

namespace runnel::python {

namespace {

bool is_ours(PyObject* object) { return is_tensor(object) || is_variable(object); }

// The other operand of a binary operator takes the tensor's dtype. Beside + it may be of another type, and AddV2 tells what does not fit.
Tensor beside(PyObject* object, DType like, bool adds) {
  if (is_tensor(object)) return tensor_of(object);
  if (is_variable(object)) return variable_of(object).value();
  Operand operand = to_operand(object, like);
  if (!operand.is_weak()) return operand.tensor();
  try {
    return to_tensor(object, like);
  } catch (const TypeError&) {
    if (adds) return operand.tensor();
    throw;
  }
}

struct Pair {
  Tensor a, b;
};

// False where the other side does not convert but has an operator of its own to try.
bool operands(PyObject* a, PyObject* b, const char* reflected, Pair& out) {
  bool adds = std::string_view(reflected) == "__radd__";
  if (is_ours(a)) {
    out.a = to_tensor(a);
    if (is_tensor(b)) return out.b = tensor_of(b), true;
    try {
      out.b = beside(b, out.a.dtype(), adds);
    } catch (...) {
      if (!*reflected || !PyObject_HasAttrString(reinterpret_cast<PyObject*>(Py_TYPE(b)), reflected) || PyNumber_Check(b) == 0 ||
          PyFloat_Check(b) || PyLong_Check(b))
        throw;
      PyErr_Clear();
      return false;
    }
    return true;
  }
  out.b = to_tensor(b);
  out.a = beside(a, out.b.dtype(), adds);
  return true;
}

using Binary = Tensor (*)(const Tensor& a, const Tensor& b);

Tensor call(const Op& op, const Tensor& a, const Tensor& b) {
  ReleaseGil release(work_of(a) + work_of(b) > ReleaseGil::kWorthwhile);
  return run(op, {a, b});
}

template <const char* Name>
Tensor plain(const Tensor& a, const Tensor& b) {
  static const Op& op = get_op(Name);
  return call(op, a, b);
}

// In a graph x ** 3 is called "pow", as in TensorFlow: the name is that of the method, "__rpow__", without its wrapping.
void name_node(const char* reflected) {
  ThreadContext& context = thread_context();
  if (!context.tracer || !*reflected) return;
  std::string_view name(reflected);
  context.op_name = name.substr(3, name.size() - 5);
}

template <const char* Reflected, Binary F>
PyObject* binary(PyObject* a, PyObject* b) {
  return guarded([&]() -> PyObject* {
    Pair pair;
    if (!operands(a, b, Reflected, pair)) Py_RETURN_NOTIMPLEMENTED;
    name_node(Reflected);
    return wrap(F(pair.a, pair.b));
  });
}

// True division of integers is done in floating point: float32 up to 16 bits, otherwise float64.
Tensor divide(const Tensor& a, const Tensor& b) {
  DType dtype = a.dtype();
  if (dtype != b.dtype() || !(dtype.is_integer() || dtype.is_bool())) {
    static const Op& op = get_op("RealDiv");
    return call(op, a, b);
  }
  static const Op& op = get_op("RealDiv");
  DType wide = dtype.size() <= 2 ? float32 : float64;
  return call(op, cast_tensor(a, wide), cast_tensor(b, wide));
}

Tensor concatenated_or_sum(const Tensor& a, const Tensor& b) {
  static const Op& add = get_op("AddV2");
  if (a.dtype() != string || b.dtype() != string) return call(add, a, b);
  static const Op& text_add = get_op("Add");
  return call(text_add, a, b);
}

Tensor matmul(const Tensor& a, const Tensor& b) {
  PartialShape x = a.partial_shape(), y = b.partial_shape();
  bool plain = x.has_rank() && y.has_rank() && x.rank() == 2 && y.rank() == 2;
  static const Op& flat = get_op("MatMul");
  if (plain) return call(flat, a, b);
  static const Op& batched = get_op("BatchMatMulV2");
  return call(batched, a, b);
}

template <const char* Logical, const char* Bitwise>
Tensor logical(const Tensor& a, const Tensor& b) {
  if (a.dtype().is_bool()) return plain<Logical>(a, b);
  return plain<Bitwise>(a, b);
}

Tensor exclusive_or(const Tensor& a, const Tensor& b) {
  if (!a.dtype().is_bool()) return run(get_op("BitwiseXor"), {a, b});
  return run(get_op("NotEqual"), {a, b});
}

template <class F>
PyObject* unary(PyObject* self, F&& f) {
  return guarded([&] {
    Tensor x = to_tensor(self);
    ReleaseGil release(false);
    return wrap(f(x));
  });
}
PyObject* negate(PyObject* self) {
  return unary(self, [](const Tensor& x) { return run(get_op("Neg"), {x}); });
}
PyObject* absolute(PyObject* self) {
  return unary(self, [](const Tensor& x) { return run(get_op(x.dtype().is_complex() ? "ComplexAbs" : "Abs"), {x}, x.dtype().is_complex() ? Attrs{{"Tout", x.dtype().real()}} : Attrs{}); });
}
PyObject* invert(PyObject* self) {
  return unary(self, [](const Tensor& x) { return run(get_op(x.dtype().is_bool() ? "LogicalNot" : "Invert"), {x}); });
}

constexpr char kSub[] = "Sub", kMul[] = "Mul", kFloorDiv[] = "FloorDiv", kFloorMod[] = "FloorMod", kPow[] = "Pow",
               kLess[] = "Less", kLessEqual[] = "LessEqual", kGreater[] = "Greater", kGreaterEqual[] = "GreaterEqual",
               kAnd[] = "LogicalAnd", kOr[] = "LogicalOr", kBitAnd[] = "BitwiseAnd", kBitOr[] = "BitwiseOr";
constexpr char rAdd[] = "__radd__", rSub[] = "__rsub__", rMul[] = "__rmul__", rDiv[] = "__rtruediv__", rFloor[] = "__rfloordiv__",
               kComparison[] = "", rMod[] = "__rmod__", rPow[] = "__rpow__", rMatmul[] = "__rmatmul__", rAnd[] = "__rand__", rOr[] = "__ror__", rXor[] = "__rxor__";

PyObject* power(PyObject* a, PyObject* b, PyObject* modulo) {
  if (modulo != Py_None) Py_RETURN_NOTIMPLEMENTED;
  // ** is the one operator whose other side TensorFlow converts to the tensor's dtype even where it is text.
  if (is_tensor(a) && (PyUnicode_Check(b) || PyBytes_Check(b)))
    return guarded([&] { return wrap(plain<kPow>(tensor_of(a), to_tensor(b, tensor_of(a).dtype()))); });
  return binary<rPow, plain<kPow>>(a, b);
}

template <class F>
void* slot(F* f) {
  return reinterpret_cast<void*>(f);
}

PyType_Slot slots[] = {
    {Py_nb_add, slot(binary<rAdd, concatenated_or_sum>)},
    {Py_nb_subtract, slot(binary<rSub, plain<kSub>>)},
    {Py_nb_multiply, slot(binary<rMul, plain<kMul>>)},
    {Py_nb_true_divide, slot(binary<rDiv, divide>)},
    {Py_nb_floor_divide, slot(binary<rFloor, plain<kFloorDiv>>)},
    {Py_nb_remainder, slot(binary<rMod, plain<kFloorMod>>)},
    {Py_nb_power, slot(power)},
    {Py_nb_matrix_multiply, slot(binary<rMatmul, matmul>)},
    {Py_nb_and, slot(binary<rAnd, logical<kAnd, kBitAnd>>)},
    {Py_nb_or, slot(binary<rOr, logical<kOr, kBitOr>>)},
    {Py_nb_xor, slot(binary<rXor, exclusive_or>)},
    {Py_nb_negative, slot(negate)},
    {Py_nb_absolute, slot(absolute)},
    {Py_nb_invert, slot(invert)},
    {0, nullptr},
};

bool broadcastable(const Tensor& a, const Tensor& b) {
  PartialShape x = a.partial_shape(), y = b.partial_shape();
  if (!x.has_rank() || !y.has_rank()) return true;
  for (int i = 1; i <= std::min(x.rank(), y.rank()); ++i) {
    int64_t m = x.dim(-i), n = y.dim(-i);
    if (m != n && m != 1 && n != 1 && m >= 0 && n >= 0) return false;
  }
  return true;
}

// == and != of shapes that do not broadcast are answers, not errors; None equals no tensor.
PyObject* equality(PyObject* a, PyObject* b, bool equal) {
  if (b == Py_None) return PyBool_FromLong(!equal);
  Tensor x = to_tensor(a), y = is_tensor(b) ? tensor_of(b) : to_tensor(b, is_variable(b) ? DType() : Group{b}.like() ? DType() : x.dtype());
  if (x.dtype() == y.dtype() && !broadcastable(x, y)) return wrap(Tensor::scalar(!equal));
  static const Op& same = get_op("Equal");
  static const Op& different = get_op("NotEqual");
  return wrap(call(equal ? same : different, x, y));
}

}  // namespace

PyType_Slot* const number_slots = slots;

PyObject* compare(PyObject* a, PyObject* b, int kind) {
  switch (kind) {
    case Py_EQ: return guarded([&] { return equality(a, b, true); });
    case Py_NE: return guarded([&] { return equality(a, b, false); });
    case Py_LT: return binary<kComparison, plain<kLess>>(a, b);
    case Py_LE: return binary<kComparison, plain<kLessEqual>>(a, b);
    case Py_GT: return binary<kComparison, plain<kGreater>>(a, b);
    default: return binary<kComparison, plain<kGreaterEqual>>(a, b);
  }
}

}  // namespace runnel::python
