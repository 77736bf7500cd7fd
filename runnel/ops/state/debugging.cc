#include "runnel/ops/debugging.h"

#include <limits>

#include "runnel/core/tensor_text.h"
#include "runnel/op/op_context.h"
#include "runnel/ops/array.h"
#include "runnel/ops/indexing.h"
#include "runnel/ops/math.h"

namespace runnel::inline v0::debugging {

namespace {

std::string prefix(const std::string& message) { return message.empty() ? "" : message + " "; }

// "[1 2 3]": the first elements.
std::string first_elements(const Tensor& t, int64_t most) {
  std::vector<std::string> shown;
  for (int64_t i = 0; i < std::min(most, t.num_elements()); ++i) shown.push_back(element_text(t, i));
  return cat("[", join(shown, " "), "]");
}

// In a graph: `told` are texts and tensors by turns, as TensorFlow's Assert shows them.
void check_later(const Tensor& condition, std::vector<Tensor> told, int64_t summarize) {
  static const Op& op = get_op("Assert");
  told.insert(told.begin(), condition);
  run_all(op, told, {{"summarize", summarize < 0 ? std::numeric_limits<int64_t>::max() : summarize}});
}

bool holds(const Tensor& condition) { return condition.item<bool>(); }

Tensor text(std::string words) { return Tensor::scalar(std::move(words)); }

// What is told of a pair: the elements that differ, where both have one shape, and the first ones of each.
std::string pair_text(const std::string& what, const Tensor& x, const Tensor& y, const Tensor& good, int64_t most) {
  std::string out = what;
  if (most > 0 && x.shape() == y.shape() && x.rank() > 0) {
    Tensor bad = logical_not(good), at = where(bad), left = boolean_mask(x, bad), right = boolean_mask(y, bad);
    int64_t n = std::min(most, left.num_elements());
    std::vector<std::string> places;
    for (int64_t i = 0; i < n; ++i) places.push_back(first_elements(strided_slice(at, {i}, {i + 1}), x.rank()));
    out += cat("\nIndices of first ", n, " different values:\n[", join(places, "\n "), "]\nCorresponding x values:\n", first_elements(left, n),
               "\nCorresponding y values:\n", first_elements(right, n));
  }
  return cat(out, "\nFirst ", std::min(most, x.num_elements()), " elements of x:\n", first_elements(x, most), "\nFirst ",
             std::min(most, y.num_elements()), " elements of y:\n", first_elements(y, most));
}

using Relation = Tensor (*)(const Operand&, const Operand&);

void check_pair(const char* symbol, Relation relation, const Operand& a, const Operand& b, const std::string& message, int64_t summarize) {
  auto [x, y] = match(a, b);
  Tensor good = relation(x, y), all = reduce_all(good);
  std::string what = cat(message, message.empty() ? "" : "\n", "Condition x ", symbol, " y did not hold.");
  if (all.is_symbolic()) {
    std::vector<Tensor> told{text(cat("Condition x ", symbol, " y did not hold element-wise:")), text("x = "), x, text("y = "), y};
    if (!message.empty()) told.insert(told.begin(), text(message));
    return check_later(all, std::move(told), summarize);
  }
  if (holds(all)) return;
  fail<errors::InvalidArgumentError>("", pair_text(what, x, y, good, summarize < 0 ? std::numeric_limits<int64_t>::max() : summarize));
}

// A condition on one tensor, told with the tensor.
void check_one(const Tensor& all, const std::string& what, const Tensor& x, const std::string& message, int64_t summarize) {
  if (all.is_symbolic()) return check_later(all, {text(prefix(message) + what), text("x = "), x}, summarize);
  if (holds(all)) return;
  fail<errors::InvalidArgumentError>("", cat(prefix(message), what, "\nx (shape=", to_text(x.shape()), " dtype=", x.dtype(), ") = \n",
                                             first_elements(x, summarize < 0 ? x.num_elements() : summarize)));
}

void check_sign(const char* symbol, Relation relation, const Tensor& x, const std::string& message, int64_t summarize) {
  check_one(reduce_all(relation(x, 0)), cat("Condition x ", symbol, " 0 did not hold element-wise:"), x, message, summarize);
}

// Ranks that are not known yet pass.
template <class Good>
void check_rank(const Tensor& x, const std::string& message, const std::string& wanted, Good good) {
  PartialShape s = x.partial_shape();
  if (s.has_rank() && !good(s.rank()))
    fail<ValueError>("", cat(prefix(message), "Tensor must have rank ", wanted, ".  Received rank ", s.rank(), ", shape ", to_text(s)));
}

double ten_units(DType dtype) {
  DType real = dtype.is_complex() ? dtype.real() : dtype;
  return 10 * (real == float64 ? 0x1p-52 : real == float16 ? 0x1p-10 : real == bfloat16 ? 0x1p-7 : 0x1p-23);
}

}  // namespace

void Assert(const Tensor& condition, const std::vector<Tensor>& data, int64_t summarize) {
  if (condition.is_symbolic()) return check_later(condition, data, summarize);
  if (condition.rank() != 0) fail<ValueError>("Assert", "the condition must be a scalar", {.got = cat("shape ", to_text(condition.shape()))});
  if (holds(condition)) return;
  std::vector<std::string> told;
  for (const Tensor& t : data) {
    if (t.is_symbolic()) return check_later(condition, data, summarize);
    told.push_back(t.rank() == 0 ? element_text(t, 0) : first_elements(t, summarize < 0 ? t.num_elements() : summarize));
  }
  fail<errors::InvalidArgumentError>("", cat("Expected 'tf.Tensor(False, shape=(), dtype=bool)' to be true. Summarized data: ", join(told, "\n")));
}

#define RUNNEL_CHECK_PAIR(NAME, SYMBOL, RELATION)                                                       \
  void NAME(const Operand& x, const Operand& y, const std::string& message, int64_t summarize) {        \
    check_pair(SYMBOL, RELATION, x, y, message, summarize);                                             \
  }
RUNNEL_CHECK_PAIR(assert_equal, "==", equal)
RUNNEL_CHECK_PAIR(assert_less, "<", less)
RUNNEL_CHECK_PAIR(assert_less_equal, "<=", less_equal)
RUNNEL_CHECK_PAIR(assert_greater, ">", greater)
RUNNEL_CHECK_PAIR(assert_greater_equal, ">=", greater_equal)
#undef RUNNEL_CHECK_PAIR
void assert_none_equal(const Operand& x, const Operand& y, int64_t summarize, const std::string& message) {
  check_pair("!=", not_equal, x, y, message, summarize);
}

#define RUNNEL_CHECK_SIGN(NAME, SYMBOL, RELATION) \
  void NAME(const Tensor& x, const std::string& message, int64_t summarize) { check_sign(SYMBOL, RELATION, x, message, summarize); }
RUNNEL_CHECK_SIGN(assert_positive, ">", greater)
RUNNEL_CHECK_SIGN(assert_negative, "<", less)
RUNNEL_CHECK_SIGN(assert_non_positive, "<=", less_equal)
RUNNEL_CHECK_SIGN(assert_non_negative, ">=", greater_equal)
#undef RUNNEL_CHECK_SIGN

void assert_near(const Operand& a, const Operand& b, const std::optional<double>& rtol, const std::optional<double>& atol,
                 const std::string& message, int64_t summarize) {
  auto [x, y] = match(a, b);
  double usual = ten_units(x.dtype()), relative = rtol.value_or(usual), absolute = atol.value_or(usual);
  Tensor good = less(abs(subtract(x, y)), add(absolute, multiply(relative, abs(y))));
  check_one(reduce_all(good), cat("x and y not equal to tolerance rtol = ", relative, ", atol = ", absolute), x, message, summarize);
}

Tensor assert_all_finite(const Tensor& x, const std::string& message) { return check_numerics(x, message); }

void assert_rank(const Tensor& x, int64_t rank, const std::string& message) {
  check_rank(x, message, to_text(rank), [&](int64_t r) { return r == rank; });
}
void assert_rank_at_least(const Tensor& x, int64_t rank, const std::string& message) {
  check_rank(x, message, cat("at least ", rank), [&](int64_t r) { return r >= rank; });
}
void assert_rank_in(const Tensor& x, const std::vector<int64_t>& ranks, const std::string& message) {
  check_rank(x, message, cat("in (", join(ranks), ")"), [&](int64_t r) { return std::find(ranks.begin(), ranks.end(), r) != ranks.end(); });
}
Tensor assert_scalar(const Tensor& tensor, const std::string& message) {
  if (PartialShape s = tensor.partial_shape(); s.has_rank() && s.rank() != 0)
    fail<ValueError>("", cat(prefix(message), "Expected scalar shape, saw shape: ", to_text(s), "."));
  return tensor;
}
void assert_type(const Tensor& tensor, DType tf_type, const std::string& message) {
  if (tensor.dtype() != tf_type)
    fail<TypeError>("", cat(prefix(message), "tensor must be of type tf.", tf_type, "; got tf.", tensor.dtype()));
}
void assert_integer(const Tensor& x, const std::string& message) {
  if (!x.dtype().is_integer())
    fail<TypeError>("", cat(prefix(message), "Expected \"x\" to be integer type. Found: tf.", x.dtype()));
}

}  // namespace runnel::inline v0::debugging
