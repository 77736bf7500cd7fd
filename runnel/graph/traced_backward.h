// The gradient of a custom_gradient in a graph whose trace has ended: a function, where it was Python's or C++'s code before.
#pragma once

#include "runnel/graph/graph_function.h"

namespace runnel::inline v0 {

/// What `Node::custom_gradient` holds after the trace: `function` takes the outputs' gradients, then the values of `captured`.
struct TracedBackward {
  Graph* graph;
  Ref<GraphFunction> function;
  std::vector<Endpoint> captured;
  std::vector<bool> present;  ///< Which inputs have a gradient: the function's results belong to these.

  std::vector<Tensor> operator()(std::span<const Tensor> grads) const;
  /// `results` at the places of the inputs that have gradients.
  template <class T>
  std::vector<T> spread(std::vector<T> results) const {
    std::vector<T> out(present.size());
    for (size_t i = 0, next = 0; i < present.size(); ++i)
      if (present[i]) out[i] = std::move(results[next++]);
    return out;
  }
};

inline const TracedBackward* traced_backward_of(const Node& node) { return node.custom_gradient.target<TracedBackward>(); }

}  // namespace runnel::inline v0
