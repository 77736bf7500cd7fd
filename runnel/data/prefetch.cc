// Dataset::prefetch: a thread of its own walks ahead and fills a queue.
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>

#include "runnel/base/stop.h"
#include "runnel/data/body.h"
#include "runnel/data/late.h"

namespace runnel::inline v0::data {

namespace {

class PrefetchIterator : public IteratorBody {
 public:
  // The walk begins now, for its order is drawn then; the thread when somebody asks, for many walks are begun and dropped.
  PrefetchIterator(const Dataset& input, int64_t size) : walk_(input.iterator()), size_(size_t(size)), values_(bound_values()) {}
  ~PrefetchIterator() override {
    {
      std::lock_guard lock(mutex_);
      stopped_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
  }

  bool next(Nest& element) override {
    std::call_once(begun_, [this] { thread_ = std::thread([this] { work(); }); });
    std::unique_lock lock(mutex_);
    while (!changed_.wait_for(lock, std::chrono::milliseconds(20), [this] { return !queue_.empty() || ended_; })) {
      lock.unlock();  // what polls may wait for the GIL, which the other thread may hold
      poll_stop();
      lock.lock();
    }
    if (queue_.empty()) {
      if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
      return false;
    }
    element = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    changed_.notify_all();
    return true;
  }

 private:
  void work() {
    StopFlagScope scope(stopped_);
    bound_values() = values_;
    try {
      for (Nest element; walk_->next(element);)
        if (!put(std::move(element))) return;
    } catch (...) {
      std::lock_guard lock(mutex_);
      error_ = std::current_exception();
    }
    {
      std::lock_guard lock(mutex_);
      ended_ = true;
    }
    changed_.notify_all();
  }
  bool put(Nest element) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return queue_.size() < size_ || stopped_; });
    if (stopped_) return false;
    queue_.push_back(std::move(element));
    lock.unlock();
    changed_.notify_all();
    return true;
  }

  Ref<IteratorBody> walk_;
  size_t size_;
  Ref<BoundValues> values_;
  std::once_flag begun_;  // several threads may ask first
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Nest> queue_;
  std::exception_ptr error_;
  bool ended_ = false;
  std::atomic<bool> stopped_ = false;
  std::thread thread_;  // last: it uses the others
};

class PrefetchBody : public Derived {
 public:
  PrefetchBody(const Dataset& input, int64_t size) : Derived(input), size_(size == kAutotune ? 2 : size) {
    if (size_ < 0) fail<errors::InvalidArgumentError>("prefetch", "buffer_size must be >= 0 or AUTOTUNE", {.got = to_text(size)});
  }
  int64_t cardinality() const override { return input_.cardinality(); }
  Ref<IteratorBody> iterator() const override {
    if (size_ == 0) return input_.iterator();
    return make_ref<PrefetchIterator>(input_, size_);
  }

 private:
  int64_t size_;
};

}  // namespace

Dataset Dataset::prefetch(int64_t buffer_size) const { return Dataset(make_ref<PrefetchBody>(*this, buffer_size)); }

}  // namespace runnel::inline v0::data
