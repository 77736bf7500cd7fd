#include "runnel/base/letters.h"

#include <algorithm>
#include <span>

#include "runnel/base/letters_table.h"

namespace runnel::inline v0 {

namespace {

bool continues(char c) { return (uint8_t(c) & 0xC0) == 0x80; }

constexpr uint32_t kReplacement = 0xFFFD, kCapitalSigma = 0x3A3, kFinalSigma = 0x3C2;

// The character at `at`, which moves behind it.
uint32_t take_character(std::string_view text, size_t& at) {
  uint8_t first = uint8_t(text[at++]);
  if (first < 0x80) return first;
  int more = first >= 0xF0 && first < 0xF5 ? 3 : first >= 0xE0 ? 2 : first >= 0xC2 ? 1 : 0;
  if (more == 0 || first >= 0xF5 || at + size_t(more) > text.size()) return kReplacement;
  uint32_t code = first & (0x3F >> more);
  for (int i = 0; i < more; ++i) {
    if (!continues(text[at])) return kReplacement;
    code = code << 6 | (uint8_t(text[at++]) & 0x3F);
  }
  return code;
}

void append_character(std::string& out, uint32_t code) {
  if (code < 0x80) return void(out += char(code));
  int more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
  out += char((0xFF00 >> (more + 1) & 0xFF) | code >> (6 * more));
  while (more--) out += char(0x80 | (code >> (6 * more) & 0x3F));
}

struct Case {
  std::span<const LetterRange> ranges;
  std::span<const LetterParts> parts;
  std::string (*ascii)(std::string_view);
};
constexpr Case kUpper{kCapitals, kCapitalsParts, ascii_upper}, kLower{kSmalls, kSmallsParts, ascii_lower};

const char* parts_of(const Case& wanted, uint32_t code) {
  auto it = std::lower_bound(wanted.parts.begin(), wanted.parts.end(), code, [](const LetterParts& p, uint32_t c) { return p.letter < c; });
  return it != wanted.parts.end() && it->letter == code ? it->parts : nullptr;
}
uint32_t single_of(const Case& wanted, uint32_t code) {
  auto it = std::lower_bound(wanted.ranges.begin(), wanted.ranges.end(), code, [](const LetterRange& r, uint32_t c) { return r.last < c; });
  bool inside = it != wanted.ranges.end() && code >= it->first && (code - it->first) % it->step == 0;
  return inside ? uint32_t(int32_t(code) + it->distance) : code;
}

bool is_letter(uint32_t code) {
  if (code < 0x80) return (code | 0x20) >= 'a' && (code | 0x20) <= 'z';
  return single_of(kUpper, code) != code || single_of(kLower, code) != code || parts_of(kUpper, code);
}

std::string converted(const Case& wanted, std::string_view text) {
  if (std::all_of(text.begin(), text.end(), [](char c) { return uint8_t(c) < 0x80; })) return wanted.ascii(text);
  std::string out;
  bool in_word = false;
  for (size_t at = 0; at < text.size();) {
    uint32_t code = take_character(text, at);
    size_t next = at;
    bool ends_word = in_word && (at >= text.size() || !is_letter(take_character(text, next)));
    in_word = is_letter(code);
    if (code < 0x80) out += wanted.ascii({reinterpret_cast<const char*>(&code), 1});
    else if (code == kCapitalSigma && wanted.ascii == ascii_lower && ends_word) append_character(out, kFinalSigma);
    else if (const char* parts = parts_of(wanted, code)) out += parts;
    else append_character(out, single_of(wanted, code));
  }
  return out;
}

}  // namespace

std::string ascii_lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = char(c + ('a' - 'A'));
  return out;
}
std::string ascii_upper(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'a' && c <= 'z') c = char(c - ('a' - 'A'));
  return out;
}
std::string utf8_lower(std::string_view text) { return converted(kLower, text); }
std::string utf8_upper(std::string_view text) { return converted(kUpper, text); }

int64_t utf8_length(std::string_view text) {
  return std::count_if(text.begin(), text.end(), [](char c) { return !continues(c); });
}
size_t utf8_offset(std::string_view text, int64_t n) {
  size_t at = 0;
  for (; at < text.size(); ++at)
    if (!continues(text[at]) && n-- == 0) return at;
  return at;
}

}  // namespace runnel::inline v0
