// Every operator of the registry by name, with its schema's inputs and attributes as keyword arguments.
#include "python/bind.h"
#include "python/call.h"
#include "python/casters.h"
#include "python/op_docs.h"
#include "runnel/base/error.h"

namespace nb = nanobind;

namespace runnel::python {

namespace {

Tensor tensor_attr(nb::handle value) { return to_tensor(value.ptr()); }

template <class T, class F>
std::vector<T> list_of(nb::handle value, F&& convert) {
  std::vector<T> out;
  for (nb::handle item : value) out.push_back(convert(item.ptr()));
  return out;
}

AttrValue attr_value(const AttrSpec& spec, nb::handle value) {
  PyObject* v = value.ptr();
  switch (spec.kind) {
    case AttrSpec::kType: return to_dtype(v);
    case AttrSpec::kInt: return to_int(v);
    case AttrSpec::kFloat: return double(float(to_double(v)));  // TensorFlow's float attributes are single precision
    case AttrSpec::kBool: return to_bool(v);
    case AttrSpec::kString: return to_string(v);
    case AttrSpec::kShape: return to_partial_shape(v);
    case AttrSpec::kTensor: return tensor_attr(value);
    case AttrSpec::kFunc: case AttrSpec::kListFunc: fail<TypeError>("", cat("the attribute ", spec.name, " is a function: use tf.cond, tf.while_loop, ..."));
    case AttrSpec::kListType: return list_of<DType>(value, to_dtype);
    case AttrSpec::kListInt: return to_int_list(v);
    case AttrSpec::kListFloat: return to_double_list(v);
    case AttrSpec::kListBool: return list_of<bool>(value, to_bool);
    case AttrSpec::kListString: return to_strings(v);
    case AttrSpec::kListShape: return list_of<PartialShape>(value, to_partial_shape);
  }
  return {};
}

// Converts the inputs of one call; those that share a type attribute take the first tensor's dtype.
class Inputs {
 public:
  Inputs(const Op& op, nb::dict given) : op_(op), schema_(op.schema()), types_(schema_.attrs.size()), given_(std::move(given)) {
    for (size_t i = 0; i < types_.size(); ++i)
      if (schema_.attrs[i].kind == AttrSpec::kType && given_.contains(schema_.attrs[i].name))
        types_[i] = to_dtype(nb::object(given_[schema_.attrs[i].name]).ptr());
    for (const ArgSpec& arg : schema_.inputs) look_for_tensor(arg);
    for (const ArgSpec& arg : schema_.inputs) add(arg);
  }
  std::vector<Tensor> tensors;
  Attrs lengths;

 private:
  // An empty list is float32, unless the operator wants something else by default.
  static Tensor as_default(const AttrSpec& attr, const Tensor& t) {
    const DType* usual = std::get_if<DType>(&attr.default_value);
    return usual && t.num_elements() == 0 && !(attr.allowed >> t.dtype().code() & 1) ? cast_tensor(t, *usual) : t;
  }
  nb::object value(const ArgSpec& arg) { return given_[python_name(op_, arg.name).c_str()]; }
  void look_for_tensor(const ArgSpec& arg) {
    if (arg.type_attr < 0 || types_[size_t(arg.type_attr)] || arg.is_list) return;
    nb::object v = value(arg);
    if (!arg.is_sequence()) types_[size_t(arg.type_attr)] = Group{v.ptr()}.like();
    else
      for (nb::handle item : v)
        if (DType found = Group{item.ptr()}.like()) types_[size_t(arg.type_attr)] = found;
  }
  Tensor convert(const ArgSpec& arg, PyObject* object) {
    if (is_tensor(object)) return tensor_of(object);
    DType wanted = arg.is_list ? DType() : arg.type_attr < 0 ? arg.type : types_[size_t(arg.type_attr)];
    Tensor t = to_tensor(object, wanted == resource || is_variable(object) ? DType() : wanted);
    if (!wanted && arg.type_attr >= 0) t = as_default(schema_.attrs[size_t(arg.type_attr)], t);
    if (wanted == resource && is_variable(object)) t = variable_of(object).handle();
    if (!arg.is_list && arg.type_attr >= 0 && !types_[size_t(arg.type_attr)]) types_[size_t(arg.type_attr)] = t.dtype();
    return t;
  }
  void add(const ArgSpec& arg) {
    nb::object v = value(arg);
    if (!arg.is_sequence()) return tensors.push_back(convert(arg, v.ptr()));
    std::vector<DType> dtypes;
    int64_t count = 0;
    for (nb::handle item : v) {
      tensors.push_back(convert(arg, item.ptr()));
      dtypes.push_back(tensors.back().dtype());
      ++count;
    }
    if (arg.number_attr >= 0) lengths.set(schema_.attrs[size_t(arg.number_attr)].name, count);
    else if (arg.type_attr >= 0) lengths.set(schema_.attrs[size_t(arg.type_attr)].name, dtypes);
  }

