#include "runnel/ops/module.h"

#include <cxxabi.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <memory>
#include <typeinfo>

#include "runnel/base/error.h"

namespace runnel::inline v0 {

namespace {

bool is_identifier(const std::string& name) {
  if (name.empty() || std::isdigit(static_cast<unsigned char>(name[0]))) return false;
  return std::all_of(name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) || c == '_' || c >= 0x80; });
}

// "camel_case_thing" of CamelCaseThing, "http_thing" of HTTPThing, "a2_b" of A2B.
std::string snake_case(const std::string& name) {
  std::string out;
  for (size_t i = 0; i < name.size(); ++i) {
    unsigned char c = name[i], before = i ? name[i - 1] : 0, after = i + 1 < name.size() ? name[i + 1] : 0;
    bool starts_word = std::isupper(c) && i && (!std::isupper(before) || std::islower(after));
    if (starts_word && out.back() != '_') out += '_';
    out += char(std::tolower(c));
  }
  return out;
}

// The last part of "space::Class" or "function()::Class".
std::string class_name(const std::type_info& type) {
  int status = 0;
  std::unique_ptr<char, void (*)(void*)> text(abi::__cxa_demangle(type.name(), nullptr, nullptr, &status), std::free);
  std::string name = status == 0 ? text.get() : type.name();
  size_t at = name.rfind("::");
  return at == std::string::npos ? name : name.substr(at + 2);
}

void add_once(std::vector<Variable>& found, const Variable& variable) {
  if (std::none_of(found.begin(), found.end(), [&](const Variable& v) { return v.is(variable); })) found.push_back(variable);
}

}  // namespace

Module::Module(std::string name) : name_(std::move(name)) {
  if (!name_.empty() && !is_identifier(name_))
    fail<ValueError>("", cat("'", name_, "' is not a valid module name. Module names must be valid Python identifiers (e.g. a valid class name)."));
}

std::string Module::name() const { return name_.empty() ? snake_case(class_name(typeid(*this))) : name_; }

std::vector<const Module::Part*> Module::sorted_parts() const {
  std::vector<const Part*> out;
  for (const Part& part : parts_) out.push_back(&part);
  std::stable_sort(out.begin(), out.end(), [](const Part* a, const Part* b) { return a->attribute < b->attribute; });
  return out;
}

// What is direct comes first, then what is below it. `modules` begins with the one that was asked.
void Module::collect(std::vector<Variable>& variables, std::vector<Module*>& modules) const {
  std::vector<Module*> below;
  for (const Part* part : sorted_parts()) {
    if (part->weights)
      for (const Variable& v : part->weights()) add_once(variables, v);
    if (part->module && std::find(modules.begin(), modules.end(), part->module) == modules.end()) {
      modules.push_back(part->module);
      below.push_back(part->module);
    }
  }
  for (const Module* module : below) module->collect(variables, modules);
}

std::vector<Variable> Module::variables() const {
  std::vector<Variable> found;
  std::vector<Module*> modules{const_cast<Module*>(this)};
  collect(found, modules);
  return found;
}
std::vector<Variable> Module::trainable_variables() const {
  std::vector<Variable> found = variables();
  std::erase_if(found, [](const Variable& v) { return !v.trainable(); });
  return found;
}
std::vector<Variable> Module::non_trainable_variables() const {
  std::vector<Variable> found = variables();
  std::erase_if(found, [](const Variable& v) { return v.trainable(); });
  return found;
}

std::vector<Module*> Module::submodules() const {
  std::vector<Variable> variables;
  std::vector<Module*> modules{const_cast<Module*>(this)};
  collect(variables, modules);
  modules.erase(modules.begin());
  return modules;
}

Variable Module::add_variable(const std::string& attribute, const Operand& initial_value, VariableOptions options) {
  if (options.name.empty()) options.name = cat(name(), "/", attribute);
  return track(attribute, Variable(initial_value, std::move(options)));
}
Variable Module::track(const std::string& attribute, const Variable& variable) {
  parts_.push_back({attribute, nullptr, [variable] { return std::vector<Variable>{variable}; }});
  return variable;
}
void Module::track(const std::string& attribute, Module& module) { parts_.push_back({attribute, &module, nullptr}); }

}  // namespace runnel::inline v0
