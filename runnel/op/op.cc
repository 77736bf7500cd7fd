#include "runnel/op/op.h"

#include <algorithm>
#include <cstdio>
#include <unordered_map>

#include "runnel/base/verbose.h"
#include "runnel/op/context.h"
#include "runnel/op/op_context.h"
#include "runnel/op/shape_check.h"
#include "runnel/runtime/flush_denormals.h"

namespace runnel::inline v0 {

extern const std::span<const OpDef>* const kAllOps[];
extern const std::span<const KernelDef>* const kAllKernels[];

Op::Op(const OpDef& def) : def_(def), schema_(parse_schema(def.name, def.signature, def.attrs)) {
  if (def.kernel) kernels_.push_back({def.name, "portable", def.kernel});
}

/// All operators, made from the cards at the first use.
class Registry {
 public:
  static const Registry& instance() {
    static const Registry& registry = *new Registry;
    return registry;
  }
  const Op* find(std::string_view name) const {
    auto it = ops_.find(name);
    return it == ops_.end() ? nullptr : it->second;
  }
  std::vector<const Op*> all() const {
    std::vector<const Op*> out;
    for (const auto& [name, op] : ops_) out.push_back(op);
    return out;
  }

 private:
  Registry() {
    for (auto card = kAllOps; *card; ++card)
      for (const OpDef& def : **card)
        if (!ops_.emplace(def.name, new Op(def)).second) fail<errors::AlreadyExistsError>(def.name, "two cards define this operator");
    for (auto card = kAllKernels; *card; ++card)
      for (const KernelDef& kernel : **card) {
        auto it = ops_.find(kernel.op);
        if (it == ops_.end()) fail<errors::NotFoundError>(kernel.op, "a kernel is given for an operator that no card defines");
        it->second->kernels_.insert(it->second->kernels_.begin(), kernel);
      }
  }
  std::unordered_map<std::string_view, Op*> ops_;
};

const Op* find_op(std::string_view name) { return Registry::instance().find(name); }
const Op& get_op(std::string_view name) {
  if (const Op* op = find_op(name)) return *op;
  fail<errors::NotFoundError>("", cat("Op type not registered '", name, "' in this build of Runnel"));
}
std::vector<const Op*> all_ops() { return Registry::instance().all(); }

ThreadContext& thread_context() {
  thread_local ThreadContext context{.recorders = initial_recorders()};
  return context;
}

void note_variable_read(const Tensor& handle) {
  for (Recorder* recorder : thread_context().recorders) recorder->variable_read(handle);
  if (Tracer* tracer = thread_context().tracer) tracer->variable_read(handle);
}

namespace {

using OutputTypes = SmallVector<DType, 4>;

std::string allowed_names(const AttrSpec& attr) {
  std::vector<std::string> names;
  for (DType t : attr.allowed_types) names.push_back(t.short_name());
  return join(names);
}

[[noreturn]] void wrong_count(const Op& op, size_t given) {
  fail<TypeError>(op.name(), "wrong number of inputs", {.got = to_text(given), .expected = op.def().signature});
}

// The argument that input `at` belongs to.
const ArgSpec& argument_at(const Op& op, size_t at) {
  const std::vector<ArgSpec>& args = op.schema().inputs;
  return args[std::min(at, args.size() - 1)];
}

[[noreturn]] void wrong_type_in_graph(const Op& op, size_t input, DType expected, DType got) {
  const ArgSpec& arg = argument_at(op, input);
  std::string start = cat("Input '", arg.name, "' of '", op.name(), "' Op has type ", got);
  for (const ArgSpec& other : op.schema().inputs)
    if (&other != &arg && arg.type_attr >= 0 && other.type_attr == arg.type_attr)
      fail<TypeError>("", cat(start, " that does not match type ", expected, " of argument '", other.name, "'."));
  fail<TypeError>("", cat(start, " that does not match expected type of ", expected, "."));
}

[[noreturn]] void wrong_type(const Op& op, size_t input, DType expected, DType got) {
  if (thread_context().tracer) wrong_type_in_graph(op, input, expected, got);
  fail<errors::InvalidArgumentError>(
      "", cat("cannot compute ", op.name(), " as input #", input, "(zero-based) was expected to be a ", expected.short_name(),
              " tensor but is a ", got.short_name(), " tensor [Op:", op.name(), "]"),
      {.hint = "convert one of them with tf.cast."});
}

[[noreturn]] void type_not_allowed(const Op& op, const AttrSpec& attr, DType got) {
  if (thread_context().tracer)
    fail<TypeError>("", cat("Value passed to parameter '", attr.name, "' of ", op.name(), " has DataType ", got,
                            " not in list of allowed values: ", allowed_names(attr)));
  fail<errors::InvalidArgumentError>("", cat("Value for attr '", attr.name, "' of ", got.short_name(),
                                             " is not in the list of allowed values: ", allowed_names(attr), " [Op:", op.name(), "]"));
}

void check_text(const Op& op, const AttrSpec& attr, const std::string& given) {
  if (std::find(attr.allowed_strings.begin(), attr.allowed_strings.end(), given) != attr.allowed_strings.end()) return;
  std::vector<std::string> names;
  for (const std::string& text : attr.allowed_strings) names.push_back(cat('"', text, '"'));
  fail<errors::InvalidArgumentError>("", cat("Value for attr '", attr.name, "' of \"", given, "\" is not in the list of allowed values: ",
                                             join(names), " [Op:", op.name(), "]"));
}

void check_minimum(const Op& op, const AttrSpec& attr, int64_t given) {
  if (given < attr.minimum)
    fail<errors::InvalidArgumentError>("", cat("Value for attr '", attr.name, "' of ", given, " must be at least minimum ", attr.minimum,
                                               " [Op:", op.name(), "]"));
}

/// Finds the type attributes of a call and the dtypes of its outputs.
class Resolver {
 public:
  Resolver(const Op& op, std::span<const Tensor> inputs, const Attrs& attrs) : op_(op), schema_(op.schema()), inputs_(inputs), attrs_(attrs) {}

