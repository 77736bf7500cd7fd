// Small search patterns: what regular expressions are used for in names of variables, without the slow header.
#pragma once

#include <string_view>

namespace runnel::inline v0 {

/// Whether the pattern is found anywhere in the text. It knows characters, `.` (any), `*` (the one before, any number of times),
/// `^` and `$` (the ends) and `|` (either side).
bool pattern_found(std::string_view pattern, std::string_view text);

}  // namespace runnel::inline v0
