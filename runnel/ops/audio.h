// tf.audio.
#pragma once

#include "runnel/op/operand.h"

namespace runnel::inline v0::audio {

/// Sound (frames, channels), float32 within -1 and 1, as the bytes of a WAV file of 16-bit samples; what is louder is cut.
/// sample_rate: frames a second, an int32 scalar. InvalidArgumentError where there are no channels.
/// python: audio.encode_wav
Tensor encode_wav(const Tensor& audio, const Tensor& sample_rate);
/// The same of each clip (clips, frames, channels): (clips) of strings.
Tensor encode_wavs(const Tensor& clips, const Tensor& sample_rate);

}  // namespace runnel::inline v0::audio
