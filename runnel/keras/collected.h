// What another language's garbage collector sees of objects that have several owners.
//
// A visitor follows an object of C++ where it has one owner (base/ref.h). One that may have several and leads back to the other language
// (a node of a functional graph, a function in the place of a regularizer) is announced when it is made, and the binding counts its
// references from then on. Owners keep handles of tensors of their own, for those are not counted.
#pragma once

#include "runnel/core/nest.h"

namespace runnel::inline v0::keras {

using Collector = void (*)(const Ref<RefCounted>& object);
void set_collector(Collector collector);
/// Hands the counting of references to the binding, if there is one.
void announce(const Ref<RefCounted>& object);

/// The same tensors; Keras tensors under handles that nobody else has.
Tensor own_handle(const Tensor& tensor);
Nest own_handles(const Nest& nest);
/// Names the graphs of the Keras tensors.
void visit_tensor(const Tensor& tensor, OwnedVisitor& visitor);
void visit_nest(const Nest& nest, OwnedVisitor& visitor);

}  // namespace runnel::inline v0::keras
