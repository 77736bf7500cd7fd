#include "runnel/base/stop.h"

#include <doctest/doctest.h>

#include <chrono>
#include <thread>

#include "runnel/base/error.h"
#include "runnel/data/dataset.h"
#include "runnel/graph/control_flow.h"
#include "runnel/graph/function.h"
#include "runnel/ops/math.h"

namespace tf = runnel;
using tf::Tensor;

namespace {

// Runs f and asks it to stop a little later; the seconds until it did, or -1 where it was not stopped.
template <class F>
double seconds_until_stopped(F&& f) {
  std::thread other([] {
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
    tf::request_stop();
  });
  auto start = std::chrono::steady_clock::now();
  bool stopped = false;
  try {
    f();
  } catch (const tf::errors::CancelledError&) {
    stopped = true;
  }
  other.join();
  return stopped ? std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() : -1;
}

}  // namespace

TEST_CASE("endless loops of functions and of data sets stop on request") {
  auto forever = tf::function([](Tensor x) {
    return tf::while_loop([](const std::vector<Tensor>& v) { return tf::greater(v[0], -1.0); },
                          [](const std::vector<Tensor>& v) { return std::vector<Tensor>{tf::abs(v[0])}; }, {x})[0];
  });
  double seconds = seconds_until_stopped([&] { forever(Tensor::scalar(1.f)); });
  CHECK(seconds > 0);
  CHECK(seconds < 2);
  auto numbers = tf::data::Dataset::range(int64_t(1) << 60);
  seconds = seconds_until_stopped([&] { numbers.filter([](const tf::Nest&) { return false; }).iterator()->next(*std::make_unique<tf::Nest>()); });
  CHECK(seconds > 0);
  CHECK(seconds < 2);
  CHECK(forever.tracing_count() == 1);
}

TEST_CASE("a prefetching thread that finds nothing ends with its iterator") {
  auto none = tf::data::Dataset::range(int64_t(1) << 60).filter([](const tf::Nest&) { return false; }).prefetch(2);
  double seconds = seconds_until_stopped([&] {
    tf::Nest element;
    none.iterator()->next(element);
  });
  CHECK(seconds > 0);
  CHECK(seconds < 2);
}
