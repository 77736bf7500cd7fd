// Text helpers: cat() joins anything that has a to_text() or is text or a number. No iostreams, so it compiles fast.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
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

/// One argument of cat(), with its type forgotten, so that joining is compiled once.
class Piece {
 public:
  template <class T>
  Piece(const T& x) {
    if constexpr (std::is_convertible_v<const T&, const char*>) {
      kind_ = Kind::kTerminated, text_ = x;
    } else if constexpr (std::is_convertible_v<const T&, std::string_view>) {
      std::string_view view = x;
      kind_ = Kind::kText, text_ = view.data(), size_ = view.size();
    } else if constexpr (std::integral<T> && !std::same_as<T, bool> && !std::same_as<T, char>) {
      kind_ = std::unsigned_integral<T> ? Kind::kUnsigned : Kind::kSigned, number_ = int64_t(x);
    } else {
      kind_ = Kind::kOther, other_ = &x;
      text_of_ = [](const void* p) { return to_text(*static_cast<const T*>(p)); };
    }
  }

  void append_to(std::string& out) const;

 private:
  enum class Kind : uint8_t { kText, kTerminated, kSigned, kUnsigned, kOther };
  Kind kind_;
  union {
    size_t size_;
    std::string (*text_of_)(const void*);
  };
  union {
    const char* text_;
    int64_t number_;
    const void* other_;
  };
};

std::string join_pieces(std::initializer_list<Piece> pieces);

/// Joins the texts of all arguments.
template <class... Args>
[[gnu::always_inline]] inline std::string cat(const Args&... args) {
  return join_pieces({Piece(args)...});
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
