#include "runnel/runtime/thread_pool.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <exception>
#include <mutex>
#include <new>
#include <thread>
#include <utility>
#include <vector>

#if defined(__linux__)
#include <sched.h>
#endif
#if defined(__unix__) || defined(__APPLE__)
#include <pthread.h>
#endif

#include "runnel/base/error.h"
#include "runnel/runtime/flush_denormals.h"

namespace runnel::inline v0 {
namespace {

constexpr int kMaxThreads = 256;
constexpr int kSlots = 16;
constexpr int kSpins = 4000;  // pauses before a thread without work goes to sleep

void pause_cpu() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

// A range of pieces [first, last) in one word. The thread that it was dealt to takes from the front, thieves from the back.
class alignas(64) Slot {
 public:
  void deal(uint32_t first, uint32_t last) { range_.store(pack(first, last), std::memory_order_relaxed); }

  bool take_front(uint32_t& piece) {
    uint64_t range = range_.load(std::memory_order_relaxed);
    while (first(range) < last(range)) {
      piece = first(range);
      if (range_.compare_exchange_weak(range, pack(piece + 1, last(range)), std::memory_order_relaxed)) return true;
    }
    return false;
  }

  bool take_back(uint32_t& piece) {
    uint64_t range = range_.load(std::memory_order_relaxed);
    while (first(range) < last(range)) {
      piece = last(range) - 1;
      if (range_.compare_exchange_weak(range, pack(first(range), piece), std::memory_order_relaxed)) return true;
    }
    return false;
  }

  bool empty() const {
    uint64_t range = range_.load(std::memory_order_relaxed);
    return first(range) >= last(range);
  }

 private:
  static uint64_t pack(uint32_t first, uint32_t last) { return uint64_t(first) << 32 | last; }
  static uint32_t first(uint64_t range) { return uint32_t(range >> 32); }
  static uint32_t last(uint64_t range) { return uint32_t(range); }

  std::atomic<uint64_t> range_{0};
};

// One parallel_for, on its caller's stack. Threads join and leave it under the pool's mutex, so it is over when its
// pieces are taken and no visitor is left.
class Job {
 public:
  using Body = function_ref<void(int64_t, int64_t)>;

  Job(int64_t count, int64_t grain, int64_t pieces, int slots, Body body)
      : count_(count), grain_(grain), slots_(slots), body_(body), parent_(current) {
    for (int64_t i = 0; i < slots; ++i) {
      slot_[i].deal(uint32_t(pieces * i / slots), uint32_t(pieces * (i + 1) / slots));
    }
  }

  // Runs one piece. False when none is left.
  bool run_one(int thread) {
    uint32_t piece;
    if (failed_.load(std::memory_order_relaxed) || !take(thread % slots_, piece)) return false;
    Job* outer = std::exchange(current, this);
    try {
      int64_t begin = piece * grain_;
      body_(begin, std::min(begin + grain_, count_));
    } catch (...) {
      if (!failed_.exchange(true)) error_ = std::current_exception();
    }
    current = outer;
    return true;
  }

  bool has_work() const {
    if (failed_.load(std::memory_order_relaxed)) return false;
    return std::any_of(slot_, slot_ + slots_, [](const Slot& slot) { return !slot.empty(); });
  }

  /// Whether it is this job, or was begun by a piece of it.
  bool is_part_of(const Job& other) const {
    for (const Job* job = this; job; job = job->parent_)
      if (job == &other) return true;
    return false;
  }

  void rethrow() const {
    if (error_) std::rethrow_exception(error_);
  }

  std::atomic<int> visitors{0};  // written under the pool's mutex

 private:
  bool take(int home, uint32_t& piece) {
    if (slot_[home].take_front(piece)) return true;
    for (int i = 1; i < slots_; ++i) {
      if (slot_[(home + i) % slots_].take_back(piece)) return true;
    }
    return false;
  }

