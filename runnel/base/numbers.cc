#include "runnel/base/numbers.h"

#include <charconv>
#include <cmath>
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

// Too large a number is infinite, too small a one zero, as in TensorFlow.
template <class T>
bool parse_floating(std::string_view text, T& out) {
  text = without_plus(without_spaces(text));
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (text.empty() || end != text.data() + text.size()) return false;
  if (error == std::errc::result_out_of_range) {
    double wide = 0;
    bool small = text.find("e-") != std::string_view::npos || text.find("E-") != std::string_view::npos;
    std::from_chars(text.data(), text.data() + text.size(), wide);
    out = small ? T(wide) : T(text[0] == '-' ? -1 : 1) * std::numeric_limits<T>::infinity();
    return true;
  }
  return error == std::errc();
}

}  // namespace

bool parse_number(std::string_view text, int32_t& out) { return parse_integer(text, out); }
bool parse_number(std::string_view text, int64_t& out) { return parse_integer(text, out); }
bool parse_number(std::string_view text, uint32_t& out) { return parse_integer(text, out); }
bool parse_number(std::string_view text, uint64_t& out) { return parse_integer(text, out); }
bool parse_number(std::string_view text, float& out) { return parse_floating(text, out); }
bool parse_number(std::string_view text, double& out) { return parse_floating(text, out); }

}  // namespace runnel::inline v0
