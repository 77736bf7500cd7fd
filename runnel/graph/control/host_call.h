// Calls from a graph into code of the host program (tf.py_function, tf.numpy_function, printing from Python).
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "runnel/core/tensor.h"

namespace runnel::inline v0 {

class HostFunction : public RefCounted {
 public:
  using Body = std::function<std::vector<Tensor>(std::vector<Tensor> inputs)>;
  std::string name;
  Body body;
  std::vector<DType> outputs;     ///< Dtypes of the results; their shapes only the call tells.
  Ref<HostFunction> gradient{};   ///< (inputs..., gradients of the outputs...) -> gradients of the floating inputs.
  bool stateful = true;           ///< False: may be left out where nobody uses the results.
};

/// Calls now, or adds a node that calls whenever the graph runs.
std::vector<Tensor> host_call(const Ref<HostFunction>& function, const std::vector<Tensor>& inputs);

}  // namespace runnel::inline v0
