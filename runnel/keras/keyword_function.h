// KeywordFunction: a function of another language that also takes arguments by name.
#pragma once

#include "runnel/keras/function.h"

namespace runnel::inline v0::keras {

class KeywordFunction : public Function {
 public:
  using Keywords = std::vector<std::pair<std::string, Value>>;
  using Function::call;
  virtual Value call(std::span<const Value> arguments, const Keywords& keywords, Wanted wanted) const = 0;
  Value call(std::span<const Value> arguments, Wanted wanted) const override { return call(arguments, {}, wanted); }
  /// Whether it has a parameter of that name.
  virtual bool takes(const std::string& parameter) const = 0;
};

}  // namespace runnel::inline v0::keras
