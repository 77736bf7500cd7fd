#include "python/keras/construct.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "python/keras/tracking.h"
#include "python/keras/user_line.h"
#include "python/keras/value.h"
#include "runnel/base/error.h"
#include "runnel/base/nearest.h"

namespace runnel::python {

const std::vector<std::string>& argument_names(const keras::KerasClass& row) {
  static auto& known = *new std::unordered_map<const keras::KerasClass*, std::vector<std::string>>;
  std::vector<std::string>& names = known[&row];
  Config defaults = row.defaults();
  if (names.empty())
    for (const auto& [name, value] : defaults.as_dict()) names.push_back(name);
  return names;
}

namespace {

bool is_layer(const keras::KerasClass& row) { return std::string_view(row.kind) == "layers"; }
bool is_optimizer(const keras::KerasClass& row) { return std::string_view(row.kind) == "optimizers"; }

// Keras's older ways to say a layer's input shape, unless the class has an argument of that name (Embedding's input_dim).
// Gives the batch size, or None.
nb::object settle_input_shape(const keras::KerasClass& row, Config& config, nb::kwargs& keywords) {
  const std::vector<std::string>& names = argument_names(row);
  auto take = [&](const char* name) -> nb::object {
    bool own = std::find(names.begin(), names.end(), name) != names.end();
    return !own && keywords.contains(name) ? keywords.attr("pop")(name) : nb::none();
  };
  nb::object dim = take("input_dim"), batched = take("batch_input_shape"), length = take("input_length");
  nb::object size = take("batch_size");
  take("input_dtype");
  if (!dim.is_none()) config.set("input_shape", length.is_none() ? to_config(nb::make_tuple(dim)) : to_config(nb::make_tuple(length, dim)));
  if (!batched.is_none()) {
    config.set("input_shape", to_config(without_first(batched)));
    size = nb::object(batched[0]);
  }
  return size;
}

// Older names of arguments; "" stands for every class of the kind.
struct Renamed {
  const char *kind, *name, *older, *newer;
};
constexpr Renamed kRenamed[] = {{"optimizers", "", "lr", "learning_rate"}, {"layers", "LeakyReLU", "alpha", "negative_slope"},
                                {"regularizers", "L1", "l", "l1"}, {"regularizers", "L2", "l", "l2"}};

void rename_arguments(const keras::KerasClass& row, nb::kwargs& keywords) {
  for (const Renamed& r : kRenamed) {
    bool fits = std::string_view(row.kind) == r.kind && (!*r.name || std::string_view(row.name) == r.name);
    if (fits && keywords.contains(r.older)) keywords[r.newer] = keywords.attr("pop")(r.older);
  }
}

// Optimizer(name, decay=...) of Keras 2.
void settle_optimizer(nb::args& args, nb::kwargs& keywords) {
  if (!keywords.contains("decay") && (args.size() == 0 || !PyUnicode_Check(nb::object(args[0]).ptr()))) return;
  nb::tuple newer = nb::tuple(keras_helper("_older_optimizer", "settle")(args, keywords));
  args = nb::borrow<nb::args>(newer[0]);
  keywords = nb::borrow<nb::kwargs>(newer[1]);
}

[[noreturn]] void unknown_arguments(const keras::KerasClass& row, const char* type, nb::handle keywords) {
  std::string text = nb::cast<std::string>(nb::repr(keywords)), first = nb::cast<std::string>(nb::list(keywords)[0]);
  std::string near = nearest_name(first, argument_names(row));
  std::string expected = join(argument_names(row)), hint = near.empty() ? "" : cat("did you mean \"", near, "\"?");
  Details details{.expected = expected, .hint = hint};
  if (is_layer(row)) fail<ValueError>("", cat("Unrecognized keyword arguments passed to ", type, ": ", text), details);
  if (is_optimizer(row)) fail<ValueError>("", cat("Argument(s) not recognized: ", text), details);
  fail<TypeError>("", cat(row.name, ".__init__() got an unexpected keyword argument '", first, "'"), details);
}

Config collect(const keras::KerasClass& row, nb::handle type, nb::args args, nb::kwargs keywords) {
  const std::vector<std::string>& names = argument_names(row);
  Config config = Config::dict();
  if (args.size() > names.size())
    fail<TypeError>("", cat(row.name, ".__init__() takes from 1 to ", names.size() + 1, " positional arguments but ", args.size() + 1, " were given"));
  for (size_t i = 0; i < args.size(); ++i) {
    if (keywords.contains(names[i].c_str())) fail<TypeError>("", cat(row.name, ".__init__() got multiple values for argument '", names[i], "'"));
    config.set(names[i], to_config(args[i]));
  }
  nb::dict unknown;
  for (auto [key, value] : keywords) {
    std::string name = nb::cast<std::string>(key);
    bool known = std::find(names.begin(), names.end(), name) != names.end();
    if (known || (row.accepts && row.accepts(name))) config.set(name, to_config(value));
    else unknown[key] = value;
  }
  if (unknown.size() > 0) unknown_arguments(row, reinterpret_cast<PyTypeObject*>(type.ptr())->tp_name, unknown);
  return config;
}

// Arguments with a default for which None says something else: no reduction, no decay.
bool none_has_meaning(std::string_view name) {
  for (const char* known : {"reduction", "merge_mode", "class_aggregation", "rms_rate", "weight_decay", "adam_weight_decay", "window", "scaling", "block_size", "activation_quantizer"})
    if (name == known) return true;
  return false;
}

// None stands for the default where a field cannot be empty.
void drop_defaults(Config& config, const keras::KerasClass& row) {
  Config defaults = row.defaults(), kept = Config::dict();
  for (const auto& [name, value] : config.as_dict()) {
    const Config* usual = defaults.find(name);
    bool scalar = usual && (usual->is_number() || usual->is_bool() || (usual->is_string() && !name.ends_with("activation")));
    if (!value.is_null() || !scalar || none_has_meaning(name)) kept.set(name, value);
  }
  config = kept;
}

// Names the argument that has a fraction where an integer is wanted.
void check_integers(const Config& config, const keras::KerasClass& row) {
  const Config defaults = row.defaults();
  for (const auto& [name, value] : config.as_dict()) {
    const Config* usual = defaults.find(name);
    if (!usual || !usual->is_int() || !value.is_number() || value.as_double() == std::floor(value.as_double())) continue;
    fail<ValueError>("", cat(row.name, " received an invalid value for `", name, "`, expected an integer. Received: ", name, "=", value.to_json()));
  }
}

nb::object take_weights(const keras::KerasClass& row, nb::kwargs& keywords) {
  if (!is_layer(row) || !keywords.contains("weights")) return nb::none();
  return keywords.attr("pop")("weights");
}

}  // namespace

void construct(nb::handle self, nb::args args, nb::kwargs given) {
  nb::handle type(reinterpret_cast<PyObject*>(Py_TYPE(self.ptr())));
  const ClassRecord& record = record_of(type);
  const keras::KerasClass& row = *record.builtin;
  nb::kwargs keywords = nb::borrow<nb::kwargs>(nb::dict(given).attr("copy")());
  Config shape = Config::dict();
  nb::object weights = take_weights(row, keywords);
  nb::object size = is_layer(row) ? settle_input_shape(row, shape, keywords) : nb::none();
  const bool scales = cat(row.name) == "LossScaleOptimizer";
  nb::object dynamic = is_optimizer(row) && !scales ? nb::none() : nb::object(keywords.attr("pop")("dynamic", nb::bool_(scales)));
  if (scales && !nb::cast<bool>(nb::bool_(dynamic)))
    fail<ValueError>("", "LossScaleOptimizer no longer supports `dynamic=False`. Instead, simply set `loss_scale_factor` directly on the `inner_optimizer`.");
  rename_arguments(row, keywords);
  if (is_optimizer(row)) settle_optimizer(args, keywords);
  Config config = collect(row, type, args, keywords);
  for (const auto& [name, value] : shape.as_dict()) config.set(name, value);
  drop_defaults(config, row);
  check_integers(config, row);
  if (record.foreign && !row.make_foreign) fail<TypeError>(row.name, "cannot be subclassed in Python");
  attach(self, record.foreign ? row.make_foreign(config, record.foreign) : row.make(config));
  if (auto* layer = body_or_null<keras::LayerBody>(self)) {
    layer->set_made_at(user_line(bool(record.foreign)));
    if (overrides(*layer, keras::OverridableLayer<keras::LayerBaseBody>::kComputeMask)) layer->set_supports_masking(true);  // what a layer computes is handed on
  }
  track_earlier_attributes(self);
  if (keywords.contains("dtype") && nb::hasattr(keywords["dtype"], "default_policy")) {  // a DTypePolicyMap: by the layer's path
    nb::object map = keywords["dtype"], own = map[self.attr("path")];
    if (!own.equal(map.attr("default_policy"))) self.attr("dtype_policy") = own;
  }
  if (!size.is_none()) body_as<keras::LayerBody>(self).set_batch_size_option(to_int(size.ptr()));
  if (!scales && dynamic.equal(nb::bool_(true))) self.attr("dynamic") = true;
  if (!weights.is_none()) body_as<keras::LayerBody>(self).set_initial_weights(to_tensors(nb::list(weights).ptr()));
}

nb::object argument_object(const std::string& name, const Config& value) {
  bool function = name.ends_with("activation") && value.is_string();
  return function ? keras_helper("activations", "get")(value.as_string()) : from_config(value);
}

bool set_argument(nb::handle self, const std::string& name, nb::handle value) {
  KerasObject& body = body_of(self);
  if (!body.argument(name)) return false;
  try {
    return body.set_argument(name, to_config(value));
  } catch (const Error&) {
    return false;
  }
}

}  // namespace runnel::python
