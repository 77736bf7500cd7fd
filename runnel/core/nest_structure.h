// tf.nest for C++: a Nest taken apart and put together again. Dicts count in the order of their sorted keys, as in Python.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "runnel/core/nest.h"

namespace runnel::inline v0::nest {

/// True for lists, tuples and dicts.
inline bool is_nested(const Nest& structure) { return structure.is_list() || structure.is_dict(); }
/// The tensors, depth first.
std::vector<Tensor> flatten(const Nest& structure);
/// The tensors `flat`, arranged as `structure`. ValueError where there are more or fewer.
Nest pack_sequence_as(const Nest& structure, const std::vector<Tensor>& flat);
/// ValueError where lengths, keys or what is nested differ; TypeError where a list stands for a tuple (with `check_types`).
void assert_same_structure(const Nest& a, const Nest& b, bool check_types = true);
/// f of the tensors that stand at the same place of each structure: map_structure(sum, {a, b}).
Nest map_structure(const std::function<Tensor(const std::vector<Tensor>&)>& f, const std::vector<Nest>& structures);

}  // namespace runnel::inline v0::nest
