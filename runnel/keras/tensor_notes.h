// What Keras knows about a tensor beside its values: the mask that goes with it, and the logits that it is the softmax or the
// sigmoid of. Notes live on the thread that made them, and go with the tensors that they are about.
#pragma once

#include "runnel/core/tensor.h"

namespace runnel::inline v0::keras {

/// An empty mask takes off the one that is there.
void set_mask(const Tensor& tensor, const Tensor& mask);
/// Bool, the leading axes of the tensor's shape; empty where there is none.
Tensor mask_of(const Tensor& tensor);

/// The operator that turned logits into probabilities.
enum class LogitsOf { kSoftmax, kSigmoid };
void set_logits(const Tensor& probabilities, LogitsOf op, const Tensor& logits);
/// Empty where the probabilities came from elsewhere.
Tensor logits_of(const Tensor& probabilities, LogitsOf op);
/// The logits that a crossentropy computes with: those behind the output, else the output itself where it is said to be logits,
/// else nothing. Warns where `from_logits` is said of probabilities; `function` is named then.
Tensor logits_for(const Tensor& output, bool from_logits, LogitsOf op, const char* function);

/// Drops notes about tensors that nobody else holds any more. Every call of a model begins so.
void drop_stale_notes();

}  // namespace runnel::inline v0::keras
