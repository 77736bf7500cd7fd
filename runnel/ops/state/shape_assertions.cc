#include "runnel/ops/shape_assertions.h"

#include <algorithm>
#include <map>

#include "runnel/base/error.h"
#include "runnel/ops/array.h"
#include "runnel/ops/debugging.h"
#include "runnel/ops/math.h"

namespace runnel::inline v0::debugging {

namespace {

// Where a size was seen, and what it is; -1 while only the graph knows.
struct Seen {
  int64_t size = -1;
  Tensor tensor;
  int axis = 0;
};

std::string described(const Tensor& t) {
  return cat("Tensor shape=", to_text(t.partial_shape()), " dtype=", t.dtype());
}

// The size along `axis`, a scalar tensor; a scalar counts as one element.
Tensor size_along(const Tensor& t, int axis) {
  PartialShape shape = t.partial_shape();
  if (shape.has_rank() && shape.rank() == 0) return Tensor::scalar(int32_t(1));
  Tensor sizes = runnel::shape(t);
  return gather(sizes, axis < 0 ? add(size(sizes), axis) : Tensor::scalar(int32_t(axis)));
}

class Checker {
 public:
  Checker(std::string message, int64_t summarize) : prefix_(message.empty() ? "" : message + ".  "), summarize_(summarize) {}

  void check(const ExpectedShape& wanted) {
    bool open = !wanted.sizes.empty() && wanted.sizes[0].is_rest();
    check_rank(wanted, open);
    std::vector<AxisSize> sizes = wanted.sizes;
    if (sizes.empty()) sizes = {1};
    for (size_t i = open; i < sizes.size(); ++i) {
      int axis = open ? int(i) - int(sizes.size()) : int(i);
      if (sizes[i].is_rest())
        fail<ValueError>("", cat(prefix_, described(wanted.tensor), " specified shape index ", i, ".  Symbol `...` or `*` for a variable number of "
                                 "unspecified dimensions is only allowed as the first entry"));
      check_size(wanted.tensor, axis, sizes[i]);
    }
  }

 private:
  void check_rank(const ExpectedShape& wanted, bool open) const {
    PartialShape shape = wanted.tensor.partial_shape();
    int count = int(wanted.sizes.size()), rank = shape.has_rank() ? shape.rank() : -1;
    bool fits = open ? std::max(rank, 1) >= count - 1 : count <= 1 ? rank <= 1 : rank == count;
    if (rank < 0 || fits) return;
    std::string expected = open ? cat("at least ", count - 1) : count <= 1 ? "in (0, 1)" : to_text(count);
    fail<ValueError>("", cat(prefix_, "Tensor  must have rank ", expected, ".  Received rank ", rank, ", shape ", to_text(shape)));
  }

  static int64_t known_size(const Tensor& t, int axis) {
    PartialShape shape = t.partial_shape();
    if (!shape.has_rank()) return -1;
    return shape.rank() == 0 ? 1 : std::max<int64_t>(shape.dim(axis), -1);
  }

  void check_size(const Tensor& t, int axis, const AxisSize& wanted) {
    int64_t actual = known_size(t, axis);
    if (wanted.is_number()) return compare(t, axis, actual, {wanted.size(), {}, 0}, "Specified explicitly");
    if (!wanted.is_name()) return;
    auto [place, is_new] = seen_.try_emplace(wanted.name(), Seen{actual, t, axis});
    if (is_new) return;
    compare(t, axis, actual, place->second, cat("Specified by ", lower(described(place->second.tensor)), " dimension ", place->second.axis));
    if (place->second.size < 0) place->second = {actual, t, axis};
  }

  void compare(const Tensor& t, int axis, int64_t actual, const Seen& expected, const std::string& by) const {
    if (actual >= 0 && (expected.size >= 0 || !expected.tensor)) {
      if (actual != expected.size)
        fail<ValueError>("", cat(prefix_, by, ".  ", described(t), " dimension ", axis, " must have size ", expected.size, ".  Received size ",
                                 actual, ", shape ", to_text(t.partial_shape())));
      return;
    }
    Tensor wanted = expected.tensor ? size_along(expected.tensor, expected.axis) : Tensor::scalar(int32_t(expected.size));
    Tensor text = Tensor::scalar(cat(prefix_, by, ".  Tensor dimension ", axis, " must have size")), shape = Tensor::scalar(std::string("Received shape: "));
    Assert(equal(size_along(t, axis), wanted), {text, wanted, shape, runnel::shape(t)}, summarize_);
  }

  static std::string lower(std::string text) {
    text[0] = 't';  // of "Tensor"
    return text;
  }

  std::string prefix_;
  int64_t summarize_;
  std::map<std::string, Seen> seen_;
};

}  // namespace

void assert_shapes(const std::vector<ExpectedShape>& shapes, const std::string& message, int64_t summarize) {
  Checker checker(message, summarize);
  for (const ExpectedShape& wanted : shapes) checker.check(wanted);
}

}  // namespace runnel::inline v0::debugging
