#include "runnel/base/stop.h"

#include <time.h>

#include <utility>

#include "runnel/base/error.h"

namespace runnel::inline v0 {

namespace {

std::atomic<bool> stop_requested{false};
std::atomic<void (*)()> host_poll{nullptr};
std::atomic<bool (*)(const std::exception&)> host_is_stop{nullptr};
thread_local const std::atomic<bool>* thread_flag = nullptr;

constexpr int64_t kMilliseconds = 20;

int64_t coarse_milliseconds() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  return int64_t(now.tv_sec) * 1000 + now.tv_nsec / 1000000;
}

[[noreturn]] void fail_stopped() { fail<errors::CancelledError>("", "The loop was stopped on request"); }

}  // namespace

void request_stop() { stop_requested.store(true, std::memory_order_relaxed); }
void set_host_poll(void (*poll)(), bool (*is_stop)(const std::exception&)) {
  host_poll = poll;
  host_is_stop = is_stop;
}

void rethrow_stop(const std::exception& caught) {
  auto is_stop = host_is_stop.load();
  if (dynamic_cast<const errors::CancelledError*>(&caught) || (is_stop && is_stop(caught))) throw;
}

void poll_stop() {
  if (stop_requested.load(std::memory_order_relaxed) && stop_requested.exchange(false)) fail_stopped();
  if (thread_flag && thread_flag->load(std::memory_order_relaxed)) fail_stopped();
  auto poll = host_poll.load(std::memory_order_relaxed);
  if (!poll) return;
  thread_local int64_t last = 0;
  int64_t now = coarse_milliseconds();
  if (now - last < kMilliseconds) return;
  last = now;
  poll();
}

StopFlagScope::StopFlagScope(const std::atomic<bool>& flag) : before_(std::exchange(thread_flag, &flag)) {}
StopFlagScope::~StopFlagScope() { thread_flag = before_; }

}  // namespace runnel::inline v0
