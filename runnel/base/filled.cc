#include "runnel/base/filled.h"

#include "runnel/base/error.h"

namespace runnel::inline v0 {

void fail_empty(std::string_view kind) {
  fail<ValueError>(kind, "the handle is empty", {.got = cat("a ", kind, " made without arguments"), .hint = cat("assign a ", kind, " to it before it is used")});
}

}  // namespace runnel::inline v0
