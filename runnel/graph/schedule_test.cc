#include "runnel/graph/schedule.h"

#include <doctest/doctest.h>

#include "runnel/graph/graph_function.h"
#include "runnel/ops/linalg.h"
#include "runnel/ops/math.h"

namespace tf = runnel;
using tf::Tensor;

namespace {

Tensor product_chain(Tensor x, int length) {
  Tensor y = x;
  for (int i = 0; i < length; ++i) y = tf::matmul(y, x);
  return y;
}

std::unique_ptr<tf::Schedule> schedule_of(const tf::PartialShape& shape, const std::function<Tensor(Tensor x, Tensor y)>& f) {
  std::vector<tf::Argument> arguments{{tf::float32, shape, "x"}, {tf::float32, shape, "y"}};
  tf::Traced traced = tf::trace_function("f", arguments, [&](const std::vector<Tensor>& in) { return std::vector{f(in[0], in[1])}; });
  std::vector<const tf::Node*> nodes;
  for (const auto& node : traced.graph->nodes()) nodes.push_back(node.get());
  return tf::make_schedule(nodes);
}

}  // namespace

TEST_CASE("two long chains may run at the same time, one may not") {
  CHECK(schedule_of({512, 512}, [](Tensor x, Tensor y) { return tf::add(product_chain(x, 4), product_chain(y, 4)); }));
  CHECK_FALSE(schedule_of({512, 512}, [](Tensor x, Tensor y) { return product_chain(x, 8); }));
}

TEST_CASE("a long chain with short steps beside it runs in order") {
  auto ladder = [](Tensor x, Tensor y) {
    Tensor state = x, sum = y;
    for (int i = 0; i < 300; ++i) {
      state = tf::matmul(state, x);
      sum = tf::add(sum, tf::matmul(state, y));  // a step of its own, which waits for the one before
    }
    return sum;
  };
  CHECK_FALSE(schedule_of({64, 64}, ladder));
}