  void resolve(ResolvedTypes& types, OutputTypes& outputs) {
    if (!attrs_.empty()) take_given(types);
    size_t at = 0;
    for (const ArgSpec& arg : schema_.inputs) {
      size_t count = arg.is_sequence() ? sequence_length(arg) : 1;
      if (count > inputs_.size() - at) wrong_count(op_, inputs_.size());
      if (arg.is_list) check_list(arg, at, count), at += count;
      else
        for (size_t i = 0; i < count; ++i, ++at) check_input(arg, at, types);
    }
    if (at != inputs_.size()) wrong_count(op_, inputs_.size());
    for (const ArgSpec& arg : schema_.outputs) add_output(arg, types, outputs);
  }

  size_t sequence_length(const ArgSpec& arg) const {
    if (arg.number_attr >= 0)
      if (const AttrValue* n = attrs_.find(schema_.attrs[size_t(arg.number_attr)].name)) return size_t(std::get<int64_t>(*n));
    if (arg.is_list && arg.type_attr >= 0)
      if (const AttrValue* types = attrs_.find(schema_.attrs[size_t(arg.type_attr)].name))
        return std::get<std::vector<DType>>(*types).size();
    size_t fixed = 0, same = 0;  // the rest belongs to the sequences, in equal parts
    for (const ArgSpec& other : schema_.inputs) (other.is_sequence() ? same : fixed) += 1;
    if (inputs_.size() < fixed) wrong_count(op_, inputs_.size());
    return same == 0 ? 0 : (inputs_.size() - fixed) / same;
  }

