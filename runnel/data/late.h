// Data sets that depend on tensors of a graph that is being traced: each run of the graph gives the values.
//
// Such a data set holds stand-ins for the tensors, never the graph, which may hold the data set. When the graph runs, a node
// binds it to the values, and walks find them on their thread.
#pragma once

#include "runnel/data/dataset.h"
#include "runnel/graph/graph_function.h"

namespace runnel::inline v0::data {

/// A tensor of a graph, for as long as that is traced, and the number of its stand-in.
struct LateTensor : RefCounted {
  int number;
  Tensor symbol;
};

/// The values of stand-ins, by their numbers.
struct BoundValues : RefCounted {
  std::vector<std::pair<int, Tensor>> values;
};
/// Those that walks on this thread take; a thread of its own takes them over.
Ref<BoundValues>& bound_values();

/// A data set made by `build` of the values of `tensors`; anew for each walk where they are a graph's. `uses`: the data sets that build()
/// goes on with. TypeError for symbolic tensors outside of a trace.
using BuildDataset = std::function<Dataset(const std::vector<Tensor>& values)>;
Dataset late_dataset(const std::vector<Tensor>& tensors, BuildDataset build, const Nest& element_spec, const std::vector<Dataset>& uses = {});

/// The data set as a scalar variant tensor: of the graph that is being traced where it depends on tensors of it.
Tensor dataset_tensor(const Dataset& dataset);

/// A traced function of the tensors of an element, and what it uses from outside: values, or tensors of a graph that is being traced.
struct TracedFunction {
  Ref<GraphFunction> function;
  std::vector<Tensor> captures;
  Nest result_spec;
  Nest operator()(const Nest& element) const;
};

// Dataset's methods with a traced function. flat_map's gives a variant tensor, result_spec is the spec of that data set's elements.
Dataset map_traced(const Dataset& input, const TracedFunction& f, const MapOptions& options);
Dataset filter_traced(const Dataset& input, const TracedFunction& f);
Dataset take_while_traced(const Dataset& input, const TracedFunction& f);
Dataset interleave_traced(const Dataset& input, const TracedFunction& f, const InterleaveOptions& options);
/// f: of the state and the element, a tuple of both, to (state, result).
Dataset scan_traced(const Dataset& input, const Nest& initial_state, const TracedFunction& f);

/// Traces f for elements of this spec.
TracedFunction trace_elements(const Nest& element_spec, const std::function<Nest(const Nest&)>& f);
/// make(input, f) with the values of what f captures.
Dataset with_values(const Dataset& input, const TracedFunction& f, std::function<Dataset(const Dataset&, const TracedFunction&)> make);

}  // namespace runnel::inline v0::data
