#include "runnel/ops/linalg/diagonals.h"

#include "runnel/ops/array/ints.h"

namespace runnel::inline v0 {

Band read_band(const AttrReader& c, const Tensor& k) {
  Dims values = read_ints(k);
  auto invalid = [&](const std::string& what) { fail<errors::InvalidArgumentError>(c.op().name(), what); };
  if (k.rank() > 1 || values.empty() || values.size() > 2)
    invalid(cat("diag_index must be a scalar or a vector with one or two elements, received shape: ", bracketed(k.shape())));
  Band band{values[0], values.back()};
  if (band.lower > band.upper)
    invalid(cat("lower_diag_index must not be larger than upper_diag_index: ", band.lower, " > ", band.upper));
  if (c.op().schema().attr_index("align") < 0) return band;
  const std::string& align = c.string_attr("align");
  band.left_above = align.starts_with("LEFT");
  band.left_below = align.ends_with("LEFT");
  return band;
}

std::vector<Diagonal> diagonals_of(const Band& band, int64_t rows, int64_t columns) {
  std::vector<Diagonal> out;
  int64_t longest = band.longest(rows, columns);
  for (int64_t d = band.upper; d >= band.lower; --d) {
    int64_t below = std::max<int64_t>(-d, 0), right = std::max<int64_t>(d, 0);
    int64_t length = std::min(rows - below, columns - right);
    bool left = (d >= 0 && band.left_above) || (d <= 0 && band.left_below);
    out.push_back({below * columns + right, length, (band.upper - d) * longest + (left ? 0 : longest - length)});
  }
  return out;
}

}  // namespace runnel::inline v0
