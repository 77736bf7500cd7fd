#include "runnel/op/partial_value.h"

#include <algorithm>
#include <optional>
#include <unordered_map>

#include "runnel/base/error.h"
#include "runnel/core/named_size.h"
#include "runnel/op/context.h"

namespace runnel::inline v0 {

extern const std::span<const PartialValueDef>* const kAllPartialValues[];

const Tensor* partial_value(const Tensor& t) {
  if (!t.is_symbolic()) return &t;
  if (t.symbol().constant) return t.symbol().constant;
  auto* graph = dynamic_cast<const KeepsPartialValues*>(t.symbol().graph.get());
  return graph ? graph->known_part(t.symbol()) : nullptr;
}

namespace {

constexpr int64_t kMostKnown = 64;  // elements

bool is_integer(DType dtype) { return dtype == int32 || dtype == int64; }

// f(element) of each element of an integer tensor, which may be changed.
template <class F>
void for_each_element(const Tensor& t, F&& f) {
  for (int64_t i = 0; i < t.num_elements(); ++i) {
    if constexpr (std::is_invocable_v<F, int64_t, int32_t&>) {
      if (t.dtype() == int32) {
        f(i, t.mutable_data<int32_t>()[i]);
        continue;
      }
    }
    f(i, t.mutable_data<int64_t>()[i]);
  }
}

std::optional<PartialRule> rule_of(const Op& op) {
  static const auto& rules = *[] {
    auto* out = new std::unordered_map<std::string_view, PartialRule>;
    for (auto list = kAllPartialValues; *list; ++list)
      for (const PartialValueDef& def : **list) out->emplace(def.op, def.rule);
    return out;
  }();
  auto it = rules.find(op.name());
  return it == rules.end() ? std::nullopt : std::optional(it->second);
}

bool has_function(const Op& op) {
  return std::any_of(op.schema().attrs.begin(), op.schema().attrs.end(),
                     [](const AttrSpec& spec) { return spec.kind == AttrSpec::kFunc || spec.kind == AttrSpec::kListFunc; });
}

bool is_worth_knowing(const Op& op, std::span<const DType> dtypes, std::span<const PartialShape> shapes) {
  if (op.def().traits.stateful || !op.def().shape || has_function(op)) return false;
  for (size_t i = 0; i < dtypes.size(); ++i)
    if ((!is_integer(dtypes[i]) && dtypes[i] != bool_) || (shapes[i].has_rank() && shapes[i].num_elements() > kMostKnown)) return false;
  return true;
}

// One call of infer_values.
class Inference {
 public:
  Inference(const Op& op, std::span<const Tensor> inputs, const Attrs& attrs, bool named) : op_(op), inputs_(inputs), attrs_(attrs), named_(named) {}

  std::vector<Tensor> values(std::span<const DType> dtypes) {
    std::optional<PartialRule> rule = rule_of(op_);
    if (rule == PartialRule::kShapes) return shapes();
    if (inputs_.empty() || !gather()) return {};
    if (named_ && std::any_of(values_.begin(), values_.end(), has_names)) return names(rule, dtypes);
    std::vector<Tensor> out = numbers(rule, dtypes);
    if (named_ && std::any_of(out.begin(), out.end(), has_names)) return {};
    return out;
  }

