// What cards of texts share.
#pragma once

#include "runnel/op/op_context.h"

namespace runnel::inline v0 {

/// The output has the input's shape.
inline void same_shape_as_texts(ShapeContext& c) { c.set_output(0, c.input(0)); }

/// output[i] = f(input[i]) for texts of input 0.
template <class Out, class F>
void each_text(OpContext& c, F f) {
  const Tensor& in = c.input(0);
  Tensor& out = c.output();
  const std::string* from = in.data<std::string>();
  Out* to = out.mutable_data<Out>();
  for (int64_t i = 0, n = in.num_elements(); i < n; ++i) to[i] = f(from[i]);
}

/// A row of a card whose one input is texts.
constexpr OpDef text_op(const char* name, const char* signature, const char* attrs, KernelFn kernel, const char* no_gradient) {
  return {.name = name, .signature = signature, .attrs = attrs, .shape = same_shape_as_texts, .no_gradient = no_gradient, .kernel = kernel};
}

constexpr const char *kText = "its input is text", *kTextUndeclared = "TensorFlow declares none: its input is text";

}  // namespace runnel::inline v0
