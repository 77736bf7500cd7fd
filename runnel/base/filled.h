// Handles that may be empty: a Model, Layer or Dataset made without arguments, before it is given one.
#pragma once

#include <string_view>

#include "runnel/base/ref.h"

namespace runnel::inline v0 {

/// ValueError: an empty handle of this kind is used.
[[noreturn]] void fail_empty(std::string_view kind);

/// What the handle holds; ValueError where it is empty.
template <class T>
T* filled(const Ref<T>& body, std::string_view kind) {
  if (!body) fail_empty(kind);
  return body.get();
}

}  // namespace runnel::inline v0
