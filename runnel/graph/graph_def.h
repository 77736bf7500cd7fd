// Graphs as TensorFlow's protocol buffers (tensorflow/core/framework/graph.proto), with all functions that they call.
#pragma once

#include <string>

#include "runnel/graph/graph_function.h"

namespace runnel::inline v0 {

/// The bytes of a GraphDef.
std::string graph_def(Graph& graph);
/// The bytes of a FunctionDef.
std::string function_def(const GraphFunction& function);

}  // namespace runnel::inline v0
