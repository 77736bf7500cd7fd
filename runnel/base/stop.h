// Stopping what runs long: Ctrl-C in Python, request_stop() in C++. Loops of traced functions, of data sets and of fit look.
#pragma once

#include <atomic>
#include <exception>

namespace runnel::inline v0 {

/// The loop that looks next ends with CancelledError, and everything stays usable. May be called from a signal handler:
///   std::signal(SIGINT, [](int) { runnel::request_stop(); });
void request_stop();

/// Once an iteration of a loop that may run long: throws where somebody wants it to end. Takes some nanoseconds.
void poll_stop();

/// Whoever catches an exception to try something else calls this first: it throws anew what is no failure but a wish to end
/// (CancelledError; KeyboardInterrupt and the like).
void rethrow_stop(const std::exception& caught);

/// Looks for a signal in the language around us; called every 20 ms or so by a thread that polls, and may throw.
/// `is_stop` tells which of the language's exceptions are a wish to end.
void set_host_poll(void (*poll)(), bool (*is_stop)(const std::exception&) = nullptr);

/// While one lives, this thread's polls also throw once the flag is set: the flag of whoever waits for the thread.
class StopFlagScope {
 public:
  explicit StopFlagScope(const std::atomic<bool>& flag);
  ~StopFlagScope();
  StopFlagScope(const StopFlagScope&) = delete;
  StopFlagScope& operator=(const StopFlagScope&) = delete;

 private:
  const std::atomic<bool>* before_;
};

}  // namespace runnel::inline v0