 private:
  void take_given(ResolvedTypes& types) const {
    for (size_t i = 0; i < schema_.attrs.size(); ++i) {
      const AttrSpec& spec = schema_.attrs[i];
      if (!spec.is_checked()) continue;
      const AttrValue* given = attrs_.find(spec.name);
      if (!given) continue;
      if (spec.kind == AttrSpec::kType) types[i] = allowed(spec, std::get<DType>(*given));
      else if (const auto* text = std::get_if<std::string>(given)) check_text(op_, spec, *text);
      else if (const auto* n = std::get_if<int64_t>(given)) check_minimum(op_, spec, *n);
    }
  }
  DType allowed(const AttrSpec& spec, DType given) const {
    if (!(spec.allowed >> given.code() & 1)) type_not_allowed(op_, spec, given);
    return given;
  }
  void check_list(const ArgSpec& arg, size_t first, size_t count) const {
    const AttrValue* given = arg.type_attr < 0 ? nullptr : attrs_.find(schema_.attrs[size_t(arg.type_attr)].name);
    if (!given) return;
    const auto& expected = std::get<std::vector<DType>>(*given);
    for (size_t i = 0; i < count; ++i)
      if (i >= expected.size() || inputs_[first + i].dtype() != expected[i])
        wrong_type(op_, first + i, i < expected.size() ? expected[i] : DType(), inputs_[first + i].dtype());
  }
  void check_input(const ArgSpec& arg, size_t at, ResolvedTypes& types) const {
    DType got = inputs_[at].dtype();
    if (arg.type_attr < 0) {
      if (got != arg.type) wrong_type(op_, at, arg.type, got);
      return;
    }
    DType& expected = types[size_t(arg.type_attr)];
    if (!expected) {
      expected = allowed(schema_.attrs[size_t(arg.type_attr)], got);
    } else if (got != expected) {
      wrong_type(op_, at, expected, got);
    }
  }
  void add_output(const ArgSpec& arg, ResolvedTypes& types, OutputTypes& outputs) const {
    if (arg.is_list) {
      const AttrValue* given = attrs_.find(schema_.attrs[size_t(arg.type_attr)].name);
      if (given)
        for (DType t : std::get<std::vector<DType>>(*given)) outputs.push_back(t);
      else
        for (DType t : list_types(arg.type_attr)) outputs.push_back(t);
      return;
    }
    size_t count = arg.number_attr >= 0 ? output_count(arg) : 1;
    DType type = arg.type;
    if (arg.type_attr >= 0) {
      DType& resolved = types[size_t(arg.type_attr)];
      const AttrSpec& spec = schema_.attrs[size_t(arg.type_attr)];
      if (!resolved)
        if (const DType* fallback = std::get_if<DType>(&spec.default_value)) resolved = *fallback;
      if (!resolved) fail<TypeError>(op_.name(), cat("needs the attribute ", spec.name));
      type = allowed(spec, resolved);
    }
    for (size_t i = 0; i < count; ++i) outputs.push_back(type);
  }
  // The types of the list input that shares the attribute.
  std::vector<DType> list_types(int type_attr) const {
    std::vector<DType> out;
    size_t at = 0;
    for (const ArgSpec& arg : schema_.inputs) {
      size_t count = arg.is_sequence() ? sequence_length(arg) : 1;
      if (arg.type_attr == type_attr)
        for (size_t i = 0; i < count; ++i) out.push_back(inputs_[at + i].dtype());
      at += count;
    }
    return out;
  }
  size_t output_count(const ArgSpec& arg) const {
    const AttrSpec& spec = schema_.attrs[size_t(arg.number_attr)];
    if (const AttrValue* n = attrs_.find(spec.name)) {
      int64_t count = std::get<int64_t>(*n);
      if (count < 0) fail<errors::InvalidArgumentError>(op_.name(), cat("Value for attr '", spec.name, "' of ", count, " must be at least minimum 0"));
      if (count > 1 << 20) fail<errors::ResourceExhaustedError>("OOM", cat(count, " outputs of ", op_.name()));
      return size_t(count);
    }
    for (const ArgSpec& input : schema_.inputs)
      if (input.number_attr == arg.number_attr) return sequence_length(input);
    if (const int64_t* n = std::get_if<int64_t>(&spec.default_value)) return size_t(*n);
    fail<TypeError>(op_.name(), cat("needs the attribute ", spec.name));
  }

