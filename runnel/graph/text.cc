#include "runnel/graph/text.h"

#include "runnel/base/text.h"
#include "runnel/op/types.h"

namespace runnel::inline v0 {

namespace {

constexpr int64_t kMostNumbers = 64;  // elements; the bytes of larger tensors are written as hexadecimal digits

std::string quoted(const std::string& text) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out = "\"";
  for (unsigned char c : text) {
    if (c >= ' ' && c < 127 && c != '"' && c != '\\') out += char(c);
    else out += cat("\\x", kDigits[c >> 4], kDigits[c & 15]);
  }
  return out + "\"";
}

std::string hexadecimal(const Tensor& t) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out = "0x";
  auto* bytes = static_cast<const unsigned char*>(t.raw());
  for (int64_t i = 0; i < t.nbytes(); ++i) {
    out += kDigits[bytes[i] >> 4];
    out += kDigits[bytes[i] & 15];
  }
  return out;
}

std::string elements(const Tensor& t) {
  std::vector<std::string> out;
  if (t.dtype() == string)
    for (const std::string& s : t.values<std::string>()) out.push_back(quoted(s));
  else if (t.dtype().is_complex() || t.num_elements() > kMostNumbers) return hexadecimal(t);
  else
    dispatch<TypeList<float, double, half_t, bfloat16_t, int32_t, int64_t, int8_t, int16_t, uint8_t, uint16_t, uint32_t, uint64_t, bool>>(
        t.dtype(), "graph_text", [&]<class T>() {
          for (int64_t i = 0; i < t.num_elements(); ++i) {
            if constexpr (kIsHalf<T>) out.push_back(to_text(float(t.data<T>()[i])));
            else out.push_back(to_text(t.data<T>()[i]));
          }
        });
  return join(out);
}

std::string text_of(const Tensor& t) {
  if (t.dtype() == resource || t.dtype() == variant) return cat(t.dtype(), to_text(t.shape()), "{}");
  return cat(t.dtype(), to_text(t.shape()), "{", elements(t), "}");
}
std::string text_of(const std::string& s) { return quoted(s); }
std::string text_of(const std::vector<std::string>& list) {
  std::vector<std::string> out;
  for (const std::string& s : list) out.push_back(quoted(s));
  return cat("[", join(out), "]");
}
template <class T>
std::string text_of(const T& value) {
  return attr_text(AttrValue(value));
}

std::string endpoint_text(Endpoint e) { return e.output == 0 ? e.node->name : cat(e.node->name, ":", e.output); }

}  // namespace

std::string node_text(const Node& node) {
  std::vector<std::string> inputs, attrs, outputs;
  for (Endpoint e : node.inputs) inputs.push_back(endpoint_text(e));
  for (const NamedAttr& a : node.attrs) attrs.push_back(cat(a.name, "=", std::visit([](const auto& v) { return text_of(v); }, a.value)));
  for (size_t i = 0; i < node.dtypes.size(); ++i) outputs.push_back(cat(node.dtypes[i], to_text(node.shapes[i])));
  std::string out = cat(node.name, " = ", node.type(), "(", join(inputs), ")");
  if (!attrs.empty()) out += cat(" {", join(attrs), "}");
  if (!outputs.empty()) out += cat(" : ", join(outputs));
  for (const Node* control : node.control_inputs) out += cat(" ^", control->name);
  return out;
}

std::string graph_text(const Graph& graph) {
  std::string out;
  for (const auto& node : graph.nodes()) out += node_text(*node) + "\n";
  return out;
}

}  // namespace runnel::inline v0
