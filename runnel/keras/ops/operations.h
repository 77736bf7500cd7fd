// The functions of keras.ops that functional models keep as one node each, under the names and arguments that Keras saves.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "runnel/core/nest.h"
#include "runnel/keras/config.h"

namespace runnel::inline v0::keras::ops {

/// An argument of a call: tensors, or a value; None where it is neither.
struct CallArgument {
  Nest tensors{};
  Config value{};
  bool is_default = false;  ///< Nothing was given.
  bool is_none() const { return !tensors && value.is_null(); }
};

struct Operation {
  const char* name;        ///< "mean"
  const char* class_name;  ///< "Mean": Keras's class.
  /// In order, with defaults other than None as JSON: "x* axis keepdims=false". A star marks what Keras gives to the
  /// operation's call, two stars the rest of its positional arguments; the others are its config, but for those with a "!".
  const char* parameters;
  Nest (*call)(std::span<const CallArgument> arguments);
};

/// The operations of a file of Keras's: "keras.src.ops.numpy".
struct OperationTable {
  const char* module;
  std::span<const Operation> rows;
};
std::span<const OperationTable* const> operation_tables();

/// An operation and where it stands; nothing where there is none.
struct FoundOperation {
  const Operation* operation = nullptr;
  const char* module = nullptr;
  explicit operator bool() const { return operation; }
};
FoundOperation find_operation(std::string_view name);
FoundOperation find_operation_class(std::string_view class_name);

/// Its parameters, taken apart.
struct OperationParameter {
  std::string name;
  bool is_call_argument = false, is_variadic = false, is_saved = true;
  Config default_value{};
};
std::vector<OperationParameter> parameters_of(const Operation& operation);

/// Calls an operation on Keras tensors: a node of a functional graph. `arguments` are in the order of its parameters.
Nest call_symbolic(const FoundOperation& found, std::vector<CallArgument> arguments, const std::string& name = "");

}  // namespace runnel::inline v0::keras::ops
