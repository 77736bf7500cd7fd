#include "runnel/keras/overrides.h"

#include "runnel/base/error.h"

namespace runnel::inline v0::keras {

namespace {
Binding* the_binding = nullptr;
thread_local std::pair<const KerasObject*, int> announced{nullptr, 0};
}  // namespace

void set_binding(Binding* binding) { the_binding = binding; }
bool has_binding() { return the_binding != nullptr; }
Binding& binding() {
  if (!the_binding) fail<RuntimeError>("keras", "no binding of another language is loaded");
  return *the_binding;
}

SuperCall::SuperCall(const KerasObject* object, int method) : outer_(announced) { announced = {object, method}; }
SuperCall::~SuperCall() { announced = outer_; }
bool SuperCall::take(const KerasObject* object, int method) {
  return announced == std::pair(object, method);
}

}  // namespace runnel::inline v0::keras
