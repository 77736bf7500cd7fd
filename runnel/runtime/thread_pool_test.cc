#include "runnel/runtime/thread_pool.h"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <numeric>
#include <stdexcept>
#include <thread>
#include <vector>

namespace tf = runnel;

TEST_CASE("parallel_for cuts by size and grain only, and visits every element once") {
  for (int threads : {1, 2, 3, 8}) {
    tf::set_num_threads(threads);
    CHECK(tf::num_threads() == threads);
    for (int64_t count : {0, 1, 7, 64, 65, 1000}) {
      std::vector<std::atomic<int>> seen(static_cast<size_t>(count));
      std::atomic<bool> aligned{true};
      tf::parallel_for(count, 8, [&](int64_t begin, int64_t end) {
        if (begin % 8 != 0 || (end != count && end - begin != 8)) aligned = false;
        for (int64_t i = begin; i < end; ++i) ++seen[static_cast<size_t>(i)];
      });
      CHECK(aligned);
      for (auto& times : seen) CHECK(times == 1);
    }
  }
  tf::set_num_threads(0);
}

TEST_CASE("parallel_for nests, from several callers at once") {
  tf::set_num_threads(4);
  std::atomic<int64_t> total{0};
  auto work = [&] {
    for (int repeat = 0; repeat < 20; ++repeat) {
      tf::parallel_for(10, 1, [&](int64_t, int64_t) {
        tf::parallel_for(100, 10, [&](int64_t begin, int64_t end) {
          tf::parallel_for(end - begin, 1, [&](int64_t b, int64_t e) { total += e - b; });
        });
      });
    }
  };
  std::thread one(work), two(work);
  work();
  one.join();
  two.join();
  CHECK(total == 3 * 20 * 10 * 100);
  tf::set_num_threads(0);
}

TEST_CASE("a caller that waits runs nothing of other callers") {
  tf::set_num_threads(2);
  const std::thread::id caller = std::this_thread::get_id();
  std::atomic<bool> helped{false}, done{false};
  std::atomic<int> begun{0};
  std::thread other([&] {
    while (begun < 2) std::this_thread::yield();
    tf::parallel_for(200, 1, [&](int64_t, int64_t) {
      if (std::this_thread::get_id() == caller) helped = true;
      std::this_thread::sleep_for(std::chrono::microseconds(100));
    });
    done = true;
  });
  tf::parallel_for(2, 1, [&](int64_t, int64_t) {
    ++begun;
    while (begun < 2) std::this_thread::yield();  // one piece for each thread
    while (std::this_thread::get_id() != caller && !done) std::this_thread::yield();
  });
  other.join();
  CHECK(!helped);
  tf::set_num_threads(0);
}

TEST_CASE("parallel_for rethrows the first exception and drops the rest") {
  for (int threads : {1, 2, 4}) {
    tf::set_num_threads(threads);
    std::atomic<int> begun{0};
    auto throws = [&] {
      tf::parallel_for(100000, 1, [&](int64_t begin, int64_t) {
        ++begun;
        if (begin == 3) throw std::runtime_error("three");
      });
    };
    CHECK_THROWS_WITH(throws(), "three");
    CHECK(begun < 100000);
  }
  tf::set_num_threads(0);
}

TEST_CASE("the pool shrinks and grows between calls") {
  for (int repeat = 0; repeat < 50; ++repeat) {
    tf::set_num_threads(1 + repeat % 5);
    std::atomic<int64_t> total{0};
    tf::parallel_for(64, 1, [&](int64_t begin, int64_t end) { total += end - begin; });
    CHECK(total == 64);
  }
  CHECK_THROWS(tf::set_num_threads(-1));
  tf::set_num_threads(0);
}

#ifndef __SANITIZE_THREAD__  // which does not let a forked child start threads
TEST_CASE("a forked child has a pool of its own") {
  tf::set_num_threads(3);
  tf::parallel_for(8, 1, [](int64_t, int64_t) {});
  pid_t child = fork();
  if (child == 0) {
    std::atomic<int64_t> total{0};
    tf::parallel_for(1000, 1, [&](int64_t begin, int64_t end) { total += end - begin; });
    _exit(total == 1000 && tf::num_threads() == 3 ? 0 : 1);
  }
  int status = -1;
  CHECK(waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  tf::set_num_threads(0);
}
#endif
