// Capital and small letters, and the characters of UTF-8.
#pragma once

#include <string>
#include <string_view>

namespace runnel::inline v0 {

/// A to Z alone.
std::string ascii_lower(std::string_view text);
std::string ascii_upper(std::string_view text);
/// Of all alphabets, as Unicode has them: one letter may become several, and a small sigma at the end of a word is another one.
/// Bytes that are no UTF-8 become U+FFFD.
std::string utf8_lower(std::string_view text);
std::string utf8_upper(std::string_view text);

/// How many characters there are: every byte that continues none begins one.
int64_t utf8_length(std::string_view text);
/// Where character `n` begins; the end of the text behind the last one.
size_t utf8_offset(std::string_view text, int64_t n);

}  // namespace runnel::inline v0
