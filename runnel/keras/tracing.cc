#include "runnel/keras/tracing.h"

#include "runnel/ops/array.h"

namespace runnel::inline v0::keras {

void run_if(const Tensor& condition, const std::vector<Variable>& changed, const std::function<void()>& then) {
  if (!condition.is_symbolic()) {
    if (condition.item<bool>()) then();
    return;
  }
  std::vector<Tensor> before;
  for (const Variable& v : changed) before.push_back(v.value());
  then();
  for (size_t i = 0; i < changed.size(); ++i) changed[i].assign(where(condition, changed[i].value(), before[i]));
}

}  // namespace runnel::inline v0::keras
