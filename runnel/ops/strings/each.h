// What cards of texts share.
#pragma once

#include "runnel/op/op_context.h"
#include "runnel/runtime/thread_pool.h"

namespace runnel::inline v0 {

/// The output has the input's shape.
inline void same_shape_as_texts(ShapeContext& c) { c.set_output(0, c.input(0)); }

/// output[i] = f(input[i]); several threads call f at once.
template <class In, class Out, class F>
void each_element(OpContext& c, const F& f) {
  const In* from = c.input(0).data<In>();
  Out* to = c.output().mutable_data<Out>();
  parallel_for(c.input(0).num_elements(), 8192, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) to[i] = f(from[i]);
  });
}
template <class Out, class F>
void each_text(OpContext& c, const F& f) {
  each_element<std::string, Out>(c, f);
}

/// A row of a card whose one input is texts.
constexpr OpDef text_op(const char* name, const char* signature, const char* attrs, KernelFn kernel, const char* no_gradient) {
  return {.name = name, .signature = signature, .attrs = attrs, .shape = same_shape_as_texts, .no_gradient = no_gradient, .kernel = kernel};
}

constexpr const char *kText = "its input is text", *kTextUndeclared = "TensorFlow declares none: its input is text";

}  // namespace runnel::inline v0
