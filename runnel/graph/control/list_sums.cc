// Operators of lists that TensorFlow has not: what gradients of lists need, and lists of a whole batch.
#include "runnel/graph/control/list_parts.h"
#include "runnel/graph/shapes.h"
#include "runnel/ops/array.h"
#include "runnel/ops/math.h"

namespace runnel::inline v0 {

Tensor repeat_items(const Tensor& list, const Tensor& count) {
  static const Op& op = get_op("_TensorListRepeat");
  return run(op, {list, count});
}

Tensor list_item_or_zeros(const Tensor& list, const Tensor& index, const Tensor& like) {
  static const Op& op = get_op("_TensorListItemOrZeros");
  return run(op, {list, index, like});
}

namespace {

Tensor sum(const Tensor& a, const Tensor& b) {
  static const Op &add = get_op("AddV2"), &add_lists = get_op("_TensorListAdd");
  return !a ? b : run(b.dtype() == variant ? add_lists : add, {a, b});
}

// --- what gradients of lists need: a list without an item, or no list at all, stands for zeros ---

void item_or_zeros_kernel(OpContext& c) {
  const TensorList* list = list_of(c.input(0));
  int64_t i = c.input(1).item<int32_t>();
  bool there = list && i >= 0 && size_t(i) < list->items.size() && list->items[size_t(i)];
  c.set_output(0, there ? list->items[size_t(i)].alias() : zero_item(c.input(2).dtype(), c.input(2).shape()));
}
// The list with one item put in (added where there is one), as long as need be.
void put_kernel(OpContext& c) {
  Ref<TensorList> list = list_to_change(c, 0);
  size_t i = size_t(c.input(1).item<int32_t>());
  if (i >= list->items.size()) list->items.resize(i + 1);
  list->dtype = c.input(2).dtype();
  list->items[i] = sum(list->items[i], c.input(2));
  c.set_output(0, wrap_list(list));
}
// The list without the items at some places: a scalar, or a vector.
void clear_kernel(OpContext& c) {
  if (!list_of(c.input(0))) return c.set_output(0, c.input(0).alias());
  Ref<TensorList> list = list_to_change(c, 0);
  for (int32_t i : c.input(1).values<int32_t>())
    if (size_t(i) < list->items.size()) list->items[size_t(i)] = Tensor();
  c.set_output(0, wrap_list(list));
}
void add_kernel(OpContext& c) {
  const TensorList* other = list_of(c.input(1));
  if (!other) return c.set_output(0, c.input(0).alias());
  Ref<TensorList> list = list_to_change(c, 0);
  if (list->items.size() < other->items.size()) list->items.resize(other->items.size());
  for (size_t i = 0; i < other->items.size(); ++i)
    if (other->items[i]) list->items[i] = sum(list->items[i], other->items[i]);
  c.set_output(0, wrap_list(list));
}
// The items, zeros among them, stacked to the shape of `like`.
void stack_like_kernel(OpContext& c) {
  const Tensor& like = c.input(1);
  const TensorList* given = list_of(c.input(0));
  TensorList list;
  if (given) list.items = given->items;
  list.items.resize(size_t(like.dim(0)));
  stack_items(c, list, shape_of_rows(like));
}

void scalar(ShapeContext& c) { c.set_output(0, {}); }
void like_shape(ShapeContext& c) { c.set_output(0, c.input(2)); }
void stack_like_shape(ShapeContext& c) { c.set_output(0, c.input(1)); }

Grads item_or_zeros_gradient(const GradientContext& c) { return {put(nothing(), c.input(1), c.grad()), Tensor(), Tensor()}; }
Grads put_gradient(const GradientContext& c) { return {c.grad(), Tensor(), list_item_or_zeros(c.grad(), c.input(1), c.input(2))}; }
Grads clear_gradient(const GradientContext& c) { return {list_op("_TensorListClear", {c.grad(), c.input(1)}), Tensor()}; }
Grads add_gradient(const GradientContext& c) { return {c.grad(), c.grad()}; }
Grads stack_like_gradient(const GradientContext& c) { return {list_op("TensorListFromTensor", {c.grad(), any_shape()}), Tensor()}; }

// Row-wise forms of put and item_or_zeros.
void put_rows_kernel(OpContext& c) {
  Ref<TensorList> list = list_to_change(c, 0);
  for (int64_t k = 0; k < c.input(1).num_elements(); ++k) {
    size_t i = size_t(c.input(1).data<int32_t>()[k]);
    if (i >= list->items.size()) list->items.resize(i + 1);
    list->items[i] = sum(list->items[i], row(c.input(2), k));
  }
  c.set_output(0, wrap_list(list));
}
Grads put_rows_gradient(const GradientContext& c) {
  return {c.grad(), Tensor(), list_op("_TensorListRowsOrZeros", {c.grad(), c.input(1), c.input(2)})};
}
void rows_or_zeros_kernel(OpContext& c) {
  const TensorList* given = list_of(c.input(0));
  const Tensor& like = c.input(2);
  TensorList rows;
  for (int32_t i : c.input(1).values<int32_t>())
    rows.items.push_back(given && size_t(i) < given->items.size() ? given->items[size_t(i)] : Tensor());
  stack_items(c, rows, shape_of_rows(like));
}
Grads rows_or_zeros_gradient(const GradientContext& c) { return {list_op("_TensorListPutRows", {nothing(), c.input(1), c.grad()}), Tensor(), Tensor()}; }
void join_like_kernel(OpContext& c) {
  const TensorList* given = list_of(c.input(0));
  const Tensor& like = c.input(2);
  std::vector<Tensor> parts;
  int64_t at = 0;
  for (size_t i = 0; i < size_t(c.input(1).num_elements()); ++i) {
    int64_t n = c.input(1).data<int64_t>()[i];
    bool there = given && i < given->items.size() && given->items[i];
    parts.push_back(there ? given->items[i] : zero_item(like.dtype(), like.rows(at, at + n).shape()));
    at += n;
  }
  c.set_output(0, concat(parts, 0));
}
Grads join_like_gradient(const GradientContext& c) { return {list_op("TensorListSplit", {c.grad(), any_shape(), c.input(1)}), Tensor(), Tensor()}; }

// --- lists of a batch: items (..., n, ...), with the batch at an axis ---

// The list with f of each item; lists may hold lists.
template <class F>
void change_items(OpContext& c, F&& f) {
  if (!list_of(c.input(0))) return c.set_output(0, c.input(0).alias());
  Ref<TensorList> list = list_to_change(c, 0);
  for (Tensor& item : list->items)
    if (item) item = item.dtype() == variant ? run(c.op(), {item, c.input(1)}, {{"axis", c.int_attr("axis")}}) : f(item);
  c.set_output(0, wrap_list(list));
}
void repeat_kernel(OpContext& c) {
  int axis = int(c.int_attr("axis"));
  int64_t count = c.input(1).item<int32_t>();
  auto repeated = [&](const PartialShape& shape) {
    return shape.has_rank() ? shape.slice(0, axis).concatenate(PartialShape({count})).concatenate(shape.slice(axis, shape.rank())) : shape;
  };
  change_items(c, [&](const Tensor& item) {
    Tensor sizes = shape_tensor(repeated(item.partial_shape()));
    return broadcast_to(expand_dims(item, axis), sizes);
  });
  const TensorList* list = list_of(c.output(0));
  if (list) const_cast<TensorList*>(list)->element_shape = repeated(list->element_shape);
}
void sum_kernel(OpContext& c) {
  int64_t axis = c.int_attr("axis");
  change_items(c, [&](const Tensor& item) { return reduce_sum(item, axis); });
  const TensorList* list = list_of(c.output(0));
  if (list) const_cast<TensorList*>(list)->element_shape = PartialShape::unknown_rank();
}
Grads repeat_gradient(const GradientContext& c) { return {list_op("_TensorListSum", {c.grad(), c.input(1)}, c.attrs()), Tensor()}; }
Grads sum_gradient(const GradientContext& c) { return {list_op("_TensorListRepeat", {c.grad(), c.input(1)}, c.attrs()), Tensor()}; }

constexpr OpDef kOps[] = {
    {.name = "_TensorListItemOrZeros", .signature = "list: variant, index: int32, like: T -> item: T", .attrs = "T: type", .shape = like_shape,
     .gradient = item_or_zeros_gradient, .kernel = item_or_zeros_kernel},
    {.name = "_TensorListPut", .signature = "list: variant, index: int32, item: T -> output: variant", .attrs = "T: type", .shape = scalar,
     .gradient = put_gradient, .kernel = put_kernel},
    {.name = "_TensorListClear", .signature = "list: variant, index: int32 -> output: variant", .shape = scalar, .gradient = clear_gradient,
     .kernel = clear_kernel},
    {.name = "_TensorListAdd", .signature = "x: variant, y: variant -> z: variant", .shape = scalar, .gradient = add_gradient, .kernel = add_kernel},
    {.name = "_TensorListStackLike", .signature = "list: variant, like: T -> tensor: T", .attrs = "T: type", .shape = stack_like_shape,
     .gradient = stack_like_gradient, .kernel = stack_like_kernel},
    {.name = "_TensorListPutRows", .signature = "list: variant, indices: int32, rows: T -> output: variant", .attrs = "T: type", .shape = scalar,
     .gradient = put_rows_gradient, .kernel = put_rows_kernel},
    {.name = "_TensorListRowsOrZeros", .signature = "list: variant, indices: int32, like: T -> rows: T", .attrs = "T: type", .shape = like_shape,
     .gradient = rows_or_zeros_gradient, .kernel = rows_or_zeros_kernel},
    {.name = "_TensorListJoinLike", .signature = "list: variant, lengths: int64, like: T -> tensor: T", .attrs = "T: type", .shape = like_shape,
     .gradient = join_like_gradient, .kernel = join_like_kernel},
    {.name = "_TensorListRepeat", .signature = "list: variant, count: int32 -> output: variant", .attrs = "axis: int = 0", .shape = scalar,
     .gradient = repeat_gradient, .kernel = repeat_kernel},
    {.name = "_TensorListSum", .signature = "list: variant, count: int32 -> output: variant", .attrs = "axis: int = 0", .shape = scalar,
     .gradient = sum_gradient, .kernel = sum_kernel},
};

}  // namespace
RUNNEL_OPS(control_list_sums, kOps)

}  // namespace runnel::inline v0
