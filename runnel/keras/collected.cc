#include "runnel/keras/collected.h"

namespace runnel::inline v0::keras {

namespace {
Collector the_collector = nullptr;
}  // namespace

void set_collector(Collector collector) { the_collector = collector; }
void announce(const Ref<RefCounted>& object) {
  if (the_collector && !object->foreign()) the_collector(object);
}

Tensor own_handle(const Tensor& tensor) { return tensor && tensor.is_symbolic() ? tensor.alias() : tensor; }
Nest own_handles(const Nest& nest) { return nest.map(own_handle); }

void visit_tensor(const Tensor& tensor, OwnedVisitor& visitor) {
  if (tensor && tensor.is_symbolic() && tensor.is_unique()) visitor.owned(tensor.symbol().graph.get());
}

void visit_nest(const Nest& nest, OwnedVisitor& visitor) {
  if (nest.is_tensor()) visit_tensor(nest.tensor(), visitor);
  if (nest.is_list())
    for (const Nest& item : nest.list()) visit_nest(item, visitor);
  if (nest.is_dict())
    for (const auto& [key, item] : nest.dict()) visit_nest(item, visitor);
}

}  // namespace runnel::inline v0::keras
