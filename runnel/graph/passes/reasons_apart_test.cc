// What explain() says of operators that are not fused, and of groups that are not one.
#include <doctest/doctest.h>

#include "runnel/base/text.h"
#include "runnel/graph/function.h"
#include "runnel/graph/graph.h"
#include "runnel/ops/array.h"
#include "runnel/ops/linalg.h"
#include "runnel/ops/math.h"
#include "runnel/ops/nn.h"
#include "runnel/ops/variable.h"

namespace tf = runnel;
using tf::Tensor;

namespace {

using Body = std::function<Tensor(Tensor, Tensor)>;

// The lines that explain() has about f of matrices, those about what was fused and what was not.
std::string reasons(const Body& f, const tf::Shape& shape = {3, 3}) {
  auto traced = tf::function(f);
  traced.trace(tf::ones(shape), tf::ones(shape));
  std::string text = traced.explain(), out;
  for (size_t at = 0; at < text.size();) {
    size_t end = text.find('\n', at);
    std::string line = text.substr(at, end - at);
    if (line.find("fused: ") != std::string::npos || line.find("apart: ") != std::string::npos) out += line.substr(2) + "\n";
    at = end + 1;
  }
  return out;
}

Tensor number(float value) { return tf::in_graph(Tensor::scalar(value)); }

}  // namespace

TEST_CASE("an operator between two groups names itself and the reason") {
  CHECK(reasons([](Tensor x, Tensor y) { return tf::exp(tf::tanh(tf::matmul(tf::multiply(tf::sin(x), x), y))); }) ==
        "fused: Sin+Mul\nfused: Tanh+Exp\nnot fused: MatMul \"MatMul\" between Sin+Mul and Tanh+Exp: not elementwise\n");
}

TEST_CASE("groups that touch stay apart for a reason") {
  auto around = [](Tensor x, Tensor y) {
    Tensor e = tf::tanh(tf::exp(x));
    return tf::sin(tf::add(e, tf::matmul(e, y)));
  };
  CHECK(reasons(around) == "fused: Exp+Tanh\nfused: AddV2+Sin\nnot fused: MatMul \"MatMul\" between Exp+Tanh and AddV2+Sin: not elementwise\n"
                           "apart: Exp+Tanh and AddV2+Sin: MatMul \"MatMul\" lies between\n");
  auto narrow = [](Tensor x, Tensor y) {
    Tensor row = tf::slice(y, {0, 0}, {1, 3});
    return tf::multiply(tf::exp(tf::sin(row)), tf::tanh(x));
  };
  CHECK(reasons(narrow) == "fused: Sin+Exp\nfused: Tanh+Mul\napart: Sin+Exp and Tanh+Mul: the shapes (1, 3) and (3, 3) differ\nnot fused: Slice: not elementwise\n");
  auto after_sum = [](Tensor x, Tensor y) { return tf::multiply(tf::exp(tf::reduce_sum(tf::sin(x))), 2.f); };
  CHECK(reasons(after_sum) == "fused: Sin+Sum\nfused: Exp+Mul\napart: Sin+Sum and Exp+Mul: it uses a reduction's result, which is complete at the end\n");
  auto long_chain = [](Tensor x, Tensor y) {
    for (int i = 0; i < 65; ++i) x = i % 2 ? tf::sin(x) : tf::tanh(x);
    return x;
  };
  CHECK(reasons(long_chain).find("a loop has at most 64 operators") != std::string::npos);
}

TEST_CASE("operators that no loop takes say why, alike ones in one line") {
  CHECK(reasons([](Tensor x, Tensor y) { return tf::reduce_sum(tf::exp(x), 0); }) ==
        "not fused: Exp: nothing beside it can be fused\nnot fused: Sum: it keeps the last axis, or reduces nothing\n");
  auto integers = [](Tensor x, Tensor y) { return tf::cast(tf::floordiv(tf::cast(x, tf::int32), tf::cast(y, tf::int32)), tf::float32); };
  CHECK(reasons(integers) == "not fused: Cast: no block kernel for this cast\nnot fused: FloorDiv: it may refuse its numbers\n"
                             "not fused: Cast: nothing beside it can be fused\n");
  tf::Variable v(tf::ones({3, 3}));
  CHECK(reasons([&](Tensor x, Tensor y) { return tf::nn::softmax(tf::matmul(x, v)); }) ==
        "not fused: ReadVariableOp: it reads or changes state\nnot fused: MatMul, Softmax: not elementwise\n");
  CHECK(reasons([](Tensor x, Tensor y) { return tf::sqrt(tf::maximum(x, number(2))); }) == "fused: Maximum+Sqrt\n");
}

TEST_CASE("a dimension that only a run tells keeps a reduction apart") {
  auto by_data = [](Tensor x, Tensor y) { return tf::reduce_sum(tf::exp(x), tf::cast(tf::reduce_max(tf::argmax(y, 0)), tf::int32)); };
  CHECK(reasons(by_data).find("Sum: its axes are known at run time only") != std::string::npos);
}
