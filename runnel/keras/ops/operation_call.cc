#include "runnel/keras/ops/operation_call.h"

#include "runnel/base/error.h"
#include "runnel/keras/fields.h"

namespace runnel::inline v0::keras::ops {

namespace {

void append_leaves(const Config& list, std::vector<double>& values, bool& integral) {
  if (list.is_list()) {
    for (const Config& item : list.as_list()) append_leaves(item, values, integral);
    return;
  }
  integral &= list.is_int() || list.is_bool();
  values.push_back(list.is_bool() ? double(list.as_bool()) : list.as_double());
}

// The shape of regular nested lists.
Shape shape_of(const Config& list) {
  Dims dims;
  for (const Config* c = &list; c->is_list(); c = &c->as_list()[0]) {
    dims.push_back(int64_t(c->as_list().size()));
    if (c->as_list().empty()) break;
  }
  return Shape(dims);
}

// A list of numbers: values without a dtype of their own.
Operand list_operand(const Config& list) {
  std::vector<double> values;
  bool integral = true;
  append_leaves(list, values, integral);
  Shape shape = shape_of(list);
  if (shape.num_elements() != int64_t(values.size())) fail<ValueError>("", "a list of numbers is not regular");
  if (!integral) return Operand::weak(Tensor::from(values).reshaped(shape), float32);
  return Operand::weak(Tensor::from(std::vector<int64_t>(values.begin(), values.end())).reshaped(shape), int32);
}

Operand operand_of(const Config& value) {
  if (value.is_bool()) return value.as_bool();
  if (value.is_int()) return value.as_int();
  if (value.is_number()) return value.as_double();
  if (value.is_string()) return value.as_string().c_str();
  return list_operand(value);
}

Dims ints_of(const Config& value) {
  Dims out;
  if (!value.is_list()) return Dims{value.as_int()};
  for (const Config& item : value.as_list()) out.push_back(item.is_null() ? -1 : item.as_int());
  return out;
}


}  // namespace

void read(const CallArgument& argument, Operand& out) {
  if (argument.tensors) out = argument.tensors.tensor();
  else if (!argument.value.is_null()) out = operand_of(argument.value);
}
void read(const CallArgument& argument, Operands& out) {
  if (argument.tensors) {
    out = Operands(argument.tensors.flatten());
    return;
  }
  std::vector<Operand> items;
  for (const Config& item : argument.value.as_list()) items.push_back(operand_of(item));
  out = Operands(items);
}
void read(const CallArgument& argument, Tensor& out) {
  if (argument.tensors) out = argument.tensors.tensor();
  else if (!argument.value.is_null()) out = operand_of(argument.value).tensor();
}
void read(const CallArgument& argument, std::vector<Tensor>& out) { out = argument.tensors.flatten(); }
void read(const CallArgument& argument, Axes& out) {
  if (argument.tensors) out = argument.tensors.tensor();
  else if (argument.value.is_int()) out = Axes(argument.value.as_int());
  else if (!argument.value.is_null()) out = Axes(ints_of(argument.value));
}
void read(const CallArgument& argument, Ints& out) {
  if (argument.tensors) out = argument.tensors.tensor();
  else if (!argument.value.is_null()) out = Ints(ints_of(argument.value));
}
void read(const CallArgument& argument, DType& out) {
  if (!argument.value.is_null()) from_config(argument.value, out);
}
void read(const CallArgument& argument, int64_t& out) { out = argument.value.as_int(); }
void read(const CallArgument& argument, double& out) { out = argument.value.as_double(); }
void read(const CallArgument& argument, bool& out) { out = argument.value.as_bool(); }
void read(const CallArgument& argument, std::string& out) { out = argument.value.is_null() ? "" : argument.value.as_string(); }
void read(const CallArgument& argument, std::vector<int64_t>& out) {
  for (int64_t n : ints_of(argument.value)) out.push_back(n);
}
void read(const CallArgument& argument, std::vector<double>& out) {
  bool integral = true;
  append_leaves(argument.value, out, integral);
}

Nest to_nest(const Results& results) {
  if (results.tensors.size() == 1) return results.tensors[0];
  return Nest::tuple(Nest::List(results.tensors.begin(), results.tensors.end()));
}

}  // namespace runnel::inline v0::keras::ops
