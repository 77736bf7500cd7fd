// keras.losses.CTC
#pragma once

#include "runnel/keras/losses/loss.h"

namespace runnel::inline v0::keras::losses {

/// Connectionist temporal classification (Graves et al., 2006): minus the log-probability of all ways to read the labels from
/// the logits, one loss a sample. y_true (batch, labels) holds class numbers, padded with 0; y_pred (batch, time, classes) are
/// logits, class 0 is the blank. ValueError for other ranks.
Tensor ctc(const Tensor& y_true, const Tensor& y_pred);

RUNNEL_LOSS(CTC, Options, "ctc")  ///< Connectionist temporal classification (Graves et al., 2006): y_true (batch, max_labels), y_pred (batch, time, classes) of logits; class 0 is the blank and pads.

}  // namespace runnel::inline v0::keras::losses
