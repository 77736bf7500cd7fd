// Assert: stops a program whose condition does not hold.
#include "runnel/core/tensor_text.h"
#include "runnel/op/op_context.h"

namespace runnel::inline v0 {

namespace {

void nothing(ShapeContext&) {}

// "[1 2 3...]", with at most `most` elements; text as it is.
std::string summary(const Tensor& t, int64_t most) {
  if (t.dtype() == string && t.rank() == 0) return cat("[", *t.data<std::string>(), "]");
  std::vector<std::string> shown;
  for (int64_t i = 0; i < std::min(most, t.num_elements()); ++i) shown.push_back(element_text(t, i));
  return cat("[", join(shown, " "), t.num_elements() > most ? "..." : "", "]");
}

void assert_kernel(OpContext& c) {
  const Tensor& condition = c.input(0);
  if (condition.rank() != 0) c.invalid(cat("In[0] should be a scalar: ", bracketed(condition.shape())));
  if (*condition.data<bool>()) return;
  std::vector<std::string> told;
  for (int i = 1; i < c.num_inputs(); ++i) told.push_back(summary(c.input(i), c.attr<int64_t>("summarize")));
  c.invalid(cat("assertion failed: ", join(told, " ")));
}

constexpr OpDef kOps[] = {
    {.name = "Assert", .signature = "condition: bool, data: list(T) -> ", .attrs = "T: list(type); summarize: int = 3", .shape = nothing,
     .no_gradient = "it has no output", .kernel = assert_kernel, .traits = {.stateful = true}},
};

}  // namespace
RUNNEL_OPS(state_assert, kOps)

}  // namespace runnel::inline v0
