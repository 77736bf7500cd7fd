// keras.ops.numpy: joining, splitting, moving and reshaping.
// python module: keras.ops, keras.ops.numpy
#pragma once

#include "runnel/op/results.h"
#include "runnel/op/operand.h"

namespace runnel::inline v0::keras::ops {

/// x2 after x1; without `axis` both flattened.
/// python: append
Tensor append(const Operand& x1, const Operand& x2, std::optional<int64_t> axis = {});
/// `indices_or_sections` parts of as equal sizes as can be, the larger ones first.
/// python: array_split
std::vector<Tensor> array_split(const Operand& x, int64_t indices_or_sections, int64_t axis = 0);
/// Repeats axes of size 1.
/// python: broadcast_to
Tensor broadcast_to(const Operand& x, const Ints& shape);
/// Tensors joined along an axis.
/// python: concatenate
Tensor concatenate(const Operands& xs, int64_t axis = 0);
/// split() along the third axis.
/// python: dsplit
std::vector<Tensor> dsplit(const Operand& x, const Operand& indices_or_sections);
/// Joined along the third axis; (n) counts as (1, n, 1), (m, n) as (m, n, 1).
/// python: dstack
Tensor dstack(const Operands& xs);
/// New axes of size 1 at these places of the result.
/// python: expand_dims
Tensor expand_dims(const Operand& x, const Axes& axis);
/// The order along the axes (default: all) turned round.
/// python: flip
Tensor flip(const Operand& x, const Axes& axis = {});
/// flip() along the second axis.
/// python: fliplr
Tensor fliplr(const Operand& x);
/// flip() along the first axis.
/// python: flipud
Tensor flipud(const Operand& x);
/// split() along the second axis, or the only one.
/// python: hsplit
std::vector<Tensor> hsplit(const Operand& x, const Operand& indices_or_sections);
/// Joined along the second axis, or the only one.
/// python: hstack
Tensor hstack(const Operands& xs);
/// Axes moved to other places.
/// python: moveaxis
Tensor moveaxis(const Operand& x, const Axes& source, const Axes& destination);
/// The number of axes.
/// python: ndim
int64_t ndim(const Operand& x);
/// Elements added before and after each axis: pad_width is one number, (before, after), or such a pair an axis.
/// mode: "constant", "reflect" or "symmetric".
/// python: pad
Tensor pad(const Operand& x, const Operand& pad_width, const std::string& mode = "constant", const std::optional<Operand>& constant_values = {});
/// One axis.
/// python: ravel
Tensor ravel(const Operand& x);
/// Each element `repeats` times; without `axis` of the flattened tensor.
/// python: repeat
Tensor repeat(const Operand& x, const Operand& repeats, std::optional<int64_t> axis = {});
/// The same elements under another shape; one size may be -1.
/// python: reshape
Tensor reshape(const Operand& x, const Ints& newshape);
/// Shifted along axes, around the ends; without `axis` flattened.
/// python: roll
Tensor roll(const Operand& x, const Operand& shift, const std::optional<Operand>& axis = {});
/// Turned by k quarters in the plane of two axes, from the first towards the second.
/// python: rot90
Tensor rot90(const Operand& array, int64_t k = 1, const std::vector<int64_t>& axes = {0, 1});
/// The number of elements.
/// python: size
Tensor size(const Operand& x);
/// Equal parts (a number), or cut at these places (a list).
/// python: split
std::vector<Tensor> split(const Operand& x, const Operand& indices_or_sections, int64_t axis = 0);
/// Without the axes (default: all) of size 1. ValueError for another size.
/// python: squeeze
Tensor squeeze(const Operand& x, const Axes& axis = {});
/// Joined along a new axis.
/// python: stack
Tensor stack(const Operands& x, int64_t axis = 0);
/// Two axes exchanged.
/// python: swapaxes
Tensor swapaxes(const Operand& x, int64_t axis1, int64_t axis2);
/// The whole tensor repeated; missing repeats of the first axes are 1, missing axes are added.
/// python: tile
Tensor tile(const Operand& x, const Ints& repeats);
/// The axes in another order (default: reversed). ValueError where `axes` is no permutation.
/// python: transpose
Tensor transpose(const Operand& x, const Ints& axes = {});
/// split() along the first axis.
/// python: vsplit
std::vector<Tensor> vsplit(const Operand& x, const Operand& indices_or_sections);
/// Joined along the first axis.
/// python: vstack
Tensor vstack(const Operands& xs);

}  // namespace runnel::inline v0::keras::ops
