#include "runnel/base/pattern.h"

namespace runnel::inline v0 {

namespace {

// After Rob Pike's matcher in "The practice of programming", 1999.
bool matches_here(std::string_view pattern, std::string_view text);

bool matches_star(char repeated, std::string_view rest, std::string_view text) {
  for (;; text.remove_prefix(1)) {
    if (matches_here(rest, text)) return true;
    if (text.empty() || (repeated != '.' && text[0] != repeated)) return false;
  }
}

bool matches_here(std::string_view pattern, std::string_view text) {
  if (pattern.empty()) return true;
  if (pattern.size() > 1 && pattern[1] == '*') return matches_star(pattern[0], pattern.substr(2), text);
  if (pattern == "$") return text.empty();
  return !text.empty() && (pattern[0] == '.' || pattern[0] == text[0]) && matches_here(pattern.substr(1), text.substr(1));
}

bool alternative_found(std::string_view pattern, std::string_view text) {
  if (pattern.starts_with('^')) return matches_here(pattern.substr(1), text);
  for (size_t i = 0; i <= text.size(); ++i)
    if (matches_here(pattern, text.substr(i))) return true;
  return false;
}

}  // namespace

bool pattern_found(std::string_view pattern, std::string_view text) {
  for (;;) {
    size_t bar = pattern.find('|');
    if (alternative_found(pattern.substr(0, bar), text)) return true;
    if (bar == std::string_view::npos) return false;
    pattern.remove_prefix(bar + 1);
  }
}

}  // namespace runnel::inline v0
