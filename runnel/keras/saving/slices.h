// x[:, -1] in functional graphs: Keras saves it as a call of its class GetItem with the tensor and the key.
#pragma once

#include "runnel/keras/functional_graph.h"

namespace runnel::inline v0::keras {

inline constexpr const char* kGetItem = "GetItem";

/// The key of a slice, as a file has it: whole numbers, null for a new axis, {"class_name": "__slice__", ...} and "__ellipsis__".
Config key_of(const OperationBody& slice);
/// x[key]. ValueError for a key that is none.
Tensor sliced(const Tensor& x, const Config& key);

}  // namespace runnel::inline v0::keras
