// Text helpers: cat() joins anything that has a to_text() or is text or a number. No iostreams, so it compiles fast.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace runnel::inline v0 {

inline std::string to_text(std::string_view s) { return std::string(s); }
inline std::string to_text(const std::string& s) { return s; }
inline std::string to_text(const char* s) { return s ? s : ""; }
inline std::string to_text(bool b) { return b ? "true" : "false"; }
std::string to_text(double x);  ///< Shortest text that reads back as the same value.
std::string to_text(float x);
template <std::integral T>
  requires(!std::same_as<T, bool> && !std::same_as<T, char>)
std::string to_text(T n) {
  return std::to_string(n);
}
inline std::string to_text(char c) { return std::string(1, c); }

template <class T>
std::string to_text(const std::vector<T>& items);

/// Joins the texts of all arguments.
template <class... Args>
std::string cat(const Args&... args) {
  std::string out;
  (out.append(to_text(args)), ...);
  return out;
}

/// "a, b, c" from any range whose elements have a to_text().
template <class Range>
std::string join(const Range& items, std::string_view separator = ", ") {
  std::string out;
  bool first = true;
  for (const auto& item : items) {
    if (!first) out.append(separator);
    out.append(to_text(item));
    first = false;
  }
  return out;
}

template <class T>
std::string to_text(const std::vector<T>& items) {
  return "[" + join(items) + "]";
}

/// Splits at every separator; "" gives no parts. Parts are trimmed of spaces.
std::vector<std::string> split(std::string_view text, char separator);
std::string_view trim(std::string_view text);

}  // namespace runnel::inline v0
