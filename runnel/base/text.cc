#include "runnel/base/text.h"

#include <charconv>
#include <cmath>

namespace runnel::inline v0 {

namespace {
template <class T>
std::string shortest(T x) {
  if (std::isnan(x)) return "nan";
  if (std::isinf(x)) return x > 0 ? "inf" : "-inf";
  char buffer[64];
  auto result = std::to_chars(buffer, buffer + sizeof buffer, x);
  return std::string(buffer, result.ptr);
}
}  // namespace

std::string to_text(double x) { return shortest(x); }
std::string to_text(float x) { return shortest(x); }

void Piece::append_to(std::string& out) const {
  switch (kind_) {
    case Kind::kText: out.append(text_, size_); break;
    case Kind::kTerminated: out.append(to_text(text_)); break;
    case Kind::kSigned: out.append(std::to_string(number_)); break;
    case Kind::kUnsigned: out.append(std::to_string(uint64_t(number_))); break;
    case Kind::kOther: out.append(text_of_(other_)); break;
  }
}

std::string join_pieces(std::initializer_list<Piece> pieces) {
  std::string out;
  for (const Piece& piece : pieces) piece.append_to(out);
  return out;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    size_t at = text.find(separator);
    parts.emplace_back(trim(text.substr(0, at)));
    if (at == std::string_view::npos) break;
    text.remove_prefix(at + 1);
  }
  return parts;
}

}  // namespace runnel::inline v0
