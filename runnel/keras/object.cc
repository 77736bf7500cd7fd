#include "runnel/keras/object.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <mutex>

#include "runnel/base/nearest.h"
#include "runnel/keras/collected.h"
#include "runnel/keras/function.h"
#include "runnel/keras/overrides.h"
#include "runnel/keras/registration.h"
#include "runnel/keras/saving/saveable.h"
#include "runnel/keras/saving/serialization.h"
#include "runnel/keras/saving/sharing.h"

namespace runnel::inline v0::keras {

extern const KerasClass* const kAllClasses[];

namespace {
std::mutex mutex;
std::map<std::string, int>& used_names() {
  static auto& names = *new std::map<std::string, int>;
  return names;
}
std::vector<KerasClass>& registered() {
  static auto& classes = *new std::vector<KerasClass>;
  return classes;
}

thread_local std::vector<std::span<const KerasClass>> scopes;

// Identifiers that are not the snake case of their class (keras.*.get accepts them).
struct Alias {
  const char* kind;
  const char* alias;
  const char* name;
};
constexpr Alias kAliases[] = {
    {"layers", "GroupQueryAttention", "GroupedQueryAttention"},  // as files of Keras name it
    {"losses", "mse", "MeanSquaredError"}, {"losses", "mae", "MeanAbsoluteError"}, {"losses", "mape", "MeanAbsolutePercentageError"},
    {"losses", "msle", "MeanSquaredLogarithmicError"}, {"losses", "bce", "BinaryCrossentropy"}, {"losses", "kld", "KLDivergence"},
    {"losses", "kl_divergence", "KLDivergence"}, {"losses", "kullback_leibler_divergence", "KLDivergence"}, {"losses", "logcosh", "LogCosh"},
    {"losses", "huber_loss", "Huber"}, {"metrics", "mse", "MeanSquaredError"}, {"metrics", "mae", "MeanAbsoluteError"},
    {"metrics", "mape", "MeanAbsolutePercentageError"}, {"metrics", "msle", "MeanSquaredLogarithmicError"},
    {"metrics", "rmse", "RootMeanSquaredError"}, {"metrics", "auc", "AUC"}, {"metrics", "kl_divergence", "KLDivergence"},
    {"initializers", "normal", "RandomNormal"}, {"initializers", "uniform", "RandomUniform"}, {"initializers", "one", "Ones"},
    {"initializers", "zero", "Zeros"}, {"initializers", "orthogonal", "Orthogonal"}, {"initializers", "identity", "Identity"},
    {"optimizers", "sgd", "SGD"}, {"optimizers", "rmsprop", "RMSprop"}, {"regularizers", "l1", "L1"}, {"regularizers", "l2", "L2"},
    {"regularizers", "l1_l2", "L1L2"}, {"regularizers", "l1l2", "L1L2"},
};

std::string lower(std::string text) {
  for (char& c : text) c = char(std::tolower(c));
  return text;
}
bool names_class(const std::string& given, const char* name) {
  return given == name || given == to_snake_case(name) || given == lower(name);
}

// "my>Scale" is found as "Scale", too.
bool names_registered(const std::string& given, std::string_view name) { return given == name || name.ends_with(">" + given); }

// What is one's own: the scopes from the innermost, then what was registered.
template <class Fits>
const KerasClass* find_own(const std::string& given, Fits fits) {
  auto find = [&](std::span<const KerasClass> rows) -> const KerasClass* {
    for (const KerasClass& row : rows)
      if (names_registered(given, row.name) && fits(row)) return &row;
    return nullptr;
  };
  for (size_t i = scopes.size(); i-- > 0;)
    if (const KerasClass* found = find(scopes[i])) return found;
  return find(registered());
}

const KerasClass* find_class(const char* kind, const std::string& given) {
  std::string wanted = given;
  for (const Alias& a : kAliases)
    if (std::string_view(kind) == a.kind && (given == a.alias || lower(given) == a.alias)) wanted = a.name;
  if (const KerasClass* own = find_own(given, [&](const KerasClass& row) { return std::string_view(kind) == row.kind; })) return own;
  for (auto c = kAllClasses; *c; ++c)
    if (std::string_view(kind) == (*c)->kind && names_class(wanted, (*c)->name)) return *c;
  return nullptr;
}

// What files call a class of one's own: the name it was registered under, or its own. Nothing for the library's classes.
std::string registered_name_of(const KerasObject& object) {
  const std::string name = object.class_name();
  for (const KerasClass* row : all_classes())
    if (name == row->name) return "";
  const KerasClass* own = find_own(name, [](const KerasClass& row) { return !row.function; });
  return own ? own->name : name;
}
}  // namespace

std::vector<SavedVariable> KerasObject::saved_variables() const { return {}; }
std::vector<SavedMember> KerasObject::saved_members() const { return {}; }

namespace {

std::vector<std::string> known_names(const char* kind) {
  std::vector<std::string> out;
  for (const Alias& a : kAliases)
    if (std::string_view(kind) == a.kind) out.push_back(a.alias);
  for (auto c = kAllClasses; *c; ++c)
    if (std::string_view(kind) == (*c)->kind) out.push_back(to_snake_case((*c)->name));
  return out;
}

}  // namespace

std::string registration_hint() {
  if (!has_binding()) return "a class or function of one's own must be registered first (register_class).";
  return "decorate what is one's own with `@keras.saving.register_keras_serializable()`, or pass it in `custom_objects`.";
}

Ref<KerasObject> make_by_name(const char* kind, const std::string& name, const Config& config) {
  if (const KerasClass* found = find_class(kind, name)) return found->make(config);
  std::string near = nearest_name(lower(name), known_names(kind)), meant = near.empty() ? "" : cat("did you mean \"", near, "\"? ");
  fail<ValueError>("", cat("Could not interpret ", singular(kind), " identifier: ", name),
                   {.expected = cat("a name of keras.", kind, ", or an object"), .hint = meant + registration_hint()});
}

void register_class(const KerasClass& added) {
  std::lock_guard lock(mutex);
  registered().push_back(added);
}

CustomObjectScope::CustomObjectScope(std::span<const KerasClass> classes) { scopes.push_back(classes); }
CustomObjectScope::~CustomObjectScope() { scopes.pop_back(); }

bool is_registered(const char* kind, const Config& config) {
  const Config* name = config.is_dict() ? config.find("registered_name") : nullptr;
  return name && name->is_string() && find_own(name->as_string(), [&](const KerasClass& row) { return std::string_view(kind) == row.kind; });
}

std::string singular(const std::string& kind) { return kind == "losses" ? "loss" : kind.substr(0, kind.size() - 1); }

std::span<const KerasClass* const> all_classes() {
  size_t n = 0;
  while (kAllClasses[n]) ++n;
  return {kAllClasses, n};
}

Config KerasObject::serialized() const {
  const std::string registered = foreign_class_ ? foreign_class_->registered_name : registered_name_of(*this);
  Config out = Config::Dict{{"module", registered.empty() || foreign_class_ ? Config(module()) : Config()},
                            {"class_name", class_name()},
                            {"config", get_config()},
                            {"registered_name", registered.empty() ? Config() : Config(registered)}};
  SharedWriting::number(*this, out);
  return out;
}

Ref<KerasObject> object_of_kind(const char* kind, const Ref<RefCounted>& object, Ref<KerasObject> (*from_function)(const Ref<Function>&)) {
  if (auto* made = dynamic_cast<KerasObject*>(object.get())) return Ref<KerasObject>(made);
  if (auto* function = dynamic_cast<Function*>(object.get()); function && from_function) {
    Ref<KerasObject> made = from_function(Ref<Function>(function));
    if (function->foreign()) announce(made);  // several may own it
    return made;
  }
  fail<ValueError>("", cat("Could not interpret ", singular(kind), " identifier"), {.expected = cat("a name or an object of keras.", kind)});
}

Ref<Function> find_function(const Config& identifier) {
  const Config* name = &identifier;
  if (identifier.is_dict()) {
    const Config* type = identifier.find("class_name");
    name = type && *type == Config("function") ? identifier.find("config") : nullptr;
  }
  if (!name || !name->is_string()) return {};
  const KerasClass* own = find_own(name->as_string(), [](const KerasClass& row) { return row.function != nullptr; });
  return own ? own->function(own->name) : Ref<Function>();
}

Ref<RefCounted> resolve(const char* kind, const Config& identifier) {
  if (has_binding())
    if (Ref<RefCounted> found = SharedReading::object(identifier, [&] { return binding().find(kind, identifier); })) return found;
  if (Ref<Function> own = find_function(identifier)) return own;
  if (identifier.is_string()) return make_by_name(kind, identifier.as_string());
  if (!identifier.is_dict()) fail<ValueError>("", cat("Could not interpret ", singular(kind), " identifier: ", identifier.to_json()));
  return deserialize_object(kind, identifier);
}

namespace {
// The name, where a file's class or function is known.
const std::string& located(const char* kind, const char* what, const std::string& name) {
  if (!find_class(kind, name)) fail<TypeError>("", cat("Could not locate ", what, " '", name, "'."), {.hint = registration_hint()});
  return name;
}

Ref<KerasObject> new_object(const char* kind, const Config& config) {
  if (has_binding())
    if (Ref<RefCounted> found = binding().find(kind, config)) return Ref<KerasObject>(&dynamic_cast<KerasObject&>(*found));
  const Config* registered_name = config.find("registered_name");
  const std::string& name = config.at("class_name").as_string();
  if (name == "function" && config.at("config").is_string()) return make_by_name(kind, located(kind, "function", config.at("config").as_string()));
  if (registered_name && registered_name->is_string() && find_class(kind, registered_name->as_string()))
    return make_by_name(kind, registered_name->as_string(), config.at("config"));
  return make_by_name(kind, located(kind, "class", name), config.at("config"));
}
}  // namespace

Ref<KerasObject> deserialize_object(const char* kind, const Config& config) {
  Ref<RefCounted> object = SharedReading::object(config, [&] { return Ref<RefCounted>(new_object(kind, config)); });
  return Ref<KerasObject>(&dynamic_cast<KerasObject&>(*object));
}

std::string to_snake_case(const std::string& name) {
  // (.)([A-Z][a-z]+) -> \1_\2, then ([a-z])([A-Z]) -> \1_\2, then lower case: the two rules of Keras.
  auto upper = [&](size_t i) { return i < name.size() && std::isupper(name[i]); };
  auto is_lower = [&](size_t i) { return i < name.size() && std::islower(name[i]); };
  std::string out;
  for (size_t i = 0; i < name.size(); ++i) {
    if (!std::isalnum(name[i]) && name[i] != '_') continue;
    bool word_starts = upper(i) && is_lower(i + 1) && i > 0;
    bool after_lower = upper(i) && i > 0 && is_lower(i - 1);
    if (word_starts || after_lower) out += '_';
    out += char(std::tolower(name[i]));
  }
  return out;
}

std::string unique_name(const std::string& prefix) {
  std::lock_guard lock(mutex);
  int n = used_names()[prefix]++;
  return n == 0 ? prefix : cat(prefix, "_", n);
}

void clear_session() {
  std::lock_guard lock(mutex);
  used_names().clear();
}

}  // namespace runnel::inline v0::keras
