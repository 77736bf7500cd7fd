// Checks of values, ranks and dtypes. Where a value is not known yet, because a function is being traced, the check becomes a
// node of the graph and happens when it runs. `message` stands before what is told; `summarize` elements are shown (all where < 0).
#pragma once

#include <string>

#include "runnel/op/operand.h"

namespace runnel::inline v0::debugging {

/// InvalidArgumentError, which shows the tensors `data`, where the scalar `condition` does not hold.
/// python: debugging.Assert, Assert
void Assert(const Tensor& condition, const std::vector<Tensor>& data, int64_t summarize = 3);

/// InvalidArgumentError where x == y does not hold for all elements. x and y broadcast.
/// python: debugging.assert_equal, assert_equal
void assert_equal(const Operand& x, const Operand& y, const std::string& message = "", int64_t summarize = 3);
/// InvalidArgumentError where x != y does not hold for all elements.
/// python: debugging.assert_none_equal
void assert_none_equal(const Operand& x, const Operand& y, int64_t summarize = 3, const std::string& message = "");
/// InvalidArgumentError where x < y does not hold for all elements.
/// python: debugging.assert_less, assert_less
void assert_less(const Operand& x, const Operand& y, const std::string& message = "", int64_t summarize = 3);
/// InvalidArgumentError where x <= y does not hold for all elements.
/// python: debugging.assert_less_equal
void assert_less_equal(const Operand& x, const Operand& y, const std::string& message = "", int64_t summarize = 3);
/// InvalidArgumentError where x > y does not hold for all elements.
/// python: debugging.assert_greater, assert_greater
void assert_greater(const Operand& x, const Operand& y, const std::string& message = "", int64_t summarize = 3);
/// InvalidArgumentError where x >= y does not hold for all elements.
/// python: debugging.assert_greater_equal
void assert_greater_equal(const Operand& x, const Operand& y, const std::string& message = "", int64_t summarize = 3);
/// InvalidArgumentError where |x - y| < atol + rtol |y| does not hold for all elements. Both tolerances are ten units in the last
/// place of x's dtype by default.
/// python: debugging.assert_near
void assert_near(const Operand& x, const Operand& y, const std::optional<double>& rtol = {}, const std::optional<double>& atol = {},
                 const std::string& message = "", int64_t summarize = 3);
/// InvalidArgumentError where x > 0 does not hold for all elements.
/// python: debugging.assert_positive
void assert_positive(const Tensor& x, const std::string& message = "", int64_t summarize = 3);
/// InvalidArgumentError where x < 0 does not hold for all elements.
/// python: debugging.assert_negative
void assert_negative(const Tensor& x, const std::string& message = "", int64_t summarize = 3);
/// InvalidArgumentError where x <= 0 does not hold for all elements.
/// python: debugging.assert_non_positive
void assert_non_positive(const Tensor& x, const std::string& message = "", int64_t summarize = 3);
/// InvalidArgumentError where x >= 0 does not hold for all elements.
/// python: debugging.assert_non_negative
void assert_non_negative(const Tensor& x, const std::string& message = "", int64_t summarize = 3);
/// `x`, or InvalidArgumentError with `message` where an element is infinite or NaN.
/// python: debugging.assert_all_finite
Tensor assert_all_finite(const Tensor& x, const std::string& message);

/// ValueError where x has another rank.
/// python: debugging.assert_rank, assert_rank
void assert_rank(const Tensor& x, int64_t rank, const std::string& message = "");
/// ValueError where x has a smaller rank.
/// python: debugging.assert_rank_at_least
void assert_rank_at_least(const Tensor& x, int64_t rank, const std::string& message = "");
/// ValueError where x has none of the ranks.
/// python: debugging.assert_rank_in
void assert_rank_in(const Tensor& x, const std::vector<int64_t>& ranks, const std::string& message = "");
/// `tensor`, or ValueError where it is no scalar.
/// python: debugging.assert_scalar
Tensor assert_scalar(const Tensor& tensor, const std::string& message = "");
/// TypeError where the tensor has another dtype.
/// python: debugging.assert_type
void assert_type(const Tensor& tensor, DType tf_type, const std::string& message = "");
/// TypeError where x is no integer.
/// python: debugging.assert_integer
void assert_integer(const Tensor& x, const std::string& message = "");

}  // namespace runnel::inline v0::debugging
