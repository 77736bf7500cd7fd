#include "runnel/ops/stateless_scope.h"

#include <doctest/doctest.h>

#include "runnel/autodiff/gradient_tape.h"
#include "runnel/ops/math.h"

namespace tf = runnel;

TEST_CASE("a StatelessScope gives Variables other values and keeps assignments to itself") {
  tf::Variable v(1.f), w(10.f);
  tf::Tensor given = tf::Tensor::scalar(3.f);
  tf::GradientTape tape;
  tape.watch(given);
  {
    tf::StatelessScope scope({{v, given}});
    tf::Tensor y = v.value() * v.value();
    CHECK(y.values<float>()[0] == 9.f);
    v.assign_add(2.f);
    w.assign(5.f);
    CHECK(v.value().values<float>()[0] == 5.f);
    CHECK(scope.value(w).values<float>()[0] == 5.f);
    CHECK(scope.values().size() == 2);
    CHECK(tape.gradient(y, given).values<float>()[0] == 6.f);
  }
  CHECK(v.value().values<float>()[0] == 1.f);
  CHECK(w.value().values<float>()[0] == 10.f);
}
