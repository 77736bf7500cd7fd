// Traces that are dropped leave nothing behind.
#include <doctest/doctest.h>
#include <malloc.h>

#include "runnel/autodiff/gradient_tape.h"
#include "runnel/core/allocator.h"
#include "runnel/graph/control_flow.h"
#include "runnel/graph/function.h"
#include "runnel/ops/array.h"
#include "runnel/ops/math.h"
#include "runnel/ops/variable.h"

namespace tf = runnel;
using tf::Tensor;

namespace {

// Bytes of the heap that are in use, those of large blocks among them.
int64_t heap_in_use() {
  struct mallinfo2 info = mallinfo2();
  return int64_t(info.uordblks + info.hblkhd);
}

// A trace with a branch, a captured Variable and a constant; called, differentiated and dropped.
void trace_and_drop(const tf::Variable& v) {
  auto f = tf::function([&](Tensor x) {
    return tf::cond(tf::greater(x, 0.f), [&] { return tf::multiply(tf::add(x, v), 2.f); }, [&] { return tf::negative(x); });
  });
  Tensor x = Tensor::scalar(1.f);
  tf::GradientTape tape;
  tape.watch(x);
  REQUIRE(tape.gradient(f(x), x).item<float>() == 2);
}

void repeat(int count, const tf::Variable& v) {
  while (count-- > 0) trace_and_drop(v);
}

}  // namespace

TEST_CASE("10,000 traces that are made and dropped leave no memory behind") {
  tf::Variable v(Tensor::scalar(3.f));
  repeat(1000, v);
  int64_t tensors = tf::cpu_allocator().stats().in_use, heap = heap_in_use();
  repeat(10000, v);
  CHECK(tf::cpu_allocator().stats().in_use == tensors);
  CHECK(heap_in_use() - heap < 100000);  // ten bytes a trace
}
