// What tf.raw_ops tells of an operator, from its card.
#pragma once

#include <span>
#include <string>

namespace runnel {
inline namespace v0 {
class Op;
struct ArgSpec;
}  // namespace v0
}  // namespace runnel

namespace runnel::python {

struct OpSentence {
  const char* name;  // "MaxPoolGrad"
  const char* text;
};
/// The lines `/// MaxPoolGrad: ...` beside the cards, sorted by name; tools/docgen.py collects them.
std::span<const OpSentence> op_sentences();

/// What tf.raw_ops calls an input, where the operator's definition names it otherwise.
std::string python_name(const Op& op, const std::string& input);
/// The docstring. `sentence` says what the operator computes where no line beside its card does.
std::string op_doc(const Op& op, const std::string& sentence);
/// True where the card has a sentence of its own.
bool has_sentence(const Op& op);

}  // namespace runnel::python
