#include "runnel/base/numbers.h"

#include <charconv>
#include <limits>

namespace runnel::inline v0 {

namespace {

std::string_view without_spaces(std::string_view text) {
  constexpr const char* kSpaces = " \t\n\v\f\r";
  size_t begin = text.find_first_not_of(kSpaces);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpaces) - begin + 1);
}

// from_chars() takes no plus sign.
std::string_view without_plus(std::string_view text) {
  if (text.starts_with('+') && !text.substr(1).starts_with('-')) text.remove_prefix(1);
  return text;
}

template <class T>
bool parse_integer(std::string_view text, T& out) {
  text = without_plus(without_spaces(text));
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return !text.empty() && error == std::errc() && end == text.data() + text.size();
}

// Too large a number is infinite, too small a one zero, and "0x1p4" is 16, as in TensorFlow.
template <class T>
bool parse_floating(std::string_view text, T& out) {
  text = without_plus(without_spaces(text));
  bool negative = text.starts_with('-');
  std::string_view digits = text.substr(negative);
  bool hex = digits.starts_with("0x") || digits.starts_with("0X");
  if (hex) digits.remove_prefix(2);
  const char* end = digits.data() + digits.size();
  auto [stop, error] = std::from_chars(digits.data(), end, out, hex ? std::chars_format::hex : std::chars_format::general);
  if (digits.empty() || digits[0] == '-' || stop != end) return false;
  if (error == std::errc::result_out_of_range) {
    size_t exponent = digits.find_first_of(hex ? "pP" : "eE");
    bool small = exponent == std::string_view::npos ? digits.front() == '0' || digits.front() == '.' : digits[exponent + 1] == '-';
    out = small ? T(0) : std::numeric_limits<T>::infinity();
  } else if (error != std::errc()) {
    return false;
  }
  if (negative) out = -out;
  return true;
}

}  // namespace

bool parse_number(std::string_view text, int32_t& out) { return parse_integer(text, out); }
bool parse_number(std::string_view text, int64_t& out) { return parse_integer(text, out); }
bool parse_number(std::string_view text, uint32_t& out) { return parse_integer(text, out); }
bool parse_number(std::string_view text, uint64_t& out) { return parse_integer(text, out); }
bool parse_number(std::string_view text, float& out) { return parse_floating(text, out); }
bool parse_number(std::string_view text, double& out) { return parse_floating(text, out); }

}  // namespace runnel::inline v0
