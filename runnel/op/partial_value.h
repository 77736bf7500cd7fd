// What is known of an integer tensor whose value only a run tells: some of its elements. Shapes are made of such tensors:
// concat([shape(x)[:-1], [4]], 0) ends with 4 whatever x is. TensorFlow's word for it is constant_value_as_shape.
#pragma once

#include "runnel/op/op.h"

namespace runnel::inline v0 {

/// Stands for an element that only a run tells.
constexpr int32_t kUnknownElement = INT32_MIN;

/// Implemented by graphs that keep what is known of their tensors.
class KeepsPartialValues {
 public:
  virtual ~KeepsPartialValues() = default;
  /// nullptr where nothing is known.
  virtual const Tensor* known_part(const detail::Symbol& symbol) const = 0;
};

/// The elements of t, kUnknownElement where only a run tells; nullptr where nothing is known. An eager tensor is known.
const Tensor* partial_value(const Tensor& t);
bool is_complete(const Tensor& value);

/// How the value of an operator's output follows from inputs that are known in part. Elementwise operators need no rule.
enum class PartialRule : uint8_t {
  kShapes,      ///< Output i is the shape of input i.
  kMovesAll,    ///< The outputs' elements are elements of the inputs,
  kMovesFirst,  ///< ... of the first input; the others say which,
  kMovesButLast ///< ... of all inputs but the last.
};
struct PartialValueDef {
  const char* op;
  PartialRule rule;
};
/// A list of rules, beside the cards of their operators:  RUNNEL_PARTIAL_VALUES(array, kRules)
#define RUNNEL_PARTIAL_VALUES(NAME, ROWS)                               \
  namespace cards {                                                     \
  extern constinit const std::span<const PartialValueDef> NAME;         \
  constinit const std::span<const PartialValueDef> NAME{ROWS};          \
  }

/// The outputs of a call that is traced, as far as they follow from what is known of its inputs; an empty list where nothing
/// does. Only small integers and truth values, which shapes depend on, are worth the work.
/// `named`: elements may be named sizes (core/named_size.h), in tensors of int64 whatever the dtype that they stand for.
std::vector<Tensor> infer_values(const Op& op, std::span<const Tensor> inputs, const Attrs& attrs, std::span<const DType> dtypes,
                                 std::span<const PartialShape> shapes, bool named = false);

}  // namespace runnel::inline v0
