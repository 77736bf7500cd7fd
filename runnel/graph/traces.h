// What stands behind tf::function, whatever the types of its arguments: their tensors and the text of the rest choose a trace.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "runnel/base/function_ref.h"
#include "runnel/core/nest.h"

namespace runnel::inline v0 {

/// The shape and dtype that a tensor has, or shall have.
struct TensorSpec {
  PartialShape shape = PartialShape::unknown_rank();
  DType dtype = float32;
  std::string name{};
};

struct FlatArguments {
  std::vector<Tensor> tensors;
  std::string structure;
};

/// "(TT)", "[T]", "{a:T}": how tensors are nested.
std::string structure_text(const Nest& nest);

class Traces {
 public:
  Traces(const std::string& name, std::vector<TensorSpec> input_signature, bool reduce_retracing, bool jit_compile = false);
  ~Traces();

  using Body = function_ref<Nest(const std::vector<Tensor>&)>;
  Nest call(FlatArguments& arguments, Body body);
  Tensor call_for_tensor(FlatArguments& arguments, Body body);
  void prepare(FlatArguments& arguments, Body body);
  int count() const;
  std::string optimised_text(FlatArguments& arguments, Body body);
  std::string explain() const;

 private:
  struct State;
  struct Result;
  const Result& find(FlatArguments& arguments, Body body);
  std::unique_ptr<State> state_;
};

}  // namespace runnel::inline v0