  const Op& op_;
  const OpSchema& schema_;
  std::span<const Tensor> inputs_;
  const Attrs& attrs_;
};

bool verbose_dispatch() {
  static const bool on = is_verbose("dispatch");
  return on;
}

void log_dispatch(const Op& op, const KernelDef& kernel, const char* declined) {
  std::fprintf(stderr, "runnel: dispatch %s: %s%s%s\n", op.name(), kernel.label, declined ? " declined: " : "", declined ? declined : "");
}

}  // namespace

void run_kernel(const Op& op, OpContext& context) {
  FlushDenormals flush;
  for (const KernelDef& kernel : op.kernels()) {
    const char* declined = kernel.declines ? kernel.declines(context) : nullptr;
    if (verbose_dispatch()) [[unlikely]] log_dispatch(op, kernel, declined);
    if (!declined) return kernel.run(context);
  }
  fail<errors::UnimplementedError>(op.name(), "no kernel of this build takes the call");
}

namespace {

Tracer* tracer_of(std::span<const Tensor> inputs) {
  if (Tracer* tracer = thread_context().tracer) return tracer;
  for (const Tensor& t : inputs)
    if (t.is_symbolic()) return dynamic_cast<Tracer*>(t.symbol().graph.get());
  return nullptr;
}

void check_present(const Op& op, std::span<const Tensor> inputs) {
  for (const Tensor& t : inputs)
    if (!t) [[unlikely]] fail<ValueError>(op.name(), "an input is None", {.expected = op.def().signature});
}

void call(const Op& op, std::span<const Tensor> inputs, const Attrs& attrs, const ResolvedTypes& types, const OutputTypes& dtypes,
          std::span<Tensor> outputs) {
  if (Tracer* tracer = tracer_of(inputs)) [[unlikely]] {
    tracer->trace(op, inputs, attrs, dtypes, outputs);
  } else {
    OpContext context(op, inputs, attrs, types, dtypes, outputs.data());
    run_kernel(op, context);
  }
  for (Recorder* recorder : thread_context().recorders)
    if (recorder->wants(inputs)) recorder->record(op, inputs, attrs, outputs);
}

}  // namespace

Tensor run(const Op& op, std::span<const Tensor> inputs, const Attrs& attrs) {
  check_present(op, inputs);
  ResolvedTypes types{};
  OutputTypes dtypes;
  Resolver(op, inputs, attrs).resolve(types, dtypes);
  Tensor output;
  RUNNEL_ASSERT(dtypes.size() <= 1);
  call(op, inputs, attrs, types, dtypes, std::span(&output, size_t(dtypes.size())));
  return output;
}

std::vector<Tensor> run_all(const Op& op, std::span<const Tensor> inputs, const Attrs& attrs) {
  check_present(op, inputs);
  ResolvedTypes types{};
  OutputTypes dtypes;
  Resolver(op, inputs, attrs).resolve(types, dtypes);
  std::vector<Tensor> outputs(size_t(dtypes.size()));
  call(op, inputs, attrs, types, dtypes, outputs);
  return outputs;
}

ResolvedTypes resolve_types(const Op& op, std::span<const Tensor> inputs, const Attrs& attrs) {
  ResolvedTypes types{};
  OutputTypes dtypes;
  Resolver(op, inputs, attrs).resolve(types, dtypes);
  return types;
}

Attrs complete_attrs(const Op& op, std::span<const Tensor> inputs, const Attrs& given) {
  ResolvedTypes types = resolve_types(op, inputs, given);
  const OpSchema& schema = op.schema();
  Attrs out = given;
  for (size_t i = 0; i < schema.attrs.size(); ++i) {
    const AttrSpec& spec = schema.attrs[i];
    if (given.find(spec.name)) continue;
    if (spec.kind == AttrSpec::kType && types[i]) out.set(spec.name, types[i]);
    else if (!std::holds_alternative<std::monostate>(spec.default_value)) out.set(spec.name, spec.default_value);
  }
  Resolver resolver(op, inputs, given);
  size_t at = 0;
  for (const ArgSpec& arg : schema.inputs) {
    size_t count = arg.is_sequence() ? resolver.sequence_length(arg) : 1;
    if (arg.number_attr >= 0) out.set(schema.attrs[size_t(arg.number_attr)].name, int64_t(count));
    if (arg.is_list) {
      std::vector<DType> list;
      for (size_t i = 0; i < count; ++i) list.push_back(inputs[at + i].dtype());
      out.set(schema.attrs[size_t(arg.type_attr)].name, list);
    }
    at += count;
  }
  return out;
}

}  // namespace runnel::inline v0
