// One operator computed by another, whose attributes say what are inputs here, or other words.
#pragma once

#include "runnel/op/op_context.h"

namespace runnel::inline v0 {

class Delegate {
 public:
  /// The operator `name` for elements of type `dtype`.
  Delegate(const char* name, DType dtype, Attrs attrs) : op_(get_op(name)), attrs_(std::move(attrs)), dtype_(dtype) {
    types_[size_t(op_.schema().attr_index("T"))] = dtype;
  }
  AttrReader reader() const { return {op_, attrs_, types_}; }
  Tensor run(std::span<const Tensor> inputs) const {
    Tensor out;
    OpContext context(op_, inputs, attrs_, types_, std::span(&dtype_, 1), &out);
    run_kernel(op_, context);
    return out;
  }

 private:
  const Op& op_;
  Attrs attrs_;
  DType dtype_;
  ResolvedTypes types_{};
};

}  // namespace runnel::inline v0
