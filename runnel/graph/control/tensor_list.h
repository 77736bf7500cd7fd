// TensorList: what an element of a variant tensor holds for TensorArrays and loops: a list of tensors of one dtype.
#pragma once

#include "runnel/op/op_context.h"

namespace runnel::inline v0 {

class TensorList : public RefCounted {
 public:
  DType dtype;
  PartialShape element_shape = PartialShape::unknown_rank();
  std::vector<Tensor> items;  ///< An empty Tensor where nothing has been written: it reads as zeros.
};

/// The list in a variant tensor. The gradient of a list that none has arrived at is a variant without a list: nullptr.
const TensorList* list_of(const Tensor& variant);
Tensor wrap_list(Ref<TensorList> list);
/// The list of input i to change: the same one where nobody else sees it, otherwise a copy (a new one where there is none).
Ref<TensorList> list_to_change(OpContext& c, int i);

/// Each item (...) repeated as (count, ...): the list as all elements of a batch have it.
Tensor repeat_items(const Tensor& list, const Tensor& count);
/// list[index], or zeros like `like` where nothing is there.
Tensor list_item_or_zeros(const Tensor& list, const Tensor& index, const Tensor& like);

}  // namespace runnel::inline v0