  const int64_t count_, grain_;
  const int slots_;
  const Body body_;
  Job* const parent_;                   // whose piece began it; alive as long as this one
  static thread_local Job* current;  // whose piece this thread runs
  std::atomic<bool> failed_{false};
  std::exception_ptr error_;  // written by the first that fails, read when no visitor is left
  Slot slot_[kSlots];
};

thread_local Job* Job::current = nullptr;

std::atomic<int> requested{0};  // by set_num_threads(); 0 for the default
thread_local int this_thread = 0;  // 0 for callers from outside, 1... for the pool's own threads

int wanted_threads() {
  if (int count = requested.load()) return std::min(count, kMaxThreads);
  if (const char* text = std::getenv("RUNNEL_NUM_THREADS")) {
    int wanted = std::atoi(text);
    if (wanted > 0) return std::min(wanted, kMaxThreads);
  }
#if defined(__linux__)
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) return std::clamp(CPU_COUNT(&set), 1, kMaxThreads);
#endif
  return std::clamp(int(std::thread::hardware_concurrency()), 1, kMaxThreads);
}

// Never destroyed: its threads may outlive every static object, and exit() must not wait for them.
class Pool {
 public:
  Pool() { resize(wanted_threads()); }

  int size() const { return size_.load(std::memory_order_relaxed); }

  void resize(int size) {
    std::lock_guard lock(mutex_);
    size_.store(size, std::memory_order_relaxed);
    for (int i = 1; i < size; ++i) start(i);
    wake(kMaxThreads);
  }

  // Runs the job on this thread and on all that find time for it.
  void run(Job& job, int64_t pieces) {
    enlist(job, pieces);
    while (job.run_one(this_thread)) {
    }
    retire(job);
    wait_for_visitors(job);
  }

 private:
  void start(int index) {  // under the mutex
    if (running_[index]) return;
    try {
      std::thread([this, index] { work(index); }).detach();
      running_[index] = true;
    } catch (const std::system_error&) {
      // Fewer threads than asked for: slower, and still right.
    }
  }

  void enlist(Job& job, int64_t pieces) {
    std::lock_guard lock(mutex_);
    jobs_.push_back(&job);
    wake(pieces - 1);
  }

  void retire(Job& job) {
    std::lock_guard lock(mutex_);
    jobs_.erase(std::find(jobs_.begin(), jobs_.end(), &job));
  }

  // Tells up to `count` sleeping threads that something changed. Under the mutex.
  void wake(int64_t count) {
    epoch_.fetch_add(1);
    int sleeping = sleepers_.load();
    if (sleeping == 0) return;
    if (count >= sleeping) return epoch_.notify_all();
    for (int64_t i = 0; i < count; ++i) epoch_.notify_one();
  }

  // The newest job with work left: the one whose caller is likely to wait for it first. With `within`, only what that one waits for.
  Job* join(const Job* within = nullptr) {
    std::lock_guard lock(mutex_);
    for (auto it = jobs_.rbegin(); it != jobs_.rend(); ++it) {
      if (!(*it)->has_work() || (within && !(*it)->is_part_of(*within))) continue;
      (*it)->visitors.fetch_add(1, std::memory_order_relaxed);
      return *it;
    }
    return nullptr;
  }

  // The decrement is the last touch of the job: its caller may return at once.
  void leave(Job& job) {
    std::lock_guard lock(mutex_);
    if (job.visitors.fetch_sub(1, std::memory_order_release) == 1) {
      epoch_.fetch_add(1);
      if (waiting_callers_ > 0) epoch_.notify_all();
    }
  }

