#include "runnel/keras/layers/stored_matrix.h"

#include <algorithm>

#include "runnel/ops/array.h"
#include "runnel/ops/math.h"

namespace runnel::inline v0::keras {

namespace {

bool is_reduced(const MatrixForm& form, int axis) { return std::find(form.reduced.begin(), form.reduced.end(), axis) != form.reduced.end(); }

// The sizes of a scale's axes: those of the numbers that are not summed over.
Dims scale_sizes(const MatrixForm& form) {
  Dims out;
  for (int i = 0; i < form.shape.rank(); ++i)
    if (!is_reduced(form, i)) out.push_back(form.shape[i]);
  return out;
}
Dims ordered(const Dims& sizes, const Dims& order) {
  Dims out;
  for (int64_t axis : order) out.push_back(sizes[int(axis)]);
  return order.empty() ? sizes : out;
}
Dims inverse(const Dims& order) {
  Dims out(order.size(), 0);
  for (int i = 0; i < int(order.size()); ++i) out[int(order[i])] = i;
  return out;
}

Shape stored_scale_shape(const MatrixForm& form, int64_t block) {
  if (block <= 0) return form.scale_shape.rank() > 0 ? form.scale_shape : Shape(scale_sizes(form));
  const int axis = int(form.reduced[0]);
  Dims sizes = form.shape.dims();
  sizes[axis] = (sizes[axis] + block - 1) / block;
  return Shape(sizes);
}

// From size 1 along the reduced axes to how it is kept, and back.
Tensor stored_scale(const Tensor& scale, const MatrixForm& form) {
  Tensor kept = squeeze(scale, form.reduced);
  if (!form.scale_order.empty()) kept = transpose(kept, form.scale_order);
  return reshape(kept, stored_scale_shape(form, -1).dims());
}
Tensor spread_scale(const Tensor& kept, const MatrixForm& form) {
  Tensor scale = reshape(kept, ordered(scale_sizes(form), form.scale_order));
  if (!form.scale_order.empty()) scale = transpose(scale, inverse(form.scale_order));
  Dims sizes = form.shape.dims();
  for (int64_t axis : form.reduced) sizes[int(axis)] = 1;
  return reshape(scale, sizes);
}

Shape packed_shape(const MatrixForm& form) {
  Dims sizes = form.shape.dims();
  const int axis = form.packed < 0 ? form.packed + form.shape.rank() : form.packed;
  sizes[axis] = (sizes[axis] + 1) / 2;
  return Shape(sizes);
}

KeptMatrix in_blocks(const Tensor& floats, const MatrixForm& form, int64_t block) {
  const bool turned = form.reduced[0] == 1;
  auto turn = [&](const Tensor& t) { return turned ? transpose(t) : t; };
  Results found = quantizers::abs_max_quantize_grouped_with_zero_point(turn(floats), block, {-8, 7}, int8, 1e-7, true);
  return {turn(found[0]), turn(found[1]), turn(found[2])};
}

}  // namespace

void check_quantized(const Results& found) {
  if (found.tensors.size() != 2)
    fail<ValueError>("", "a quantizer's call must give the numbers and their scale", {.got = cat(found.tensors.size(), " tensors")});
}

KeptMatrix to_bits(const Tensor& whole, const MatrixForm& form, const std::string& mode, int64_t block, const Quantizer& quantizer) {
  const bool small = mode == "int4";
  Tensor floats = form.whole.empty() ? whole : reshape(whole, form.shape.dims());
  KeptMatrix out;
  if (small && block > 0) {
    out = in_blocks(floats, form, block);
  } else {
    const std::vector<int64_t> range = small ? std::vector<int64_t>{-8, 7} : std::vector<int64_t>{-127, 127};
    Results found = quantizer ? quantizer.body()->call(floats, Axes()) : quantizers::abs_max_quantize(floats, form.reduced, range);
    check_quantized(found);
    out = {found[0], stored_scale(found[1], form)};
  }
  if (small) out.values = quantizers::pack_int4(out.values, form.packed);
  out.packed = small;
  return out;
}

namespace {

Tensor unpacked(const KeptMatrix& kept, const MatrixForm& form) {
  return kept.packed ? quantizers::unpack_int4(kept.values, form.shape.dim(form.packed), form.packed) : kept.values;
}
Tensor as_whole(const Tensor& numbers, const MatrixForm& form) { return form.whole.empty() ? numbers : reshape(numbers, form.whole); }

}  // namespace

Tensor whole_numbers(const KeptMatrix& kept, const MatrixForm& form) { return as_whole(unpacked(kept, form), form); }

Tensor to_floats(const KeptMatrix& kept, const MatrixForm& form, DType dtype) {
  Tensor numbers = unpacked(kept, form);
  Tensor floats = kept.zero ? quantizers::dequantize_groups(numbers, kept.scale, kept.zero, kept.group_index, form.reduced[0])
                            : cast(numbers, dtype) / cast(spread_scale(kept.scale, form), dtype);
  return as_whole(cast(floats, dtype), form);
}

void StoredMatrix::build(LayerBody& layer, const MatrixForm& of, const std::string& in, int64_t block) {
  form = of;
  mode = in;
  auto add = [&](const std::string& name, const Shape& shape, DType dtype, const char* initializer) {
    return layer.add_weight({.name = name, .shape = shape, .initializer = initializer, .trainable = false, .dtype = dtype});
  };
  values = add(form.name, mode == "int4" ? packed_shape(form) : form.shape, int8, "zeros");
  if (mode != "int4") block = -1;
  scale = add(form.name + "_scale", stored_scale_shape(form, block), DType(), "ones");
  if (block <= 0) return;
  zero = add(form.name + "_zero", stored_scale_shape(form, block), form.zero_dtype, "zeros");
  if (!form.with_index) return;
  const int64_t size = form.shape[int(form.reduced[0])];
  group_index = add("g_idx", {size}, float32, "zeros");
  group_index.assign(floor(range(0, size, 1, float32) / float(block)));
}

void StoredMatrix::assign(const KeptMatrix& kept) const {
  values.assign(kept.values);
  scale.assign(cast(kept.scale, scale.dtype()));
  if (zero) zero.assign(cast(kept.zero, zero.dtype()));
}

KeptMatrix StoredMatrix::kept(DType compute) const {
  KeptMatrix out{.values = values.value(), .scale = cast(scale.value(), compute), .packed = mode == "int4"};
  if (zero) out.zero = zero.value();
  if (group_index) out.group_index = group_index.value();
  return out;
}

}  // namespace runnel::inline v0::keras
