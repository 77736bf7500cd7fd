// Module: the base of things that own Variables, found by what they track.
//
//   struct Linear : tf::Module {
//     Linear(int64_t inputs, int64_t units) : Module("linear"), w(add_variable("w", tf::zeros({inputs, units}))) {}
//     tf::Variable w;
//   };
//   struct Mlp : tf::Module {
//     Mlp() { track("first", first), track("second", second); }
//     Linear first{4, 8}, second{8, 1};
//     layers::Dense head = track("head", layers::Dense({.units = 1}));   // whatever has weights()
//   };
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "runnel/ops/variable.h"

namespace runnel::inline v0 {

class Module {
 public:
  /// ValueError where the name is no identifier. Default: the class's name, "my_class" of MyClass.
  explicit Module(std::string name = "");
  virtual ~Module() = default;
  Module(const Module&) = delete;  // modules above point at their parts
  Module& operator=(const Module&) = delete;

  std::string name() const;
  /// The module's own by the names of its attributes, then those of the modules below it; each once.
  std::vector<Variable> variables() const;
  std::vector<Variable> trainable_variables() const;
  std::vector<Variable> non_trainable_variables() const;
  /// All modules below this one, those nearest first.
  std::vector<Module*> submodules() const;

 protected:
  /// A Variable named "<module>/<attribute>".
  Variable add_variable(const std::string& attribute, const Operand& initial_value, VariableOptions options = {});
  Variable track(const std::string& attribute, const Variable& variable);
  /// A module below: a member, or something else that lives as long as this one.
  void track(const std::string& attribute, Module& module);
  /// A layer, a model, or whatever else has weights().
  template <class L>
    requires requires(const L& layer) { std::vector<Variable>(layer.weights()); }
  L track(const std::string& attribute, const L& layer) {
    parts_.push_back({attribute, nullptr, [layer] { return layer.weights(); }});
    return layer;
  }

 private:
  struct Part {
    std::string attribute;
    Module* module;                                  // or
    std::function<std::vector<Variable>()> weights;  // what it holds now
  };
  std::vector<const Part*> sorted_parts() const;
  void collect(std::vector<Variable>& variables, std::vector<Module*>& modules) const;

  std::string name_;
  std::vector<Part> parts_;
};

}  // namespace runnel::inline v0
