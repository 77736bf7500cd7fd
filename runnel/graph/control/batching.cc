// How lists run for a whole batch (see op/batching.h): a list that differs from element to element is one list whose items are
// (n, item...). So it has the same length for all elements.
#include "runnel/graph/control/tensor_list.h"
#include "runnel/ops/batching_rules.h"

namespace runnel::inline v0 {

namespace {

using Out = std::vector<Batched>;
using C = BatchingContext;

Tensor list(const C& c, int i) { return c.stacked(i) ? c.value(i) : repeat_items(c.value(i), c.count()); }
Tensor item(const C& c, int i) { return c.value(i).dtype() == variant ? list(c, i) : c.stack(i); }

Tensor swapped(const Tensor& t) {
  Dims order{1, 0};
  for (int i = 2; i < t.partial_shape().rank(); ++i) order.push_back(i);
  return transpose(t, order);
}
bool can_swap(const C& c, int i) { return c.value(i).partial_shape().has_rank(); }

// What an operator is told about the items' shape: a vector of sizes, or a scalar where the rank is unknown.
Tensor item_shape(const C& c, int i) {
  bool unknown = c.rank(i) != 1 || c.type("element_dtype") == variant;
  return unknown ? c.value(i) : with_count(c.count(), c.value(i));
}
Out run_rule(const C& c, std::vector<Tensor> inputs) { return stacked(run_all(c.op(), inputs, c.attrs())); }
Out run_swapped(const C& c, std::vector<Tensor> inputs) {
  Tensor rows = run(c.op(), inputs, c.attrs());
  return rows.partial_shape().has_rank() ? stacked({swapped(rows)}) : Out();
}

Out length(const C& c) { return {{run(c.op(), {c.value(0)}, c.attrs()), false}}; }
Out change(const C& c) { return c.any_stacked(1, c.num_inputs()) ? Out() : run_rule(c, {c.value(0), c.value(1)}); }
Out push(const C& c) { return run_rule(c, {list(c, 0), item(c, 1)}); }
Out pop(const C& c) { return c.stacked(1) ? Out() : run_rule(c, {c.value(0), item_shape(c, 1)}); }
Out get(const C& c) {
  if (c.stacked(2) || (c.stacked(0) && c.stacked(1))) return {};
  if (c.stacked(0)) return run_rule(c, {c.value(0), c.value(1), item_shape(c, 2)});
  return stacked({run(get_op("TensorListGather"), {c.value(0), c.value(1), c.value(2)}, c.attrs())});
}
// (list, index, item) of which the index is shared.
Out with_item(const C& c) { return c.stacked(1) ? Out() : run_rule(c, {list(c, 0), c.value(1), item(c, 2)}); }
Out add(const C& c) { return run_rule(c, {list(c, 0), list(c, 1)}); }

Out stack_items(const C& c) { return c.stacked(1) ? Out() : run_swapped(c, {c.value(0), item_shape(c, 1)}); }
Out gather_items(const C& c) {
  return c.any_stacked(1, 3) ? Out() : run_swapped(c, {c.value(0), c.value(1), item_shape(c, 2)});
}
Out from_tensor(const C& c) { return c.stacked(1) || !can_swap(c, 0) ? Out() : run_rule(c, {swapped(c.value(0)), item_shape(c, 1)}); }
Out scatter(const C& c) { return c.stacked(2) || !can_swap(c, 1) ? Out() : run_rule(c, {list(c, 0), swapped(c.stack(1)), c.value(2)}); }
Out stack_like(const C& c) { return can_swap(c, 1) ? run_swapped(c, {list(c, 0), swapped(c.stack(1))}) : Out(); }
// (list, indices, rows) of which the indices are shared.
Out put_rows(const C& c) { return c.stacked(1) || !can_swap(c, 2) ? Out() : run_rule(c, {list(c, 0), c.value(1), swapped(c.stack(2))}); }
Out rows_or_zeros(const C& c) {
  return c.stacked(1) || !can_swap(c, 2) ? Out() : run_swapped(c, {list(c, 0), c.value(1), swapped(c.stack(2))});
}
// The items' own batch moves by one.
Out along_items(const C& c) {
  Attrs attrs = c.attrs();
  attrs.set("axis", c.int_attr("axis") + 1);
  return stacked({run(c.op(), {c.value(0), c.value(1)}, attrs)});
}

constexpr BatchingDef kRules[] = {
    {"TensorListLength", length}, {"TensorListResize", change}, {"_TensorListClear", change}, {"TensorListPushBack", push},
    {"TensorListPopBack", pop}, {"TensorListGetItem", get}, {"TensorListSetItem", with_item}, {"_TensorListPut", with_item},
    {"_TensorListItemOrZeros", with_item}, {"_TensorListAdd", add}, {"TensorListStack", stack_items}, {"TensorListGather", gather_items},
    {"TensorListFromTensor", from_tensor}, {"TensorListScatterIntoExistingList", scatter}, {"_TensorListStackLike", stack_like},
    {"_TensorListPutRows", put_rows}, {"_TensorListRowsOrZeros", rows_or_zeros}, {"_TensorListRepeat", along_items},
    {"_TensorListSum", along_items},
};

}  // namespace
RUNNEL_BATCHING(control_lists, kRules)

}  // namespace runnel::inline v0
