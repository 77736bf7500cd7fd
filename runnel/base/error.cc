#include "runnel/base/error.h"

namespace runnel::inline v0 {

std::string message(std::string_view where, std::string_view what, const Details& details) {
  std::string out = where.empty() ? std::string(what) : cat(where, ": ", what);
  auto add = [&](std::string_view word, std::string_view text) {
    if (text.empty()) return;
    if (!out.empty() && out.back() != '.') out += '.';
    out += cat(" ", word, " ", text);
  };
  add("Got", details.got);
  add("Expected", details.expected);
  add("Hint:", details.hint);
  return out;
}

void assertion_failed(const char* condition, const char* file, int line) {
  throw errors::InternalError(cat("Runnel's own check failed: ", condition, " (", file, ":", line, "). Please report it."));
}

}  // namespace runnel::inline v0
