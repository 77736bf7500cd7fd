// OpContext: what a kernel sees of one call.   ShapeContext: what a shape function sees.
#pragma once

#include <memory>

#include "runnel/base/error.h"
#include "runnel/op/op.h"

namespace runnel::inline v0 {

/// Read access to a call's attributes, given or by default.
class AttrReader {
 public:
  AttrReader(const Op& op, const Attrs& attrs, const ResolvedTypes& types) : op_(op), attrs_(attrs), types_(types) {}
  const Op& op() const { return op_; }
  const Attrs& attrs() const { return attrs_; }
  const ResolvedTypes& types() const { return types_; }

  /// T is one of AttrValue's types. A missing attribute without a default is an error.
  template <class T>
  const T& attr(std::string_view name) const {
    const T* value = std::get_if<T>(&lookup(name));
    if (!value) wrong_kind(name);
    return *value;
  }
  int64_t int_attr(std::string_view name) const { return attr<int64_t>(name); }
  bool bool_attr(std::string_view name) const { return attr<bool>(name); }
  const std::string& string_attr(std::string_view name) const { return attr<std::string>(name); }
  const std::vector<int64_t>& ints_attr(std::string_view name) const { return attr<std::vector<int64_t>>(name); }
  /// A type attribute, inferred from the inputs or given.
  DType type(std::string_view name) const;

 private:
  const AttrValue& lookup(std::string_view name) const;
  [[noreturn]] void wrong_kind(std::string_view name) const;
  const Op& op_;
  const Attrs& attrs_;
  const ResolvedTypes& types_;
};

class ShapeContext : public AttrReader {
 public:
  ShapeContext(const Op& op, std::span<const Tensor> inputs, const Attrs& attrs, const ResolvedTypes& types, int outputs)
      : AttrReader(op, attrs, types), inputs_(inputs), outputs_(size_t(outputs), PartialShape::unknown_rank()) {}

  int num_inputs() const { return int(inputs_.size()); }
  int num_outputs() const { return int(outputs_.size()); }
  PartialShape input(int i) const { return inputs_[size_t(i)].partial_shape(); }
  DType input_dtype(int i) const { return inputs_[size_t(i)].dtype(); }
  /// The value of input i where it is known now (always in eager calls), else nullptr.
  const Tensor* constant(int i) const;
  /// The integers of a known int32 or int64 input; false where unknown.
  bool constant_ints(int i, Dims& out) const;
  /// Input i as a shape: known, partly known from its length, or of unknown rank.
  PartialShape constant_shape(int i) const;

  void set_output(int i, PartialShape shape) { outputs_[size_t(i)] = std::move(shape); }
  std::vector<PartialShape>& outputs() { return outputs_; }

  /// Input i with rank r (unknown dimensions where its rank is unknown); InvalidArgumentError for another rank.
  PartialShape with_rank(int i, int rank) const;
  PartialShape with_rank_at_least(int i, int rank) const;
  /// Throws InvalidArgumentError named after the operator.
  [[noreturn]] void invalid(std::string_view what, const Details& details = {}) const {
    fail<errors::InvalidArgumentError>(op().name(), what, details);
  }

 private:
  std::span<const Tensor> inputs_;
  std::vector<PartialShape> outputs_;
};

class OpContext : public AttrReader {
 public:
  OpContext(const Op& op, std::span<const Tensor> inputs, const Attrs& attrs, const ResolvedTypes& types,
            std::span<const DType> output_types, Tensor* outputs)
      : AttrReader(op, attrs, types), inputs_(inputs), output_types_(output_types), outputs_(outputs) {}

  int num_inputs() const { return int(inputs_.size()); }
  const Tensor& input(int i) const { return inputs_[size_t(i)]; }
  std::span<const Tensor> inputs() const { return inputs_; }
  int num_outputs() const { return int(output_types_.size()); }
  DType output_dtype(int i) const { return output_types_[size_t(i)]; }

  /// Output i, allocated with the shape that the operator's shape function gives.
  Tensor& output(int i = 0);
  /// Output i, allocated with a shape that only the data tells.
  Tensor& allocate(int i, const Shape& shape) { return outputs_[i] = Tensor(output_dtype(i), shape); }
  /// Output i is this tensor (shares its memory).
  void set_output(int i, Tensor tensor) { outputs_[i] = std::move(tensor); }
  /// The shape that the shape function gives output i, without allocating.
  const Shape& output_shape(int i = 0);

  /// The outputs' shapes where the caller knows them: the shape function need not run. They outlive the call.
  void set_known_shapes(std::span<const Shape> shapes) { known_shapes_ = shapes; }
  /// The caller gives its inputs up: an elementwise kernel may write over one that nobody else sees.
  void allow_in_place() { in_place_ = op().def().traits.elementwise; }
  /// What this place in a program keeps from run to run, empty at first (a random operator's generator); nullptr for an eager call.
  std::shared_ptr<void>* kept() const { return kept_; }
  void set_kept(std::shared_ptr<void>& kept) { kept_ = &kept; }

  [[noreturn]] void invalid(std::string_view what, const Details& details = {}) const {
    fail<errors::InvalidArgumentError>(op().name(), what, details);
  }

 private:
  friend std::vector<Tensor> run_all(const Op&, std::span<const Tensor>, const Attrs&);
  std::span<const Tensor> inputs_;
  std::span<const DType> output_types_;
  Tensor* outputs_;
  std::vector<Shape> shapes_;  // from the shape function, once asked
  std::span<const Shape> known_shapes_;
  bool in_place_ = false;
  std::shared_ptr<void>* kept_ = nullptr;
};

/// Runs the first kernel of the operator that accepts the call.
void run_kernel(const Op& op, OpContext& context);

}  // namespace runnel::inline v0