  // Others still run pieces of the job: spin a little, since they are nearly done, then help them, then sleep. Never with other
  // jobs: they would run amid the locks that this thread holds and under the tapes and traces that it has.
  void wait_for_visitors(Job& job) {
    int spins = 0;
    while (job.visitors.load(std::memory_order_acquire) != 0) {
      if (++spins < 64) {
        pause_cpu();
      } else if (Job* other = spins % 64 == 0 ? join(&job) : nullptr) {
        other->run_one(this_thread);
        leave(*other);
      } else if (spins < kSpins) {
        pause_cpu();
      } else {
        sleep_until_left(job);
        spins = 63;  // perhaps woken for new work: look for it first
      }
    }
  }

  void sleep_until_left(Job& job) {
    int seen = epoch_.load();
    {
      std::lock_guard lock(mutex_);
      if (job.visitors.load(std::memory_order_relaxed) == 0) return;
      ++waiting_callers_;
      seen = epoch_.load();
    }
    sleepers_.fetch_add(1);
    epoch_.wait(seen);
    sleepers_.fetch_sub(1);
    std::lock_guard lock(mutex_);
    --waiting_callers_;
  }

  void work(int index) {
    FlushDenormals flush;
    this_thread = index;
    for (;;) {
      int seen = epoch_.load();
      if (Job* job = join()) {
        while (job->run_one(index)) {
        }
        leave(*job);
      } else if (!keep(index)) {
        return;
      } else {
        wait_for_change(seen);
      }
    }
  }

  // False when the pool has shrunk and this thread is to end.
  bool keep(int index) {
    if (index < size()) return true;
    std::lock_guard lock(mutex_);
    if (index < size()) return true;
    running_[index] = false;
    return false;
  }

  void wait_for_change(int seen) {
    for (int i = 0; i < kSpins; ++i) {
      if (epoch_.load(std::memory_order_relaxed) != seen) return;
      pause_cpu();
    }
    sleepers_.fetch_add(1);
    epoch_.wait(seen);
    sleepers_.fetch_sub(1);
  }

  std::mutex mutex_;
  std::vector<Job*> jobs_;
  bool running_[kMaxThreads] = {};
  int waiting_callers_ = 0;
  std::atomic<int> size_{1};
  alignas(64) std::atomic<int> epoch_{0};
  std::atomic<int> sleepers_{0};
};

std::atomic<Pool*> the_pool{nullptr};
std::mutex creation;

// After fork() the child has none of the threads: it forgets the pool and makes one of its own when it needs it.
void forget_pool_after_fork() {
  the_pool.store(nullptr);
  new (&creation) std::mutex;
  this_thread = 0;
}

Pool& create_pool() {
  std::lock_guard lock(creation);
  if (Pool* pool = the_pool.load()) return *pool;
#if defined(__unix__) || defined(__APPLE__)
  static const int registered = pthread_atfork(nullptr, nullptr, forget_pool_after_fork);
  (void)registered;
#endif
  Pool* pool = new Pool;
  the_pool.store(pool);
  return *pool;
}

Pool& pool() {
  Pool* pool = the_pool.load(std::memory_order_acquire);
  return pool ? *pool : create_pool();
}

}  // namespace

void parallel_for(int64_t count, int64_t grain, function_ref<void(int64_t, int64_t)> body) {
  if (count <= 0) return;
  grain = std::max({grain, int64_t(1), count >> 31});
  if (count <= grain) return body(0, count);
  FlushDenormals flush;
  int64_t pieces = (count + grain - 1) / grain;
  Pool& the = pool();
  int threads = the.size();
  if (threads == 1) {
    for (int64_t begin = 0; begin < count; begin += grain) body(begin, std::min(begin + grain, count));
    return;
  }
  Job job(count, grain, pieces, int(std::min<int64_t>({pieces, threads, kSlots})), body);
  the.run(job, pieces);
  job.rethrow();
}

int num_threads() { return pool().size(); }

void set_num_threads(int count) {
  if (count < 0) {
    fail<ValueError>("set_num_threads", "the number of threads must not be negative", {.got = cat(count)});
  }
  requested.store(count);
  pool().resize(wanted_threads());
}

}  // namespace runnel::inline v0