  const Op& op_;
  const OpSchema& schema_;
  std::vector<DType> types_;
  nb::dict given_;
};

std::vector<std::string> keys_of(const Op& op) {
  std::vector<std::string> keys;
  for (const ArgSpec& arg : op.schema().inputs) keys.push_back(python_name(op, arg.name));
  for (const AttrSpec& attr : op.schema().attrs) keys.push_back(attr.name);
  return keys;
}

void check_keys(const Op& op, const nb::dict& given) {
  std::vector<std::string> keys = keys_of(op);
  for (auto [key, value] : given) {
    std::string name = to_string(key.ptr());
    if (name != "name" && std::find(keys.begin(), keys.end(), name) == keys.end())
      fail<TypeError>("", cat(op.name(), "() got an unexpected keyword argument '", name, "'"));
  }
  for (const ArgSpec& arg : op.schema().inputs)
    if (std::string name = python_name(op, arg.name); !given.contains(name.c_str()))
      fail<TypeError>("", cat(op.name(), "() missing 1 required positional argument: '", name, "'"));
}

// One output is a tensor, several are a list of them; a sequence output is a list inside.
nb::object results(const Op& op, const std::vector<Tensor>& outputs) {
  const std::vector<ArgSpec>& specs = op.schema().outputs;
  if (specs.empty()) return nb::none();
  if (specs.size() == 1 && !specs[0].is_sequence()) return nb::steal(wrap(outputs[0]));
  return nb::steal(wrap(outputs));
}

nb::object call_raw(const std::string& name, nb::dict given) {
  const Op& op = get_op(name);
  check_keys(op, given);
  Inputs inputs(op, given);
  Attrs attrs = inputs.lengths;
  for (const AttrSpec& spec : op.schema().attrs)
    if (given.contains(spec.name) && !nb::object(given[spec.name]).is_none())
      attrs.set(spec.name, attr_value(spec, nb::object(given[spec.name])));
  return results(op, without_gil(work_of(inputs.tensors), [&] { return run_all(op, inputs.tensors, attrs); }));
}

nb::dict describe(const Op& op) {
  nb::dict out;
  nb::list inputs, outputs, attrs;
  for (const ArgSpec& arg : op.schema().inputs) inputs.append(arg.name);
  for (const ArgSpec& arg : op.schema().outputs) outputs.append(arg.name);
  for (const AttrSpec& attr : op.schema().attrs) attrs.append(attr.name);
  out["name"] = op.name();
  out["inputs"] = inputs;
  out["outputs"] = outputs;
  out["attrs"] = attrs;
  out["signature"] = op.def().signature;
  out["has_gradient"] = op.def().gradient != nullptr;
  out["no_gradient"] = op.def().no_gradient ? nb::cast(op.def().no_gradient) : nb::none();
  out["stateful"] = op.def().traits.stateful;
  return out;
}

// [(name, what it is, whether it may be left out)] of a call's keywords, inputs first.
nb::list parameters_of(const Op& op) {
  nb::list out;
  const OpSchema& schema = op.schema();
  for (const ArgSpec& arg : schema.inputs) out.append(nb::make_tuple(python_name(op, arg.name), arg.is_sequence() ? "tensors" : "tensor", false));
  for (const AttrSpec& attr : schema.attrs) {
    bool follows = std::any_of(schema.inputs.begin(), schema.inputs.end(), [&](const ArgSpec& arg) {
      return (arg.type_attr >= 0 && schema.attrs[size_t(arg.type_attr)].name == attr.name) ||
             (arg.number_attr >= 0 && schema.attrs[size_t(arg.number_attr)].name == attr.name);
    });
    if (!follows) out.append(nb::make_tuple(attr.name, int(attr.kind), !std::holds_alternative<std::monostate>(attr.default_value)));
  }
  return out;
}

}  // namespace

std::string python_name(const Op& op, const std::string& input) {
  std::string_view name = op.name();
  if (input == "reduction_indices" || input == "split_dim" || (name == "ExpandDims" && input == "dim")) return "axis";
  if (name == "Select" && input != "condition") return input == "t" ? "x" : "y";
  if (name == "Where") return "condition";
  return input;
}

void bind_raw_ops(nb::module_& m) {
  m.def("call_raw", call_raw);
  m.def("has_op", [](const std::string& name) { return find_op(name) != nullptr; });
  m.def("op_keys", [](const std::string& name) { return keys_of(get_op(name)); });
  m.def("op_parameters", [](const std::string& name) { return parameters_of(get_op(name)); });
  m.def("op_has_sentence", [](const std::string& name) { return has_sentence(get_op(name)); });
  m.def("op_doc", [](const std::string& name, const std::string& sentence) { return op_doc(get_op(name), sentence); });
  m.def("list_ops", [] {
    nb::list out;
    for (const Op* op : all_ops()) out.append(describe(*op));
    return out;
  });
}

}  // namespace runnel::python
