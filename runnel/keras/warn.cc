#include "runnel/keras/warn.h"

#include <cstdio>

namespace runnel::inline v0::keras {

namespace {
std::function<void(const std::string&)>& warner() {
  static auto& current = *new std::function<void(const std::string&)>;
  return current;
}
}  // namespace

void set_warner(std::function<void(const std::string&)> next) { warner() = std::move(next); }

void warn(const std::string& message) {
  if (warner()) return warner()(message);
  std::fprintf(stderr, "UserWarning: %s\n", message.c_str());
}

}  // namespace runnel::inline v0::keras
