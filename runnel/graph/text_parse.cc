// Reading the text form of graphs.
#include <charconv>
#include <cstdlib>
#include <cstring>

#include "runnel/base/error.h"
#include "runnel/graph/text.h"
#include "runnel/op/types.h"

namespace runnel::inline v0 {

namespace {

/// Reads one line from the left to the right.
class Reader {
 public:
  explicit Reader(std::string_view line) : line_(line), rest_(line) {}

  [[noreturn]] void bad(std::string_view expected) const {
    fail<errors::InvalidArgumentError>("parse_graph", "a line does not follow the grammar",
                                       {.got = cat("\"", rest_.substr(0, 40), "\" in \"", line_, "\""), .expected = std::string(expected)});
  }
  bool at_end() {
    skip_spaces();
    return rest_.empty();
  }
  bool take(std::string_view token) {
    skip_spaces();
    if (!rest_.starts_with(token)) return false;
    rest_.remove_prefix(token.size());
    return true;
  }
  void need(std::string_view token) {
    if (!take(token)) bad(token);
  }
  /// Everything up to one of these characters.
  std::string word(std::string_view ends) {
    skip_spaces();
    size_t n = std::min(rest_.find_first_of(ends), rest_.size());
    std::string out(trim(rest_.substr(0, n)));
    rest_.remove_prefix(n);
    return out;
  }
  std::string quoted() {
    need("\"");
    std::string out;
    while (!rest_.empty() && rest_.front() != '"') {
      if (rest_.starts_with("\\x") && rest_.size() >= 4) {
        out += char(std::strtol(std::string(rest_.substr(2, 2)).c_str(), nullptr, 16));
        rest_.remove_prefix(4);
      } else {
        out += rest_.front();
        rest_.remove_prefix(1);
      }
    }
    need("\"");
    return out;
  }
  /// f() for each item of "open a, b close".
  template <class F>
  void list(std::string_view open, std::string_view close, F&& f) {
    need(open);
    while (!take(close)) {
      f();
      take(",");
    }
  }
  PartialShape shape() {
    if (take("<unknown>")) return PartialShape::unknown_rank();
    Dims dims;
    list("(", ")", [&] { dims.push_back(take("None") ? -1 : std::strtoll(word(",)").c_str(), nullptr, 10)); });
    return PartialShape(dims);
  }
  DType dtype() { return DType::from_name(word("(,]} {")); }

 private:
  void skip_spaces() {
    while (!rest_.empty() && rest_.front() == ' ') rest_.remove_prefix(1);
  }
  std::string_view line_, rest_;
};

template <class T>
T number(const std::string& text) {
  if constexpr (std::is_same_v<T, bool>) return text == "true";
  else if constexpr (std::is_integral_v<T>) return std::is_unsigned_v<T> ? T(std::strtoull(text.c_str(), nullptr, 10)) : T(std::strtoll(text.c_str(), nullptr, 10));
  else return T(std::strtod(text.c_str(), nullptr));
}

void read_bytes(const std::string& digits, Tensor& t) {
  auto* bytes = static_cast<unsigned char*>(t.mutable_raw());
  for (int64_t i = 0; i < t.nbytes() && size_t(2 * i + 1) < digits.size(); ++i)
    bytes[i] = static_cast<unsigned char>(std::strtol(digits.substr(size_t(2 * i), 2).c_str(), nullptr, 16));
}

Tensor read_tensor(Reader& in) {
  DType dtype = in.dtype();
  Tensor t(dtype, in.shape().known());
  if (t.dtype().is_plain()) std::memset(t.mutable_raw(), 0, size_t(t.nbytes()));
  in.need("{");
  if (in.take("0x")) read_bytes(in.word("}"), t);
  else
    for (int64_t i = 0; i < t.num_elements() && dtype != resource && dtype != variant; ++i, in.take(",")) {
      if (dtype == string) {
        t.mutable_data<std::string>()[i] = in.quoted();
        continue;
      }
      dispatch<TypeList<float, double, half_t, bfloat16_t, int32_t, int64_t, int8_t, int16_t, uint8_t, uint16_t, uint32_t, uint64_t, bool>>(
          dtype, "parse_graph", [&]<class T>() {
            if constexpr (kIsHalf<T>) t.mutable_data<T>()[i] = T(number<float>(in.word(",}")));
            else t.mutable_data<T>()[i] = number<T>(in.word(",}"));
          });
    }
  in.need("}");
  return t;
}

class GraphReader {
 public:
  explicit GraphReader(const FindFunction& find_function) : find_function_(find_function) {}

