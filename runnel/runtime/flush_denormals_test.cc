#include "runnel/runtime/flush_denormals.h"

#include <doctest/doctest.h>

#include <vector>

#include "runnel/runtime/thread_pool.h"

using namespace runnel;

// TensorFlow 2.21: tf.constant(1e-38) * 0.1 is 0.0, and so is a tensor of 1e-40 times 0.5.
TEST_CASE("denormals are zero on every thread of a loop, and the caller's own setting comes back") {
  volatile float small = 1e-38f, tenth = 0.1f;
  std::vector<float> products(100000, 1.0f);
  parallel_for(100000, 100, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) products[size_t(i)] = small * tenth;
  });
  int64_t wrong = 0;
  for (float x : products) wrong += x != 0;
  CHECK(wrong == 0);
  CHECK(small * tenth > 0);
}
