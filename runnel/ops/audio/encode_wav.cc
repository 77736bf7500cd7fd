// EncodeWav: sound as the bytes of WAV files (16-bit PCM).
#include <algorithm>
#include <cmath>
#include <cstring>

#include "runnel/op/op_context.h"
#include "runnel/ops/audio.h"

namespace runnel::inline v0 {

namespace {

template <class T>
void append_number(std::string& out, T value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);  // little-endian, as the format is
}

int16_t sample_of(float x) { return int16_t(std::clamp(std::round(x * 32768.f), -32768.f, 32767.f)); }

std::string wav_file(const float* sound, int64_t frames, uint16_t channels, uint32_t rate) {
  const uint32_t bytes = uint32_t(frames * channels * 2);
  std::string out = "RIFF";
  append_number(out, bytes + 36);
  out += "WAVEfmt ";
  append_number(out, uint32_t(16));
  append_number(out, uint16_t(1));  // PCM
  append_number(out, channels);
  append_number(out, rate);
  append_number(out, uint32_t(rate * channels * 2));
  append_number(out, uint16_t(channels * 2));
  append_number(out, uint16_t(16));
  out += "data";
  append_number(out, bytes);
  for (int64_t i = 0; i < frames * channels; ++i) append_number(out, std::isnan(sound[i]) ? int16_t(0) : sample_of(sound[i]));
  return out;
}

void wav_kernel(OpContext& c) {
  const Tensor& sound = c.input(0);
  const int rank = sound.rank();
  const int64_t frames = sound.dim(rank - 2), channels = sound.dim(rank - 1);
  const int32_t rate = *c.input(1).data<int32_t>();
  if (rate <= 0) c.invalid(cat("sample_rate must be in (0, 2^32), got: ", rate));
  Tensor& out = c.output();
  if (out.num_elements() == 0) return;
  if (channels < 1 || channels > 65535) c.invalid(cat("num_channels must be in (0, 2^16), got: ", channels));
  if (frames > (int64_t(1) << 31) / (channels * 2)) c.invalid(cat("the sound is too long for the format: ", frames, " frames"));
  for (int64_t i = 0; i < out.num_elements(); ++i)
    out.mutable_data<std::string>()[i] = wav_file(sound.data<float>() + i * frames * channels, frames, uint16_t(channels), uint32_t(rate));
}

void wav_shape(ShapeContext& c) {
  c.with_rank(0, 2);
  c.with_rank(1, 0);
  c.set_output(0, Shape{});
}
void wavs_shape(ShapeContext& c) {
  c.with_rank(1, 0);
  c.set_output(0, PartialShape({c.with_rank(0, 3)[0]}));
}

constexpr const char* kSignature = "audio: float, sample_rate: int32 -> contents: string";

/// EncodeWav: Sound (frames, channels) as the bytes of a WAV file.
/// _EncodeWavs: Each clip of (clips, frames, channels) as the bytes of a WAV file.
constexpr OpDef kOps[] = {
    {.name = "EncodeWav", .signature = kSignature, .shape = wav_shape, .no_gradient = "its output is text", .kernel = wav_kernel},
    {.name = "_EncodeWavs", .signature = kSignature, .shape = wavs_shape, .no_gradient = "its output is text", .kernel = wav_kernel},
};

}  // namespace
RUNNEL_OPS(audio_encode_wav, kOps)

Tensor audio::encode_wav(const Tensor& audio, const Tensor& sample_rate) {
  static const Op& op = get_op("EncodeWav");
  return run(op, {audio, sample_rate});
}
Tensor audio::encode_wavs(const Tensor& clips, const Tensor& sample_rate) {
  static const Op& op = get_op("_EncodeWavs");
  return run(op, {clips, sample_rate});
}

}  // namespace runnel::inline v0
