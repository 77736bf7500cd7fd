// The beam search of connectionist temporal classification.
#pragma once

#include "runnel/keras/ops/nn.h"

namespace runnel::inline v0::keras::ops {

struct BeamOptions {
  int64_t width = 100, paths = 1, blank = 0;
};
/// (paths, batch, time) of int32, filled up with -1, and log-probabilities (batch, paths), best first. `logits`: (batch, time, classes)
/// of float32, `lengths`: (batch) of int32, both with values. Graves and Jaitly, "Towards end-to-end speech recognition", 2014.
Results ctc_beam_search(const Tensor& logits, const Tensor& lengths, const BeamOptions& options);

}  // namespace runnel::inline v0::keras::ops
