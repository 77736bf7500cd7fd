#include "runnel/ops/array/scatter.h"

#include <algorithm>

#include "runnel/op/types.h"
#include "runnel/ops/array/ints.h"
#include "runnel/ops/array/strided.h"

namespace runnel::inline v0 {

namespace {

template <class T, class F>
void update_rows(T* data, int64_t width, const std::vector<int64_t>& rows, const T* updates, bool repeat, F&& f) {
  for (size_t r = 0; r < rows.size(); ++r) {
    if (rows[r] < 0) continue;
    T* to = data + rows[r] * width;
    const T* from = repeat ? updates : updates + int64_t(r) * width;
    for (int64_t i = 0; i < width; ++i) to[i] = f(to[i], from[repeat ? 0 : i]);
  }
}

template <class T>
void arithmetic(ScatterKind kind, T* data, int64_t width, const std::vector<int64_t>& rows, const T* updates, bool repeat) {
  auto with = [&](auto f) { update_rows(data, width, rows, updates, repeat, f); };
  switch (kind) {
    case ScatterKind::kAdd: return with([](T a, T b) { return T(a + b); });
    case ScatterKind::kSub: return with([](T a, T b) { return T(a - b); });
    case ScatterKind::kMul: return with([](T a, T b) { return T(a * b); });
    case ScatterKind::kDiv: return with([](T a, T b) {
      if constexpr (std::is_integral_v<T>) return b == 0 ? T(0) : T(a / b);
      else return T(a / b);
    });
    default: break;
  }
  if constexpr (!kIsComplex<T>) {
    if (kind == ScatterKind::kMin) with([](T a, T b) { return b < a ? b : a; });
    if (kind == ScatterKind::kMax) with([](T a, T b) { return a < b ? b : a; });
  }
}

}  // namespace

void scatter_rows(ScatterKind kind, const Tensor& data, int64_t width, const std::vector<int64_t>& rows, const Tensor& updates, bool repeat) {
  if (kind == ScatterKind::kUpdate)
    return dispatch_storage(data.dtype(), [&]<class T>() {
      update_rows(static_cast<T*>(data.mutable_raw()), width, rows, static_cast<const T*>(updates.raw()), repeat, [](const T&, const T& b) { return b; });
    });
  if (data.dtype() == bool_)  // the sum of truths
    return update_rows(data.mutable_data<bool>(), width, rows, updates.data<bool>(), repeat, [](bool a, bool b) { return a || b; });
  dispatch<Numeric>(data.dtype(), "scatter", [&]<class T>() { arithmetic(kind, data.mutable_data<T>(), width, rows, updates.data<T>(), repeat); });
}

namespace {

bool ignores_bad_indices(const AttrReader& c) {
  if (c.op().schema().attr_index("bad_indices_policy") < 0) return false;
  const std::string& policy = c.string_attr("bad_indices_policy");
  if (policy != "" && policy != "DEFAULT" && policy != "ERROR" && policy != "IGNORE")
    fail<errors::InvalidArgumentError>(c.op().name(), cat("Unknown bad indices handling attribute: ", policy));
  return policy == "IGNORE";
}

}  // namespace

std::vector<int64_t> nd_rows(const AttrReader& c, const Tensor& indices, const Shape& shape, const char* what) {
  int depth = int(indices.dim(-1));
  int64_t count = 1;
  for (int i = 0; i + 1 < indices.rank(); ++i) count *= indices.dim(i);
  std::vector<int64_t> rows(size_t(count), 0);
  bool ignores = ignores_bad_indices(c);
  dispatch<TypeList<int32_t, int64_t, int16_t, uint16_t>>(indices.dtype(), c.op().name(), [&]<class Index>() {
    const Index* in = indices.data<Index>();
    for (int64_t r = 0; r < count; ++r) {
      for (int d = 0; d < depth; ++d) {
        int64_t at = int64_t(in[r * depth + d]);
        if (at < 0 || at >= shape[d]) {
          rows[size_t(r)] = -1;
          if (ignores) break;
          std::vector<int64_t> tuple(in + r * depth, in + (r + 1) * depth);
          fail<errors::InvalidArgumentError>(c.op().name(), cat("indices[", r, "] = [", join(tuple), "] does not index into ", what, " ", bracketed(shape)));
        }
        rows[size_t(r)] = rows[size_t(r)] * shape[d] + at;
      }
    }
  });
  return rows;
}

int64_t nd_width(const Shape& shape, int64_t depth) {
  int64_t width = 1;
  for (int i = int(depth); i < shape.rank(); ++i) width *= shape[i];
  return width;
}

void check_nd_update(const AttrReader& c, const PartialShape& indices, const PartialShape& updates, const PartialShape& shape) {
  auto invalid = [&](const std::string& what) { fail<errors::InvalidArgumentError>(c.op().name(), what); };
  if (indices.has_rank() && indices.rank() < 1) invalid(cat("Indices shape must have rank at least one. Found:", bracketed(indices)));
  if (!indices.has_rank() || !updates.has_rank() || !shape.has_rank() || indices.dim(-1) < 0) return;
  int64_t depth = indices.dim(-1);
  if (depth > shape.rank())
    invalid(cat("The inner ", depth, " dimensions of output.shape=", bracketed(shape), " must match; saw indices.shape[-1] = ", depth));
  int outer = indices.rank() - 1;
  if (!indices.slice(0, outer).is_compatible_with(updates.slice(0, std::min(outer, updates.rank()))))
    invalid(cat("Dimensions [0,", outer, ") of indices[shape=", bracketed(indices), "] must match dimensions [0,", outer, ") of updates[shape=", bracketed(updates), "]"));
  if (!shape.slice(int(depth), shape.rank()).is_compatible_with(updates.slice(outer, updates.rank())))
    invalid(cat("Inner dimensions of output shape must match inner dimensions of updates shape. Output: ", bracketed(shape), " updates: ", bracketed(updates)));
}

}  // namespace runnel::inline v0
