// constant: from nested braces to a tensor.
#include "runnel/ops/constant.h"

#include <limits>
#include <ostream>

#include "runnel/base/error.h"
#include "runnel/op/operand.h"
#include "runnel/ops/variable.h"

namespace runnel::inline v0 {

namespace {

/// The values in order, as the widest of their kinds, and the lengths of the braces.
class Flattened {
 public:
  explicit Flattened(const NestedValues& values) {
    for (const NestedValues* at = &values; at->is_list(); at = &at->items()[0]) {
      dims_.push_back(int64_t(at->items().size()));
      if (at->items().empty()) break;
    }
    visit(values, 0);
  }

  Tensor tensor(DType dtype) const {
    if (!texts_.empty() && kind_ > kText) fail<TypeError>("constant", "texts and numbers do not go together");
    if (kind_ == kText && texts_.empty()) return Tensor(dtype ? dtype : float32, Shape(dims_));
    if (kind_ == kText) return given(Tensor::from(texts_), string, dtype);
    if (kind_ == kBool) return given(cast_from<bool>(), bool_, dtype);
    if (kind_ == kInt) return given(cast_from<int64_t>(), needs_int64_ ? int64 : int32, dtype);
    if (kind_ == kComplex) return given(Tensor::from(complex_), complex128, dtype);
    return given(cast_from<double>(), float32, dtype);
  }

 private:
  enum Kind { kText, kBool, kInt, kFloat, kComplex };  // a wider one comes later

  void visit(const NestedValues& v, size_t depth) {
    bool fits = v.is_list() ? depth < size_t(dims_.size()) && int64_t(v.items().size()) == dims_[int(depth)] : depth == size_t(dims_.size());
    if (!fits) fail<ValueError>("constant", "Can't convert non-rectangular braces to Tensor.", {.hint = "all rows have the same length"});
    if (!v.is_list()) return add(v.value());
    for (const NestedValues& item : v.items()) visit(item, depth + 1);
  }
  void add(const NestedValues::Value& value) {
    if (auto* text = std::get_if<std::string>(&value)) return texts_.push_back(*text);
    if (auto* b = std::get_if<bool>(&value)) return add(kBool, double(*b), int64_t(*b));
    if (auto* i = std::get_if<int64_t>(&value)) {
      needs_int64_ |= *i > std::numeric_limits<int32_t>::max() || *i < std::numeric_limits<int32_t>::min();
      return add(kInt, double(*i), *i);
    }
    if (auto* x = std::get_if<double>(&value)) return add(kFloat, *x, 0);
    kind_ = kComplex;
    complex_.push_back(std::get<std::complex<double>>(value));
  }
  void add(Kind kind, double wide, int64_t whole) {
    kind_ = std::max(kind_, kind);
    whole_.push_back(whole);
    complex_.emplace_back(wide);
  }
  template <class T>
  Tensor cast_from() const {
    Tensor out(dtype_of<T>(), Shape({int64_t(complex_.size())}));
    for (size_t i = 0; i < complex_.size(); ++i)
      out.mutable_data<T>()[i] = std::is_same_v<T, double> ? T(complex_[i].real()) : T(whole_[i]);
    return out;
  }
  Tensor given(const Tensor& values, DType alone, DType wanted) const {
    Tensor shaped = values.reshaped(Shape(dims_));
    if (alone == string || alone == bool_) {
      if (wanted && wanted != alone) fail<TypeError>("constant", cat("Cannot convert values of dtype ", alone, " to ", wanted));
      return shaped;
    }
    return Operand::weak(shaped, alone).tensor(wanted);
  }

  Dims dims_;
  Kind kind_ = kText;
  bool needs_int64_ = false;
  std::vector<std::string> texts_;
  std::vector<int64_t> whole_;
  std::vector<std::complex<double>> complex_;
};

}  // namespace

Tensor constant(const NestedValues& values, DType dtype) {
  if (values.is_list() && values.items().empty()) return Tensor(dtype ? dtype : float32, Shape({0}));
  return Flattened(values).tensor(dtype);
}

std::ostream& operator<<(std::ostream& out, const Tensor& tensor) { return out << (tensor ? to_text(tensor) : "no tensor"); }
std::ostream& operator<<(std::ostream& out, const Variable& variable) { return out << to_text(variable.value()); }
std::ostream& operator<<(std::ostream& out, const Shape& shape) { return out << to_text(shape); }
std::ostream& operator<<(std::ostream& out, const PartialShape& shape) { return out << to_text(shape); }
std::ostream& operator<<(std::ostream& out, DType dtype) { return out << to_text(dtype); }

}  // namespace runnel::inline v0
