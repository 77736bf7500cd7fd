// OpDef: every fact about one operator, as constant data. A file with operators ("card") ends with
//   constexpr OpDef kOps[] = {{.name = "Softmax", ...}, ...};
//   RUNNEL_OPS(nn_softmax, kOps);
// and the build lists the cards by those lines, so nothing registers itself before main().
#pragma once

#include <span>
#include <vector>

#include "runnel/core/tensor.h"

namespace runnel::inline v0 {

class ShapeContext;     // op/shape_context.h
class GradientContext;  // op/gradient_context.h
class OpContext;        // op/op_context.h

/// Checks the inputs' shapes and attributes and sets the outputs' shapes, as far as they are known.
using ShapeFn = void (*)(ShapeContext&);
/// The gradients with respect to the inputs, in order; an empty Tensor where there is none.
using GradientFn = std::vector<Tensor> (*)(const GradientContext&);
/// Computes the outputs.
using KernelFn = void (*)(OpContext&);

struct Traits {
  bool elementwise = false;  ///< Output element i depends on element i of the broadcast inputs alone: can be fused.
  bool commutative = false;
  bool stateful = false;  ///< Has an effect or gives another result each time: never merged or folded.
  bool reads_only = false;  ///< Stateful, but changes nothing that others see: pruned where its outputs are not used.
};

struct OpDef {
  const char* name;       ///< TensorFlow's.
  const char* signature;  ///< "a: T, b: T -> product: T"; "values: N*T" is a list; "args: list(Ts)" one of several types.
  const char* attrs = "";  ///< "T: {float, double}; transpose_a: bool = false"; see op/schema.h for the grammar.
  ShapeFn shape = nullptr;
  GradientFn gradient = nullptr;
  const char* no_gradient = nullptr;  ///< Why there is no gradient; exactly one of the two is set.
  KernelFn kernel = nullptr;          ///< The portable kernel.
  Traits traits = {};
};

/// A faster kernel than the portable one. The first of the list that accepts a call runs it.
struct KernelDef {
  const char* op;
  const char* label;  ///< Shown by RUNNEL_VERBOSE=dispatch.
  KernelFn run;
  const char* (*declines)(const OpContext&) = nullptr;  ///< The reason, or nullptr to accept.
};

#define RUNNEL_OPS(NAME, ROWS)                                       \
  namespace cards {                                                  \
  extern constinit const std::span<const OpDef> NAME;                \
  constinit const std::span<const OpDef> NAME{ROWS};                 \
  }
#define RUNNEL_KERNELS(NAME, ROWS)                                   \
  namespace cards {                                                  \
  extern constinit const std::span<const KernelDef> NAME;            \
  constinit const std::span<const KernelDef> NAME{ROWS};             \
  }

}  // namespace runnel::inline v0