  Ref<Graph> read(std::string_view text) {
    while (!text.empty()) {
      size_t end = std::min(text.find('\n'), text.size());
      if (std::string_view line = trim(text.substr(0, end)); !line.empty()) read_node(line);
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    return graph_;
  }

 private:
  Node* node_named(const std::string& name, const Reader& in) const {
    Node* node = graph_->find(name);
    if (!node) in.bad(cat("an earlier node instead of ", name));
    return node;
  }
  Endpoint read_endpoint(Reader& in) const {
    std::string name = in.word(",)");
    size_t colon = name.rfind(':');
    int output = colon == std::string::npos ? 0 : std::atoi(name.c_str() + colon + 1);
    return {node_named(name.substr(0, colon), in), output};
  }
  void read_node(std::string_view line) {
    Reader in(line);
    std::string name = in.word("=");
    in.need("=");
    const Op& op = get_op(in.word("("));
    std::vector<Endpoint> inputs;
    in.list("(", ")", [&] { inputs.push_back(read_endpoint(in)); });
    Attrs attrs;
    if (in.take("{")) read_attrs(in, op, attrs);
    std::vector<DType> dtypes;
    std::vector<PartialShape> shapes;
    if (in.take(":"))
      do {
        dtypes.push_back(DType::from_name(in.word("(<")));
        shapes.push_back(in.shape());
      } while (in.take(","));
    Node& node = graph_->add_node(op, name, std::move(inputs), std::move(attrs), dtypes, std::move(shapes));
    while (in.take("^")) node.control_inputs.push_back(node_named(in.word(" ^"), in));
    if (const AttrValue* value = node.op->name() == std::string_view("Const") ? node.attrs.find("value") : nullptr)
      node.constants = {std::get<Tensor>(*value)};
    if (!in.at_end()) in.bad("the end of the line");
  }
  void read_attrs(Reader& in, const Op& op, Attrs& attrs) const {
    while (!in.take("}")) {
      std::string name = in.word("=");
      in.need("=");
      int i = op.schema().attr_index(name);
      if (i < 0) in.bad(cat("an attribute of ", op.name(), " instead of ", name));
      const AttrSpec& spec = op.schema().attrs[size_t(i)];
      attrs.set(spec.name, read_value(in, spec.kind));
      in.take(",");
    }
  }
  template <class T, class F>
  static AttrValue read_list(Reader& in, F&& item) {
    std::vector<T> out;
    in.list("[", "]", [&] { out.push_back(item()); });
    return out;
  }
  FunctionAttr read_function(Reader& in) const {
    in.need("@");
    std::string name = in.word(",}] ");
    return find_function_ ? find_function_(name) : FunctionAttr{name, {}};
  }
  AttrValue read_value(Reader& in, AttrSpec::Kind kind) const {
    switch (kind) {
      case AttrSpec::kType: return in.dtype();
      case AttrSpec::kInt: return number<int64_t>(in.word(",}"));
      case AttrSpec::kFloat: return number<double>(in.word(",}"));
      case AttrSpec::kBool: return number<bool>(in.word(",}"));
      case AttrSpec::kString: return in.quoted();
      case AttrSpec::kShape: return in.shape();
      case AttrSpec::kTensor: return read_tensor(in);
      case AttrSpec::kFunc: return read_function(in);
      case AttrSpec::kListFunc: return read_list<FunctionAttr>(in, [&] { return read_function(in); });
      case AttrSpec::kListType: return read_list<DType>(in, [&] { return in.dtype(); });
      case AttrSpec::kListInt: return read_list<int64_t>(in, [&] { return number<int64_t>(in.word(",]")); });
      case AttrSpec::kListFloat: return read_list<double>(in, [&] { return number<double>(in.word(",]")); });
      case AttrSpec::kListBool: return read_list<bool>(in, [&] { return number<bool>(in.word(",]")); });
      case AttrSpec::kListString: return read_list<std::string>(in, [&] { return in.quoted(); });
      case AttrSpec::kListShape: return read_list<PartialShape>(in, [&] { return in.shape(); });
    }
    return {};
  }

  const FindFunction& find_function_;
  Ref<Graph> graph_ = make_ref<Graph>();
};

}  // namespace

Ref<Graph> parse_graph(std::string_view text, const FindFunction& find_function) { return GraphReader(find_function).read(text); }

}  // namespace runnel::inline v0
