#include "runnel/keras/saving/operators.h"

#include <algorithm>

#include "runnel/base/error.h"
#include "runnel/keras/saving/slices.h"
#include "runnel/op/op.h"
#include "runnel/op/operand.h"
#include "runnel/ops/array.h"
#include "runnel/ops/linalg.h"

namespace runnel::inline v0::keras {

namespace {

constexpr const char* kNumpy = "keras.src.ops.numpy";
constexpr const char* kNn = "keras.src.ops.nn";

constexpr KerasOperator kOperators[] = {
    {"AddV2", kNumpy, "Add"}, {"Sub", kNumpy, "Subtract"}, {"Mul", kNumpy, "Multiply"}, {"RealDiv", kNumpy, "TrueDivide"},
    {"RealDiv", kNumpy, "Divide"}, {"FloorDiv", kNumpy, "FloorDivide"}, {"FloorMod", kNumpy, "Mod"}, {"Pow", kNumpy, "Power"},
    {"Maximum", kNumpy, "Maximum"}, {"Minimum", kNumpy, "Minimum"}, {"MatMul", kNumpy, "Matmul"}, {"BatchMatMulV2", kNumpy, "Matmul"},
    {"Neg", kNumpy, "Negative"}, {"Abs", kNumpy, "Absolute"}, {"Exp", kNumpy, "Exp"}, {"Expm1", kNumpy, "Expm1"}, {"Log", kNumpy, "Log"},
    {"Log1p", kNumpy, "Log1p"}, {"Sqrt", kNumpy, "Sqrt"}, {"Rsqrt", "keras.src.ops.math", "Rsqrt"}, {"Square", kNumpy, "Square"},
    {"Sign", kNumpy, "Sign"}, {"Floor", kNumpy, "Floor"}, {"Ceil", kNumpy, "Ceil"}, {"Sin", kNumpy, "Sin"}, {"Cos", kNumpy, "Cos"},
    {"Tan", kNumpy, "Tan"}, {"Tanh", kNumpy, "Tanh"}, {"Sinh", kNumpy, "Sinh"}, {"Cosh", kNumpy, "Cosh"}, {"Reciprocal", kNumpy, "Reciprocal"},
    {"Greater", kNumpy, "Greater"}, {"GreaterEqual", kNumpy, "GreaterEqual"}, {"Less", kNumpy, "Less"}, {"LessEqual", kNumpy, "LessEqual"},
    {"Equal", kNumpy, "Equal"}, {"NotEqual", kNumpy, "NotEqual"}, {"LogicalAnd", kNumpy, "LogicalAnd"}, {"LogicalOr", kNumpy, "LogicalOr"},
    {"LogicalNot", kNumpy, "LogicalNot"}, {"Relu", kNn, "Relu"}, {"Relu6", kNn, "Relu6"}, {"Sigmoid", kNn, "Sigmoid"},
    {"Softplus", kNn, "Softplus"}, {"Softsign", kNn, "Softsign"}, {"Erf", "keras.src.ops.math", "Erf"}, {"StridedSlice", kNumpy, kGetItem},
};

bool is_python_number(const Config& c) { return c.is_number() || c.is_bool(); }

// Numbers take the dtype of the first tensor.
std::vector<Tensor> matched(const Nest::List& operands) {
  std::vector<Tensor> out;
  for (const Nest& operand : operands) out.push_back(operand.tensor());
  auto strong = std::find_if(out.begin(), out.end(), [](const Tensor& t) { return is_keras_tensor(t); });
  if (strong == out.end()) fail<ValueError>("", "an operator of a functional model reads no tensor of it");
  for (Tensor& t : out)
    if (!is_keras_tensor(t) && t.rank() == 0 && t.dtype() != strong->dtype()) t = cast(t, strong->dtype());
  return out;
}

// Constants in configs: nested lists of numbers, row-major.
Config nested_list(const Tensor& flat, const Shape& shape, int axis, int64_t& next) {
  if (axis == shape.rank()) return flat.data<double>()[next++];
  Config::List out;
  for (int64_t i = 0; i < shape[axis]; ++i) out.push_back(nested_list(flat, shape, axis + 1, next));
  return out;
}

void flatten_list(const Config& c, size_t axis, Dims& dims, std::vector<double>& values) {
  if (!c.is_list()) {
    if (int(axis) != dims.size()) fail<ValueError>("", "a constant of the model is no regular array");
    values.push_back(c.is_bool() ? double(c.as_bool()) : c.as_double());
    return;
  }
  if (int(axis) == dims.size() && values.empty()) dims.push_back(int64_t(c.as_list().size()));
  if (int(axis) >= dims.size() || dims[int(axis)] != int64_t(c.as_list().size())) fail<ValueError>("", "a constant of the model is no regular array");
  for (const Config& item : c.as_list()) flatten_list(item, axis + 1, dims, values);
}

}  // namespace

const KerasOperator* keras_operator(std::string_view op) {
  for (const KerasOperator& o : kOperators)
    if (op == o.op) return &o;
  return nullptr;
}

// Files of Keras 2's format have no modules; but a layer's config holds more than a name.
bool is_operator(const Config& config) {
  if (const Config* module = config.find("module")) return module->is_string() && module->as_string().starts_with("keras.src.ops.");
  const Config& inner = config.at("config");
  const std::string& name = config.at("class_name").as_string();
  auto named = [&](const KerasOperator& o) { return name == o.name; };
  return inner.is_dict() && inner.as_dict().size() == 1 && std::any_of(std::begin(kOperators), std::end(kOperators), named);
}

Tensor call_operator(const Config& config, const Nest::List& operands) {
  const std::string& name = config.at("class_name").as_string();
  std::vector<Tensor> tensors = matched(operands);
  Tensor out;
  for (const KerasOperator& o : kOperators) {
    if (out || name != o.name) continue;
    out = name == "Matmul" ? matmul(tensors.at(0), tensors.at(1)) : run(get_op(o.op), tensors);
  }
  if (!out) fail<NotImplementedError>("", cat("the operation ", name, " of a functional model cannot be read from a file yet"));
  keras_node(out)->layer()->set_name(config.at("name").as_string());
  return out;
}

Nest operands_of(const LayerBody& layer, const Nest& inputs) {
  auto* operation = dynamic_cast<const OperationBody*>(&layer);
  if (!operation) return {};
  Nest::List out;
  std::vector<Tensor> given = inputs.flatten();
  size_t next = 0;
  for (const Tensor& t : operation->constants()) out.emplace_back(t ? t : given[next++]);
  return out;
}

Config constant_to_config(const Tensor& tensor) {
  Tensor wide = cast(tensor, float64);
  int64_t next = 0;
  if (tensor.rank() == 0 && tensor.dtype().is_integer()) return int64_t(wide.item<double>());
  if (tensor.rank() == 0) return wide.item<double>();
  return Config::Dict{{"class_name", "__numpy__"},
                      {"config", Config::Dict{{"value", nested_list(wide, tensor.shape(), 0, next)}, {"dtype", tensor.dtype().name()}}}};
}

Tensor constant_from_config(const Config& config) {
  if (config.is_int()) return Tensor::scalar(int32_t(config.as_int()));
  if (is_python_number(config)) return config.is_bool() ? Tensor::scalar(config.as_bool()) : Tensor::scalar(float(config.as_double()));
  const std::string& name = config.is_dict() ? config.at("class_name").as_string() : config.as_string();
  if (name != "__numpy__" && name != "__tensor__") fail<NotImplementedError>("", cat("the argument ", name, " of a layer's call cannot be read from a file yet"));
  Dims dims;
  std::vector<double> values;
  flatten_list(config.at("config").at("value"), 0, dims, values);
  return cast(Tensor::from(values).reshaped(Shape(dims)), DType::from_name(config.at("config").at("dtype").as_string()));
}

}  // namespace runnel::inline v0::keras
