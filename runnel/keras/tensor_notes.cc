#include "runnel/keras/tensor_notes.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "runnel/base/text.h"
#include "runnel/keras/warn.h"

namespace runnel::inline v0::keras {

namespace {

struct Note {
  Tensor about, value;
  enum Kind { kMask, kSoftmax, kSigmoid } kind;
};
thread_local std::vector<Note> notes;

constexpr size_t kMost = 64;  // a network of many steps shall not keep all its activations

void take_down(const Tensor& about, Note::Kind kind, const Tensor& value) {
  std::erase_if(notes, [&](const Note& n) { return n.kind == kind && n.about.is(about); });
  if (!value) return;
  if (notes.size() == kMost) notes.erase(notes.begin());
  notes.push_back({about, value, kind});
}
Tensor look_up(const Tensor& about, Note::Kind kind) {
  for (const Note& n : notes)
    if (n.kind == kind && n.about.is(about)) return n.value;
  return {};
}
Note::Kind kind_of(LogitsOf op) { return op == LogitsOf::kSoftmax ? Note::kSoftmax : Note::kSigmoid; }

}  // namespace

void set_mask(const Tensor& tensor, const Tensor& mask) { take_down(tensor, Note::kMask, mask); }
Tensor mask_of(const Tensor& tensor) { return look_up(tensor, Note::kMask); }
void set_logits(const Tensor& probabilities, LogitsOf op, const Tensor& logits) { take_down(probabilities, kind_of(op), logits); }
Tensor logits_of(const Tensor& probabilities, LogitsOf op) { return look_up(probabilities, kind_of(op)); }
Tensor logits_for(const Tensor& output, bool from_logits, LogitsOf op, const char* function) {
  Tensor logits = logits_of(output, op);
  if (logits && from_logits)
    warn(cat("`", function, "` received `from_logits=True`, but the `output` argument was produced by a ", op == LogitsOf::kSoftmax ? "Softmax" : "Sigmoid",
             " activation and thus does not represent logits. Was this intended?"));
  return logits || !from_logits ? logits : output;
}
void drop_stale_notes() {
  std::erase_if(notes, [](const Note& n) { return n.about.is_unique(); });
}

}  // namespace runnel::inline v0::keras
