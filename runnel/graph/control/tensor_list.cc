// The TensorList operators: lists of tensors as values. A change copies the list unless nobody else sees it.
#include "runnel/graph/control/tensor_list.h"

#include <algorithm>
#include <cstring>

#include "runnel/base/error.h"
#include "runnel/graph/control/list_parts.h"
#include "runnel/op/gradient_context.h"
#include "runnel/graph/shapes.h"
#include "runnel/ops/array.h"
#include "runnel/ops/math.h"

namespace runnel::inline v0 {

const TensorList* list_of(const Tensor& variant) { return static_cast<const TensorList*>(static_cast<const ResourceRef*>(variant.raw())->get()); }

Tensor wrap_list(Ref<TensorList> list) {
  Tensor out(variant, Shape());
  *static_cast<ResourceRef*>(out.mutable_raw()) = std::move(list);
  return out;
}

Ref<TensorList> list_to_change(OpContext& c, int i) {
  const TensorList* list = list_of(c.input(i));
  if (!list) return make_ref<TensorList>();
  if (c.input(i).is_unique() && list->is_unique()) return Ref<TensorList>(const_cast<TensorList*>(list));
  auto copy = make_ref<TensorList>();
  copy->dtype = list->dtype;
  copy->element_shape = list->element_shape;
  copy->items = list->items;
  return copy;
}

// --- what the operators of lists share ---

Tensor zero_item(DType dtype, const Shape& shape) {
  Tensor out(dtype, shape);
  if (dtype.is_plain()) std::memset(out.mutable_raw(), 0, size_t(out.nbytes()));
  return out;
}
Shape shape_of_rows(const Tensor& t) { return Shape(Dims(std::span<const int64_t>(t.shape().begin() + 1, size_t(t.rank() - 1)))); }
Tensor row(const Tensor& t, int64_t i) { return t.rows(i, i + 1).reshaped(shape_of_rows(t)); }
void stack_items(OpContext& c, const TensorList& list, const Shape& element) {
  Dims dims{int64_t(list.items.size())};
  for (int64_t d : element) dims.push_back(d);
  Tensor& out = c.allocate(0, Shape(dims));
  size_t bytes = size_t(element.num_elements()) * size_t(out.dtype().size());
  for (size_t i = 0; i < list.items.size(); ++i) {
    const Tensor& item = list.items[i];
    if (item && item.shape() != element)
      c.invalid(cat("Tried to stack elements of a list with different shapes: ", bracketed(element), " and ", bracketed(item.shape())));
    char* place = static_cast<char*>(out.mutable_raw()) + i * bytes;
    if (out.dtype() == string)
      for (int64_t k = 0; item && k < element.num_elements(); ++k)
        out.mutable_data<std::string>()[int64_t(i) * element.num_elements() + k] = item.data<std::string>()[k];
    else if (item) std::memcpy(place, item.raw(), bytes);
    else std::memset(place, 0, bytes);
  }
}

namespace {

const TensorList& existing(const OpContext& c, int i) {
  const TensorList* list = list_of(c.input(i));
  if (!list) c.invalid("the handle holds no list");
  return *list;
}

PartialShape shape_from(const Tensor& t) {
  if (t.rank() == 0) return PartialShape::unknown_rank();
  Dims dims;
  for (int64_t i = 0; i < t.num_elements(); ++i) dims.push_back(t.dtype() == int32 ? t.data<int32_t>()[i] : t.data<int64_t>()[i]);
  return PartialShape(dims);
}

// The shape of unwritten items: what the list says, and what its other items show.
Shape unwritten_shape(const OpContext& c, const TensorList& list) {
  PartialShape shape = list.element_shape;
  for (const Tensor& item : list.items)
    if (!shape.is_fully_known() && item) shape = shape.merge_with(item.partial_shape());
  if (!shape.is_fully_known())
    c.invalid(cat("Trying to read an uninitialized element of a list whose element_shape is not fully defined: ", bracketed(shape)));
  return shape.known();
}
Tensor item_of(const OpContext& c, const TensorList& list, int64_t i) {
  if (list.items[size_t(i)]) return list.items[size_t(i)];
  return zero_item(c.type("element_dtype"), unwritten_shape(c, list));
}
int64_t checked_index(const OpContext& c, const TensorList& list, int input) {
  int64_t i = c.input(input).item<int32_t>(), n = int64_t(list.items.size());
  if (i < 0 || i >= n) c.invalid(cat("Tried to access element ", i, " in a list with ", n, " elements."));
  return i;
}
void check_item(const OpContext& c, const TensorList& list, const Tensor& item) {
  if (!list.element_shape.is_compatible_with(item.partial_shape()))
    c.invalid(cat("Tried to append a tensor with incompatible shape to a list. Op element shape: ", bracketed(item.shape()),
                  " list shape: ", bracketed(list.element_shape)));
}

// --- kernels ---

Ref<TensorList> new_list(OpContext& c) {
  auto list = make_ref<TensorList>();
  list->dtype = c.type("element_dtype");
  list->element_shape = shape_from(c.input(0));
  return list;
}
void empty_kernel(OpContext& c) { c.set_output(0, wrap_list(new_list(c))); }
void reserve_kernel(OpContext& c) {
  Ref<TensorList> list = new_list(c);
  list->items.resize(size_t(c.input(1).item<int32_t>()));
  c.set_output(0, wrap_list(list));
}
void push_kernel(OpContext& c) {
  Ref<TensorList> list = list_to_change(c, 0);
  check_item(c, *list, c.input(1));
  list->items.push_back(c.input(1));
  c.set_output(0, wrap_list(list));
}
void pop_kernel(OpContext& c) {
  if (existing(c, 0).items.empty()) c.invalid("Trying to pop from an empty list.");
  Ref<TensorList> list = list_to_change(c, 0);
  c.set_output(1, item_of(c, *list, int64_t(list->items.size()) - 1).alias());
  list->items.pop_back();
  c.set_output(0, wrap_list(list));
}
void length_kernel(OpContext& c) { c.set_output(0, Tensor::scalar(int32_t(list_of(c.input(0)) ? existing(c, 0).items.size() : 0))); }
void element_shape_kernel(OpContext& c) {
  const PartialShape& shape = existing(c, 0).element_shape;
  Tensor& out = c.allocate(0, shape.has_rank() ? Shape({shape.rank()}) : Shape());
  for (int i = 0; i < std::max(1, shape.has_rank() ? shape.rank() : 0) && i < out.num_elements(); ++i) {
    int64_t dim = shape.has_rank() ? shape[i] : -1;
    if (out.dtype() == int32) out.mutable_data<int32_t>()[i] = int32_t(dim);
    else out.mutable_data<int64_t>()[i] = dim;
  }
}
void resize_kernel(OpContext& c) {
  Ref<TensorList> list = list_to_change(c, 0);
  list->items.resize(size_t(std::max(0, c.input(1).item<int32_t>())));
  c.set_output(0, wrap_list(list));
}
void get_kernel(OpContext& c) {
  const TensorList& list = existing(c, 0);
  c.set_output(0, item_of(c, list, checked_index(c, list, 1)).alias());
}
void set_kernel(OpContext& c) {
  int64_t i = c.input(1).item<int32_t>();
  Ref<TensorList> list = list_to_change(c, 0);
  if (c.bool_attr("resize_if_index_out_of_bounds") && i >= int64_t(list->items.size())) list->items.resize(size_t(i) + 1);
  checked_index(c, *list, 1);
  check_item(c, *list, c.input(2));
  list->items[size_t(i)] = c.input(2);
  c.set_output(0, wrap_list(list));
}
void stack_kernel(OpContext& c) {
  const TensorList& list = existing(c, 0);
  int64_t wanted = c.int_attr("num_elements");
  if (wanted >= 0 && wanted != int64_t(list.items.size()))
    c.invalid(cat("Operation expected a list with ", wanted, " elements but got a list with ", list.items.size(), " elements."));
  for (const Tensor& item : list.items)
    if (item) return stack_items(c, list, item.shape());
  PartialShape shape = list.element_shape.merge_with(shape_from(c.input(1)));
  if (!shape.is_fully_known()) c.invalid("Tried to stack list which only contains uninitialized tensors and has a non-fully-defined element_shape");
  stack_items(c, list, shape.known());
}
void from_tensor_kernel(OpContext& c) {
  if (c.input(0).rank() < 1) c.invalid(cat("Tensor must be at least a vector, but saw shape: ", bracketed(c.input(0).shape())));
  auto list = make_ref<TensorList>();
  const Tensor& t = c.input(0);
  list->dtype = t.dtype();
  list->element_shape = shape_from(c.input(1));
  for (int64_t i = 0; i < t.dim(0); ++i) list->items.push_back(row(t, i));
  c.set_output(0, wrap_list(list));
}
void gather_kernel(OpContext& c) {
  const TensorList& list = existing(c, 0);
  TensorList chosen;
  for (int32_t i : c.input(1).values<int32_t>()) {
    if (i < 0 || size_t(i) >= list.items.size()) c.invalid(cat("Trying to gather element ", i, " in a list with ", list.items.size(), " elements."));
    chosen.items.push_back(item_of(c, list, i));
  }
  PartialShape shape = list.element_shape.merge_with(shape_from(c.input(2)));
  stack_items(c, chosen, chosen.items.empty() ? shape.known() : chosen.items[0].shape());
}
void check_rows(const OpContext& c, const Tensor& t, int64_t rows) {
  if (t.rank() < 1) c.invalid(cat("Tensor must be at least a vector, but saw shape: ", bracketed(t.shape())));
  if (t.dim(0) != rows) c.invalid(cat("Expected ", rows, " rows, but the tensor has ", t.dim(0)));
}
// The rows of a tensor at the given places of a list.
void scatter_kernel(OpContext& c) {
  check_rows(c, c.input(1), c.input(2).num_elements());
  Ref<TensorList> list = list_to_change(c, 0);
  for (int64_t k = 0; k < c.input(2).num_elements(); ++k) {
    int32_t i = c.input(2).data<int32_t>()[k];
    if (i < 0) c.invalid(cat("Indices in TensorListScatter must all be non-negative, got ", i));
    if (size_t(i) >= list->items.size()) list->items.resize(size_t(i) + 1);
    list->items[size_t(i)] = row(c.input(1), k);
  }
  c.set_output(0, wrap_list(list));
}
// (list) -> items joined along their first dimension, and how many rows each had.
void concat_kernel(OpContext& c) {
  const TensorList& list = existing(c, 0);
  int64_t rows = 0;
  Tensor lengths(int64, Shape({int64_t(list.items.size())}));
  std::vector<Tensor> parts;
  for (size_t i = 0; i < list.items.size(); ++i) {
    parts.push_back(item_of(c, list, int64_t(i)));
    rows += lengths.mutable_data<int64_t>()[i] = parts[i].dim(0);
  }
  if (parts.empty()) c.invalid("TensorListConcat needs at least one element");
  c.set_output(0, concat(parts, 0));
  c.set_output(1, lengths);
}
void split_kernel(OpContext& c) {
  auto list = make_ref<TensorList>();
  list->dtype = c.input(0).dtype();
  list->element_shape = shape_from(c.input(1));
  int64_t at = 0, total = 0;
  for (int64_t n : c.input(2).values<int64_t>()) {
    if (n < 0 || n > int64_t(1) << 40) c.invalid(cat("Invalid value in lengths: ", n));
    total += n;
  }
  check_rows(c, c.input(0), total);
  for (int64_t n : c.input(2).values<int64_t>()) {
    list->items.push_back(c.input(0).rows(at, at + n));
    at += n;
  }
  c.set_output(0, wrap_list(list));
}

// --- shapes ---

void scalar(ShapeContext& c) { c.set_output(0, {}); }
PartialShape element_shape(ShapeContext& c, int input) {
  Dims dims;
  if (!c.constant_ints(input, dims) || (c.input(input).has_rank() && c.input(input).rank() == 0)) return PartialShape::unknown_rank();
  return PartialShape(dims);
}
void pop_shape(ShapeContext& c) {
  c.set_output(0, {});
  c.set_output(1, element_shape(c, 1));
}
void get_shape(ShapeContext& c) { c.set_output(0, element_shape(c, 2)); }
void stack_shape(ShapeContext& c) { c.set_output(0, PartialShape({c.int_attr("num_elements")}).concatenate(element_shape(c, 1))); }
void gather_shape(ShapeContext& c) {
  PartialShape indices = c.with_rank(1, 1);
  c.set_output(0, PartialShape({indices[0]}).concatenate(element_shape(c, 2)));
}
void element_shape_shape(ShapeContext&) {}
void concat_shape(ShapeContext& c) { c.set_output(1, PartialShape::unknown_dims(1)); }

// --- gradients ---

Tensor length_of(const Tensor& list) { return list_op("TensorListLength", {list}); }
Tensor minus_one(const Tensor& x) { return list_op("Sub", {x, Tensor::scalar(int32_t(1))}); }

Grads push_gradient(const GradientContext& c) {
  Tensor at = length_of(c.input(0));
  return {list_op("_TensorListClear", {c.grad(), at}), list_item_or_zeros(c.grad(), at, c.input(1))};
}
Grads pop_gradient(const GradientContext& c) {
  Tensor list = c.has_grad(0) ? c.grad(0) : nothing();
  return {c.has_grad(1) ? put(list, minus_one(length_of(c.input(0))), c.grad(1)) : list, Tensor()};
}
Grads get_gradient(const GradientContext& c) { return {put(nothing(), c.input(1), c.grad()), Tensor(), Tensor()}; }
Grads set_gradient(const GradientContext& c) {
  return {list_op("_TensorListClear", {c.grad(), c.input(1)}), Tensor(), list_item_or_zeros(c.grad(), c.input(1), c.input(2))};
}
Grads stack_gradient(const GradientContext& c) { return {list_op("TensorListFromTensor", {c.grad(), any_shape()}), Tensor()}; }
Grads from_tensor_gradient(const GradientContext& c) { return {list_op("_TensorListStackLike", {c.grad(), c.input(0)}), Tensor()}; }
Grads resize_gradient(const GradientContext& c) { return {c.grad(), Tensor()}; }
Grads gather_gradient(const GradientContext& c) { return {list_op("_TensorListPutRows", {nothing(), c.input(1), c.grad()}), Tensor(), Tensor()}; }
Grads scatter_gradient(const GradientContext& c) {
  Tensor rows = list_op("_TensorListRowsOrZeros", {c.grad(), c.input(2), c.input(1)});
  return {list_op("_TensorListClear", {c.grad(), c.input(2)}), rows, Tensor()};
}
Grads concat_gradient(const GradientContext& c) {
  if (!c.has_grad(0)) return Grads(size_t(c.num_inputs()));
  return {list_op("TensorListSplit", {c.grad(0), any_shape(), c.output(1)}), Tensor(), Tensor()};
}
Grads split_gradient(const GradientContext& c) {
  return {list_op("_TensorListJoinLike", {c.grad(), c.input(2), c.input(0)}), Tensor(), Tensor()};
}
constexpr const char* kElement = "element_dtype: type; shape_type: index";
constexpr const char* kNoValues = "it holds no values yet";
constexpr const char* kSizes = "its output is an integer";

/// EmptyTensorList: A list without elements.
/// TensorListReserve: A list of `num_elements` elements that are not set yet.
/// TensorListLength: The number of elements.
/// TensorListElementShape: The shape that all elements have, -1 where a size is not known.
/// TensorListGetItem: The element at `index`, zeros where it was never set.
/// TensorListSetItem: The list with another element at `index`.
/// TensorListPushBack: The list with one more element at its end.
/// TensorListPopBack: The list without its last element, and that element.
/// TensorListStack: All elements as one tensor with a new first axis.
/// TensorListFromTensor: A list of the rows of a tensor.
/// TensorListGather: The elements at `indices` as one tensor with a new first axis.
/// TensorListScatterIntoExistingList: The list in which row i of a tensor stands at indices[i].
/// TensorListSplit: A list of pieces of a tensor, cut along its first axis into the given lengths.
/// TensorListConcatV2: All elements joined along their first axis, and the length of each.
/// TensorListResize: The list with `size` elements: cut off, or followed by unset ones.
constexpr OpDef kOps[] = {
    {.name = "EmptyTensorList", .signature = "element_shape: shape_type, max_num_elements: int32 -> handle: variant", .attrs = kElement,
     .shape = scalar, .no_gradient = kNoValues, .kernel = empty_kernel},
    {.name = "TensorListReserve", .signature = "element_shape: shape_type, num_elements: int32 -> handle: variant", .attrs = kElement,
     .shape = scalar, .no_gradient = kNoValues, .kernel = reserve_kernel},
    {.name = "TensorListPushBack", .signature = "input_handle: variant, tensor: element_dtype -> output_handle: variant",
     .attrs = "element_dtype: type", .shape = scalar, .gradient = push_gradient, .kernel = push_kernel},
    {.name = "TensorListPopBack", .signature = "input_handle: variant, element_shape: int32 -> output_handle: variant, tensor: element_dtype",
     .attrs = "element_dtype: type", .shape = pop_shape, .gradient = pop_gradient, .kernel = pop_kernel},
    {.name = "TensorListLength", .signature = "input_handle: variant -> length: int32", .shape = scalar, .no_gradient = kSizes, .kernel = length_kernel},
    {.name = "TensorListElementShape", .signature = "input_handle: variant -> element_shape: shape_type", .attrs = "shape_type: index",
     .shape = element_shape_shape, .no_gradient = kSizes, .kernel = element_shape_kernel},
    {.name = "TensorListResize", .signature = "input_handle: variant, size: int32 -> output_handle: variant", .shape = scalar,
     .gradient = resize_gradient, .kernel = resize_kernel},
    {.name = "TensorListGetItem", .signature = "input_handle: variant, index: int32, element_shape: int32 -> item: element_dtype",
     .attrs = "element_dtype: type", .shape = get_shape, .gradient = get_gradient, .kernel = get_kernel},
    {.name = "TensorListSetItem", .signature = "input_handle: variant, index: int32, item: element_dtype -> output_handle: variant",
     .attrs = "element_dtype: type; resize_if_index_out_of_bounds: bool = false", .shape = scalar, .gradient = set_gradient, .kernel = set_kernel},
    {.name = "TensorListStack", .signature = "input_handle: variant, element_shape: int32 -> tensor: element_dtype",
     .attrs = "element_dtype: type; num_elements: int = -1", .shape = stack_shape, .gradient = stack_gradient, .kernel = stack_kernel},
    {.name = "TensorListFromTensor", .signature = "tensor: element_dtype, element_shape: shape_type -> output_handle: variant", .attrs = kElement,
     .shape = scalar, .gradient = from_tensor_gradient, .kernel = from_tensor_kernel},
    {.name = "TensorListGather", .signature = "input_handle: variant, indices: int32, element_shape: int32 -> values: element_dtype",
     .attrs = "element_dtype: type", .shape = gather_shape, .gradient = gather_gradient, .kernel = gather_kernel},
    {.name = "TensorListScatterIntoExistingList", .signature = "input_handle: variant, tensor: element_dtype, indices: int32 -> output_handle: variant",
     .attrs = "element_dtype: type", .shape = scalar, .gradient = scatter_gradient, .kernel = scatter_kernel},
    {.name = "TensorListConcatV2",
     .signature = "input_handle: variant, element_shape: shape_type, leading_dims: int64 -> tensor: element_dtype, lengths: int64",
     .attrs = kElement, .shape = concat_shape, .gradient = concat_gradient, .kernel = concat_kernel},
    {.name = "TensorListSplit", .signature = "tensor: element_dtype, element_shape: shape_type, lengths: int64 -> output_handle: variant",
     .attrs = kElement, .shape = scalar, .gradient = split_gradient, .kernel = split_kernel},
};

}  // namespace
RUNNEL_OPS(control_tensor_list, kOps)

}  // namespace runnel::inline v0
