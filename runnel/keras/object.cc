#include "runnel/keras/object.h"

#include <cctype>
#include <map>
#include <mutex>

#include "runnel/keras/saving/saveable.h"

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

// Identifiers that are not the snake case of their class (keras.*.get accepts them).
struct Alias {
  const char* kind;
  const char* alias;
  const char* name;
};
constexpr Alias kAliases[] = {
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

const KerasClass* find_class(const char* kind, const std::string& given) {
  std::string wanted = given;
  for (const Alias& a : kAliases)
    if (std::string_view(kind) == a.kind && (given == a.alias || lower(given) == a.alias)) wanted = a.name;
  for (const KerasClass& c : registered())
    if (std::string_view(kind) == c.kind && given == c.name) return &c;
  for (auto c = kAllClasses; *c; ++c)
    if (std::string_view(kind) == (*c)->kind && names_class(wanted, (*c)->name)) return *c;
  return nullptr;
}
}  // namespace

std::vector<SavedVariable> KerasObject::saved_variables() const { return {}; }
std::vector<SavedMember> KerasObject::saved_members() const { return {}; }

Ref<KerasObject> make_by_name(const char* kind, const std::string& name, const Config& config) {
  if (const KerasClass* found = find_class(kind, name)) return found->make(config);
  std::string one(kind);
  one = one == "losses" ? "loss" : one.substr(0, one.size() - 1);
  fail<ValueError>("", cat("Could not interpret ", one, " identifier: ", name),
                   {.expected = cat("a name of keras.", kind, ", or an object"), .hint = "a class of one's own must be registered first."});
}

void register_class(const KerasClass& added) {
  std::lock_guard lock(mutex);
  registered().push_back(added);
}

Config serialize_object(const KerasObject& object) {
  return Config::Dict{{"module", object.module()},
                      {"class_name", object.class_name()},
                      {"config", object.get_config()},
                      {"registered_name", Config()}};
}

Ref<KerasObject> deserialize_object(const char* kind, const Config& config) {
  const Config* registered_name = config.find("registered_name");
  const std::string& name = config.at("class_name").as_string();
  if (registered_name && registered_name->is_string() && registered_name->as_string() != name)
    return make_by_name(kind, registered_name->as_string(), config.at("config"));
  return make_by_name(kind, name, config.at("config"));
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
