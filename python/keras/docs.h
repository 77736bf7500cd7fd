// The docstrings of Keras's classes; tools/docgen.py writes them from the headers.
#pragma once

#include <span>

namespace runnel::python {

struct KerasDoc {
  const char* name;  // "Dense"
  const char* kind;  // the folder of its header: "layers"
  const char* text;
};
/// Sorted by name.
std::span<const KerasDoc> keras_docs();
/// The text for a class, of the kind where several kinds have that name; nullptr where there is none.
const char* keras_doc(const char* name, const char* kind);

}  // namespace runnel::python
