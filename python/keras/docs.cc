#include "python/keras/docs.h"

#include <algorithm>
#include <cstring>

namespace runnel::python {

const char* keras_doc(const char* name, const char* kind) {
  std::span<const KerasDoc> all = keras_docs();
  auto row = std::lower_bound(all.begin(), all.end(), name, [](const KerasDoc& doc, const char* wanted) { return std::strcmp(doc.name, wanted) < 0; });
  const char* found = nullptr;
  for (; row != all.end() && !std::strcmp(row->name, name); ++row)
    if (!found || !std::strcmp(row->kind, kind)) found = row->text;
  return found;
}

}  // namespace runnel::python
