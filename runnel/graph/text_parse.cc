// Reading the text form of graphs.
#include <charconv>
#include <cstdlib>

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
        out += char(hex_byte(rest_.substr(2, 2)));
        rest_.remove_prefix(4);
      } else {
        out += rest_.front();
        rest_.remove_prefix(1);
      }
    }
    need("\"");
    return out;
  }
  unsigned char hex_byte(std::string_view digits) const {
    unsigned value = 0;
    auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
    if (error != std::errc() || end != digits.data() + digits.size()) bad(cat("hexadecimal digits instead of ", digits));
    return static_cast<unsigned char>(value);
  }
  /// f() for each item of "open a, b close".
  template <class F>
  void list(std::string_view open, std::string_view close, F&& f) {
    need(open);
    while (!take(close)) {
      if (rest_.empty()) bad(close);
      f();
      take(",");
    }
  }
  /// The number up to one of these characters.
  template <class T>
  T number(std::string_view ends) {
    std::string_view before = rest_;
    std::string text = word(ends);
    char* end = nullptr;
    T out{};
    if constexpr (std::is_same_v<T, bool>) end = text.data() + (text == "true" || text == "false" ? text.size() : 0), out = text == "true";
    else if constexpr (std::is_floating_point_v<T>) out = T(std::strtod(text.c_str(), &end));
    else if (auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), out); error == std::errc()) end = text.data() + (stop - text.data());
    if (!text.empty() && end == text.data() + text.size()) return out;
    rest_ = before;
    bad("a number that the type holds");
  }
  PartialShape shape() {
    if (take("<unknown>")) return PartialShape::unknown_rank();
    Dims dims;
    list("(", ")", [&] {
      dims.push_back(take("None") ? -1 : number<int64_t>(",)"));
      if (dims[dims.size() - 1] < -1) bad("sizes that are not negative");
    });
    return PartialShape(dims);
  }
  /// How many characters are left: no more items than that can follow.
  int64_t left() const { return int64_t(rest_.size()); }
  DType dtype() { return DType::from_name(word("(,]} {")); }

 private:
  void skip_spaces() {
    while (!rest_.empty() && rest_.front() == ' ') rest_.remove_prefix(1);
  }
  std::string_view line_, rest_;
};

void read_bytes(Reader& in, Tensor& t) {
  if (!t.dtype().is_plain()) in.bad(cat("elements: those of ", t.dtype().name(), " are not plain bytes"));
  const std::string digits = in.word("}");
  if (int64_t(digits.size()) != 2 * t.nbytes()) in.bad(cat(2 * t.nbytes(), " hexadecimal digits"));
  auto* bytes = static_cast<unsigned char*>(t.mutable_raw());
  for (size_t i = 0; i < size_t(t.nbytes()); ++i) bytes[i] = in.hex_byte(std::string_view(digits).substr(2 * i, 2));
}

void read_elements(Reader& in, Tensor& t) {
  if (t.dtype() == resource || t.dtype() == variant) return;
  for (int64_t i = 0; i < t.num_elements(); ++i, in.take(",")) {
    if (t.dtype() == string) {
      t.mutable_data<std::string>()[i] = in.quoted();
      continue;
    }
    dispatch<TypeList<float, double, half_t, bfloat16_t, int32_t, int64_t, int8_t, int16_t, uint8_t, uint16_t, uint32_t, uint64_t, bool>>(
        t.dtype(), "parse_graph", [&]<class T>() {
          if constexpr (kIsHalf<T>) t.mutable_data<T>()[i] = T(in.number<float>(",}"));
          else t.mutable_data<T>()[i] = in.number<T>(",}");
        });
  }
}

Tensor read_tensor(Reader& in) {
  DType dtype = in.dtype();
  PartialShape shape = in.shape();
  if (!shape.is_fully_known() || shape.known().num_elements() > in.left()) in.bad("a shape that the values fit");
  Tensor t(dtype, shape.known());
  in.need("{");
  in.take("0x") ? read_bytes(in, t) : read_elements(in, t);
  in.need("}");
  return t;
}

class GraphReader {
 public:
  explicit GraphReader(const FindFunction& find_function) : find_function_(find_function) {}

  Ref<Graph> read(std::string_view text) {
    while (!text.empty()) {
      size_t end = std::min(text.find('\n'), text.size());
      if (std::string_view line = trim(text.substr(0, end)); !line.empty() && !line.starts_with("//")) read_node(line);
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
    Node* node = node_named(name.substr(0, colon), in);
    if (output < 0 || output >= node->num_outputs()) in.bad(cat("an output of ", node->name, " instead of ", output));
    return {node, output};
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
      case AttrSpec::kInt: return in.number<int64_t>(",}");
      case AttrSpec::kFloat: return in.number<double>(",}");
      case AttrSpec::kBool: return in.number<bool>(",}");
      case AttrSpec::kString: return in.quoted();
      case AttrSpec::kShape: return in.shape();
      case AttrSpec::kTensor: return read_tensor(in);
      case AttrSpec::kFunc: return read_function(in);
      case AttrSpec::kListFunc: return read_list<FunctionAttr>(in, [&] { return read_function(in); });
      case AttrSpec::kListType: return read_list<DType>(in, [&] { return in.dtype(); });
      case AttrSpec::kListInt: return read_list<int64_t>(in, [&] { return in.number<int64_t>(",]"); });
      case AttrSpec::kListFloat: return read_list<double>(in, [&] { return in.number<double>(",]"); });
      case AttrSpec::kListBool: return read_list<bool>(in, [&] { return in.number<bool>(",]"); });
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
