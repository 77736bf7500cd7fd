// keras.ops: slices, scattering, dtypes, and control flow with functions.
// python module: keras.ops
#pragma once

#include <functional>
#include <string>

#include "runnel/op/operand.h"
#include "runnel/op/results.h"

namespace runnel::inline v0::keras::ops {

/// The same values under another dtype.
/// python: cast
Tensor cast(const Operand& x, DType dtype);
/// The same, with values that do not fit replaced by the nearest that does.
/// python: saturate_cast
Tensor saturate_cast(const Operand& x, DType dtype);
/// The values as a tensor. ValueError for `sparse` or `ragged`: there are no such tensors yet.
/// python: convert_to_tensor
Tensor convert_to_tensor(const Operand& x, DType dtype = {}, std::optional<bool> sparse = {}, std::optional<bool> ragged = {});
/// The same values, whose gradient is zero.
/// python: stop_gradient
Tensor stop_gradient(const Operand& variable);
/// Zeros of `shape` with values[i] added at indices[i].
/// python: scatter
Tensor scatter(const Operand& indices, const Operand& values, const Ints& shape);
/// The tensor with updates[i] written at indices[i]; reduction: "add", "max", "min" or "mul" combines them with what is there.
/// python: scatter_update
Tensor scatter_update(const Operand& inputs, const Operand& indices, const Operand& updates, const std::optional<std::string>& reduction = {});
/// The box that begins at start_indices and has this shape.
/// python: slice
Tensor slice(const Operand& inputs, const Ints& start_indices, const Ints& shape);
/// The tensor with a box replaced.
/// python: slice_update
Tensor slice_update(const Operand& inputs, const Operand& start_indices, const Operand& updates);
/// The slices of an axis.
/// python: unstack
std::vector<Tensor> unstack(const Operand& x, std::optional<int64_t> num = {}, int64_t axis = 0);

// --- functions of tensors: structures are lists of tensors here ---

using Tensors = std::vector<Tensor>;
/// (a, b) -> their combination, for slices of any length along the scanned axis.
using Combination = std::function<Tensors(const Tensors& a, const Tensors& b)>;

/// All prefixes combined by an associative function: x0, f(x0, x1), f(f(x0, x1), x2), ... in log(n) calls on whole slices
/// (Hillis and Steele, 1986).
Tensors associative_scan(const Combination& f, const Tensors& elems, bool reverse = false, int64_t axis = 0);
/// body(lower, ...body(upper - 1, value)).
Tensors fori_loop(const Operand& lower, const Operand& upper, const std::function<Tensors(const Tensor& i, const Tensors& value)>& body,
                  const Tensors& init_val);
struct ScanResult {
  Tensors carry, outputs;
};
/// (carry, row of xs) -> (carry, output), from the first row on (or the last): the last carry, and the outputs stacked.
/// xs may be empty, where `length` says how often.
ScanResult scan(const std::function<ScanResult(const Tensors& carry, const Tensors& row)>& f, const Tensors& init, const Tensors& xs = {},
                std::optional<int64_t> length = {}, bool reverse = false);

}  // namespace runnel::inline v0::keras::ops
