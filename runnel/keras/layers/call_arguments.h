// The further arguments of a layer's call.
#pragma once

#include "runnel/keras/layer.h"

namespace runnel::inline v0::keras {

/// An argument of a call by name; empty, or false, where it was not given.
inline Tensor tensor_arg(const CallArgs& args, std::string_view name) {
  for (const auto& [key, nest] : args.more)
    if (key == name && nest) return nest.tensor();
  return {};
}
inline bool flag(const CallArgs& args, std::string_view name) {
  for (const auto& [key, value] : args.options)
    if (key == name) return value.is_bool() && value.as_bool();
  return false;
}

}  // namespace runnel::inline v0::keras
