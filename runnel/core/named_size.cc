#include "runnel/core/named_size.h"

#include <algorithm>

#include "runnel/base/error.h"

namespace runnel::inline v0 {

namespace {
constexpr int kNameBits = 24;
constexpr int64_t kMostFactor = int64_t(1) << 38;
}  // namespace

int64_t named_size(int64_t name, int64_t factor) {
  RUNNEL_ASSERT(name > 0 && name < int64_t(1) << kNameBits && factor > 0 && factor < kMostFactor);
  return -((factor << kNameBits) + name);
}

bool is_named(int64_t size) { return size < -(int64_t(1) << kNameBits); }

SizeName name_of_size(int64_t size) { return {-size & ((int64_t(1) << kNameBits) - 1), -size >> kNameBits}; }

int64_t product_of_sizes(int64_t a, int64_t b) {
  if (is_named(a)) std::swap(a, b);
  if (a == 0 || b == 0) return 0;
  int64_t out;
  if (a >= 0 && b >= 0) return __builtin_mul_overflow(a, b, &out) ? PartialShape::kUnknown : out;
  if (a < 0 || !is_named(b)) return PartialShape::kUnknown;
  SizeName of = name_of_size(b);
  if (a >= kMostFactor / of.factor) return PartialShape::kUnknown;
  return named_size(of.name, of.factor * a);
}

int64_t quotient_of_sizes(int64_t a, int64_t b) {
  if (a == PartialShape::kUnknown || b == PartialShape::kUnknown || b == 0) return PartialShape::kUnknown;
  SizeName over = is_named(a) ? name_of_size(a) : SizeName{0, a}, under = is_named(b) ? name_of_size(b) : SizeName{0, b};
  bool whole = over.factor % under.factor == 0, same = over.name == under.name;
  if (!whole || (!same && under.name != 0)) return PartialShape::kUnknown;
  int64_t factor = over.factor / under.factor;
  return same ? factor : named_size(over.name, factor);
}

bool surely_equal(const PartialShape& a, const PartialShape& b) {
  auto decided = [](int64_t size) { return size != PartialShape::kUnknown; };
  return a.has_rank() && a == b && std::all_of(a.begin(), a.end(), decided);
}

}  // namespace runnel::inline v0