 private:
  std::vector<Tensor> numbers(std::optional<PartialRule> rule, std::span<const DType> dtypes) {
    if (std::all_of(values_.begin(), values_.end(), is_complete)) return run_all(op_, values_, attrs_);
    if (rule) return moves(*rule, dtypes) ? run_all(op_, values_, attrs_) : std::vector<Tensor>();
    if (op_.def().traits.elementwise) return elementwise();
    return {};
  }
  std::vector<Tensor> shapes() const {
    std::vector<Tensor> out;
    for (const Tensor& t : inputs_) {
      PartialShape shape = t.partial_shape();
      if (!shape.has_rank()) return {};
      bool has_name = named_ && std::any_of(shape.begin(), shape.end(), is_named);
      Tensor value(has_name ? int64 : type(), {shape.rank()});
      for_each_element(value, [&](int64_t i, auto& element) {
        int64_t size = shape[int(i)];
        element = std::decay_t<decltype(element)>(size >= 0 || (has_name && is_named(size)) ? size : kUnknownElement);
      });
      out.push_back(value);
    }
    return out;
  }
  DType type() const {
    const AttrValue* given = attrs_.find("out_type");
    return given ? std::get<DType>(*given) : int32;
  }
  bool gather() {
    for (const Tensor& t : inputs_) {
      const Tensor* value = partial_value(t);
      if (!value || !value->dtype().is_plain() || value->num_elements() > kMostKnown) return false;
      if (named_ && is_constant(t) && has_names(*value)) return false;
      values_.push_back(*value);
    }
    return true;
  }
  // True where the inputs that say which elements are taken are known.
  bool moves(PartialRule rule, std::span<const DType> dtypes) const {
    if (!std::all_of(dtypes.begin(), dtypes.end(), is_integer)) return false;
    size_t first = rule == PartialRule::kMovesFirst ? 1 : values_.size() - (rule == PartialRule::kMovesButLast), last = values_.size();
    return std::all_of(values_.begin() + std::ptrdiff_t(first), values_.begin() + std::ptrdiff_t(last), is_complete);
  }
  static bool is_constant(const Tensor& t) { return !t.is_symbolic() || t.symbol().constant; }
  // Names come from shapes alone: a large negative number, which looks like one, is dropped where it is computed or a constant.
  static bool has_names(const Tensor& value) {
    bool any = false;
    if (is_integer(value.dtype())) for_each_element(value, [&](int64_t, int64_t element) { any |= element != kUnknownElement && is_named(element); });
    return any;
  }
  // What is moved is int64 then: the operator runs without the dtypes that it was traced with.
  std::vector<Tensor> names(std::optional<PartialRule> rule, std::span<const DType> dtypes) {
    if (rule && !moves(*rule, dtypes)) return {};
    size_t moved = rule == PartialRule::kMovesFirst ? 1 : rule == PartialRule::kMovesButLast ? values_.size() - 1 : values_.size();
    for (size_t i = 0; i < moved; ++i) {
      if (!is_integer(values_[i].dtype())) return {};
      values_[i] = widened(values_[i]);
    }
    if (op_.name() == std::string_view("Cast")) return {values_[0]};
    if (rule) return run_all(op_, values_, without_types(attrs_));
    bool is_product = op_.name() == std::string_view("Mul"), is_sum = op_.name() == std::string_view("AddV2");
    return is_product || is_sum ? arithmetic(is_product) : std::vector<Tensor>();
  }
  static Tensor widened(const Tensor& value) {
    Tensor out(int64, value.shape());
    for_each_element(value, [&](int64_t i, int64_t element) { out.mutable_data<int64_t>()[i] = element; });
    return out;
  }
  static Attrs without_types(const Attrs& attrs) {
    Attrs out;
    for (const NamedAttr& attr : attrs)
      if (!std::holds_alternative<DType>(attr.value)) out.set(attr.name, attr.value);
    return out;
  }
  // Element by element; a sum has a name where one side is 0.
  std::vector<Tensor> arithmetic(bool is_product) const {
    if (values_[0].num_elements() != values_[1].num_elements()) return {};
    Tensor out(int64, values_[0].rank() >= values_[1].rank() ? values_[0].shape() : values_[1].shape());
    for_each_element(out, [&](int64_t i, int64_t& element) {
      int64_t a = values_[0].data<int64_t>()[i], b = values_[1].data<int64_t>()[i];
      bool known = a != kUnknownElement && b != kUnknownElement;
      element = !known ? PartialShape::kUnknown : is_product ? product_of_sizes(a, b) : sum(a, b);
      if (element == PartialShape::kUnknown) element = kUnknownElement;
    });
    return {out};
  }
  static int64_t sum(int64_t a, int64_t b) {
    if (a == 0 || b == 0) return a + b;
    return a > 0 && b > 0 ? a + b : PartialShape::kUnknown;
  }
  // An element is known where all that it is computed from are: 1 stands for the others, and the sum of the marks tells them.
  std::vector<Tensor> elementwise() {
    static const Op& sum = get_op("AddV2");
    Tensor marks = Tensor::scalar(int32_t(0));
    for (Tensor& value : values_) {
      Tensor mark(int32, value.shape());
      std::fill_n(mark.mutable_data<int32_t>(), mark.num_elements(), 0);
      if (is_integer(value.dtype())) {
        value = value.clone();
        for_each_element(value, [&](int64_t i, auto& element) {
          if (element != kUnknownElement) return;
          mark.mutable_data<int32_t>()[i] = 1;
          element = 1;
        });
      }
      marks = run(sum, {marks, mark});
    }
    Tensor out = run(op_, values_, attrs_);
    if (!is_integer(out.dtype()) || out.shape() != marks.shape()) return {};
    out = out.clone();
    for_each_element(out, [&](int64_t i, auto& element) {
      if (marks.data<int32_t>()[i] > 0) element = kUnknownElement;
    });
    return {out};
  }

  const Op& op_;
  std::span<const Tensor> inputs_;
  const Attrs& attrs_;
  bool named_;
  std::vector<Tensor> values_;
};

}  // namespace

bool is_complete(const Tensor& value) {
  bool complete = true;
  if (is_integer(value.dtype())) for_each_element(value, [&](int64_t, const auto& element) { complete &= element != kUnknownElement; });
  return complete;
}

std::vector<Tensor> infer_values(const Op& op, std::span<const Tensor> inputs, const Attrs& attrs, std::span<const DType> dtypes,
                                 std::span<const PartialShape> shapes, bool named) {
  if (!is_worth_knowing(op, dtypes, shapes)) return {};
  Scoped<Tracer*> no_tracer(thread_context().tracer, nullptr);
  Scoped<std::vector<Recorder*>> no_tape(thread_context().recorders, {});
  try {
    return Inference(op, inputs, attrs, named).values(dtypes);
  } catch (const Error&) {
    return {};  // running the graph will report it
  }
}

}  // namespace runnel::inline v0
