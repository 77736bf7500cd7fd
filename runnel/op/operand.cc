#include "runnel/op/operand.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "runnel/base/error.h"
#include "runnel/op/types.h"

namespace runnel::inline v0 {

namespace {

[[noreturn]] void cannot_convert(const std::string& value, DType to) {
  fail<TypeError>("", cat("Cannot convert ", value, " to EagerTensor of dtype ", to.short_name()),
                  {.hint = "convert it with tf.cast, or write a number of that type."});
}

template <class From, class To>
void convert(const Tensor& from, const Tensor& to) {
  const From* in = from.data<From>();
  To* out = to.mutable_data<To>();
  for (int64_t i = 0; i < from.num_elements(); ++i) {
    if constexpr (std::is_integral_v<To> && std::is_same_v<From, int64_t> && !std::is_same_v<To, bool>)
      if (int64_t(To(in[i])) != in[i] || (std::is_unsigned_v<To> && in[i] < 0)) cannot_convert(to_text(in[i]), to.dtype());
    if constexpr (kIsComplex<To> && !kIsComplex<From>) out[i] = To(typename To::value_type(in[i]));
    else if constexpr (kIsHalf<To>) out[i] = To(double(in[i]));
    else out[i] = To(in[i]);
  }
}

// What TensorFlow lets a Python number become: an int anything numeric, a float a float or complex, a bool only bool.
bool may_become(DType from, DType to) {
  if (from == to) return true;
  if (from.is_bool()) return false;
  if (from.is_integer()) return to.is_plain() && !to.is_bool();
  if (from.is_floating()) return to.is_floating() || to.is_complex();
  return from.is_complex() && to.is_complex();
}

std::string number_text(const Tensor& t, int64_t i) {
  if (t.dtype() == int64) return to_text(t.data<int64_t>()[i]);
  if (t.dtype() == bool_) return t.data<bool>()[i] ? "True" : "False";
  if (t.dtype() == string) return cat("'", t.data<std::string>()[i], "'");
  if (t.dtype() != float64 && t.dtype() != float32) return cat("a ", t.dtype(), " value");
  std::string text = t.dtype() == float64 ? to_text(t.data<double>()[i]) : to_text(t.data<float>()[i]);
  return text.find_first_of(".en") == std::string::npos ? text + ".0" : text;
}

// The values as Python writes them: "1.5", "[[1, 2], [3, 4]]"; a long list is cut.
std::string python_text(const Tensor& t, int axis = 0, int64_t offset = 0) {
  constexpr int64_t kMost = 8;
  if (axis == t.rank()) return number_text(t, offset);
  int64_t step = 1;
  for (int i = axis + 1; i < t.rank(); ++i) step *= t.dim(i);
  std::vector<std::string> items;
  for (int64_t i = 0; i < std::min(t.dim(axis), kMost); ++i) items.push_back(python_text(t, axis + 1, offset + i * step));
  if (t.dim(axis) > kMost) items.push_back("...");
  return cat("[", join(items), "]");
}

Tensor convert_weak(const Tensor& wide, DType to) {
  DType from = wide.dtype();
  if (from == to) return wide;
  if (!may_become(from, to)) cannot_convert(python_text(wide), to);
  Tensor out(to, wide.shape());
  dispatch<TypeList<int64_t, double, complex128_t>>(from, "constant", [&]<class From>() {
    dispatch<Numeric>(to, "constant", [&]<class To>() {
      if constexpr (kIsComplex<From> == kIsComplex<To> || kIsComplex<To>)
        if constexpr (!(std::is_same_v<From, double> && std::is_integral_v<To>)) convert<From, To>(wide, out);
    });
  });
  return out;
}

}  // namespace

Operand Operand::weak(Tensor wide, DType fallback) {
  Operand out{std::move(wide)};
  out.default_ = fallback;
  return out;
}

Tensor Operand::tensor(DType like) const {
  if (!is_weak()) return tensor_;
  if (like) return convert_weak(tensor_, like);
  if (default_ == int32 && tensor_.dtype() == int64) {
    for (int64_t v : tensor_.values<int64_t>())
      if (v != int32_t(v)) return tensor_;  // too large for int32: stays int64, as in TensorFlow
  }
  return convert_weak(tensor_, default_);
}

std::array<Tensor, 2> match(const Operand& a, const Operand& b) {
  DType like = a.dtype() ? a.dtype() : b.dtype();
  if (!like && a.is_weak() && b.is_weak()) like = a.tensor().dtype();
  if (!like || (a.dtype() && b.dtype())) return {a.tensor(), b.tensor()};
  return {a.tensor(like), b.tensor(like)};
}

std::array<Tensor, 3> match(const Operand& a, const Operand& b, const Operand& c) {
  DType like = a.dtype() ? a.dtype() : b.dtype() ? b.dtype() : c.dtype();
  if (!like) like = a.tensor().dtype();
  return {a.tensor(like), b.tensor(like), c.tensor(like)};
}

std::vector<Tensor> match(const Operands& list) {
  const std::vector<Operand>& operands = list.items();
  DType like;
  for (const Operand& o : operands)
    if (!like) like = o.dtype();
  if (!like && !operands.empty()) like = operands.front().tensor().dtype();
  std::vector<Tensor> out;
  for (const Operand& o : operands) out.push_back(o.tensor(like));
  return out;
}

std::optional<Dims> Ints::values() const {
  if (known_) return values_;
  if (!tensor_) return std::nullopt;
  const Tensor* known = tensor_.is_symbolic() ? tensor_.symbol().constant : &tensor_;
  if (!known) return std::nullopt;
  Dims out;
  if (known->dtype() == int32)
    for (int32_t v : known->values<int32_t>()) out.push_back(v);
  else if (known->dtype() == int64)
    for (int64_t v : known->values<int64_t>()) out.push_back(v);
  else
    fail<TypeError>("", cat("Value passed to an integer parameter has DataType ", known->dtype()), {.expected = "int32 or int64"});
  return out;
}

Tensor Ints::tensor() const {
  if (!known_ && tensor_) return tensor_;  // an empty list, {}, is a scalar's shape
  bool wide = false;
  for (int64_t v : values_) wide |= v != int32_t(v);
  Tensor out(wide ? int64 : int32, Shape({values_.size()}));
  for (int i = 0; i < values_.size(); ++i) {
    if (wide) out.mutable_data<int64_t>()[i] = values_[i];
    else out.mutable_data<int32_t>()[i] = int32_t(values_[i]);
  }
  return out;
}

}  // namespace runnel::inline v0
