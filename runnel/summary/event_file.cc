#include "runnel/summary/event_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <set>
#include <thread>
#include <utility>

#include "runnel/base/error.h"
#include "runnel/base/files.h"
#include "runnel/base/records.h"
#include "runnel/summary/event.h"

namespace runnel::inline v0::summary {
namespace {

struct OpenFiles {
  std::mutex mutex;
  std::set<EventFile*> all;
};
OpenFiles& open_files() {
  static OpenFiles& files = *new OpenFiles;
  return files;
}

void flush_all() {
  std::lock_guard lock(open_files().mutex);
  for (EventFile* file : open_files().all) try {
      file->flush();
    } catch (const Error& error) {
      std::fprintf(stderr, "%s\n", error.what());  // nobody is left to be told otherwise
    }
}

void remember(EventFile* file) {
  static const bool once = std::atexit(flush_all) == 0;
  static_cast<void>(once);
  std::lock_guard lock(open_files().mutex);
  open_files().all.insert(file);
}

std::string new_path(const EventFileOptions& options) {
  static std::atomic<int64_t> files{0};
  char host[256] = "localhost", seconds[32];
  gethostname(host, sizeof host - 1);
  std::snprintf(seconds, sizeof seconds, "%010lld", static_cast<long long>(wall_time()));
  const char* dot = options.filename_suffix.starts_with(".") ? "" : ".";
  return join_path(options.folder, cat("events.out.tfevents.", seconds, ".", host, ".", int64_t(getpid()), ".", files++, dot, options.filename_suffix));
}

bool is_full(int error) { return error == ENOSPC || error == EDQUOT || error == EFBIG; }

}  // namespace

struct EventFile::Shared {
  std::mutex mutex;  // guards what follows
  std::condition_variable wake, written;
  std::string waiting;  // records
  int64_t count = 0;    // of events in them
  bool asked = false, ends = false, writing = false;
  std::string error;  // of the last attempt
  std::thread thread;
};

EventFile::EventFile(const EventFileOptions& options) : options_(options), process_(getpid()), shared_(new Shared) {
  options_.max_queue = std::max<int64_t>(options_.max_queue, 0);
  if (options_.flush_millis <= 0) {  // at once
    options_.max_queue = 0;
    options_.flush_millis = 120'000;
  }
  append_record(begin_, first_event(wall_time()));
  path_ = new_path(options);
  open_file();
  shared_->thread = std::thread([this] { run(); });
  remember(this);
}

EventFile::~EventFile() {
  {
    std::lock_guard lock(open_files().mutex);
    open_files().all.erase(this);
  }
  if (!is_ours()) {
    static_cast<void>(shared_.release());  // destroying it would wait for a thread that is not there
    return;
  }
  {
    std::lock_guard lock(shared_->mutex);
    shared_->ends = true;
  }
  shared_->wake.notify_one();
  shared_->thread.join();
  close(file_);
}

bool EventFile::is_ours() const { return getpid() == process_; }

void EventFile::open_file() {
  make_folders(options_.folder);
  if (file_ >= 0) close(file_);
  file_ = open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (file_ < 0) fail<errors::PermissionDeniedError>("create_file_writer", cat("cannot write ", path_), {.got = std::strerror(errno)});
  size_ = 0;
  std::string why = write_out(begin_);
  if (why.empty()) return;
  close(std::exchange(file_, -1));  // a file without its first record would be refused by its readers
  unlink(path_.c_str());
  fail<errors::ResourceExhaustedError>("create_file_writer", why);
}

// What has been written of a record that does not fit is taken back: readers see whole records. Gives what went wrong.
std::string EventFile::write_out(const std::string& bytes) {
  for (size_t done = 0; done < bytes.size();) {
    const ssize_t got = ::write(file_, bytes.data() + done, bytes.size() - done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      const int error = errno;
      if (ftruncate(file_, off_t(size_)) != 0) return cat("cannot write ", path_, ": ", std::strerror(error), "; its end is damaged");
      return cat(is_full(error) ? "no room for events in " : "cannot write ", path_, ": ", std::strerror(error));
    }
    done += size_t(got);
  }
  size_ += bytes.size();
  return "";
}

// Writes whenever more events wait than may, flush() asks, or time is up.
void EventFile::run() {
  Shared& s = *shared_;
  std::unique_lock lock(s.mutex);
  while (true) {
    s.wake.wait_for(lock, std::chrono::milliseconds(options_.flush_millis),
                   [&] { return s.ends || s.asked || (s.count > options_.max_queue && s.error.empty()); });
    std::string bytes = std::exchange(s.waiting, {});
    const int64_t count = std::exchange(s.count, 0);
    s.asked = false;
    s.writing = true;
    lock.unlock();
    std::string error;
    if (!bytes.empty()) try {
        if (file_ < 0 || !file_exists(path_)) open_file();  // somebody has taken the folder away
        error = write_out(bytes);
      } catch (const std::exception& e) {
        error = e.what();
      }
    lock.lock();
    s.writing = false;
    s.error = error;
    if (!error.empty()) s.waiting.insert(0, bytes), s.count += count;
    s.written.notify_all();
    if (s.ends && (s.waiting.empty() || !s.error.empty())) return;
  }
}

// Until the thread has tried what waits now.
void EventFile::await_write(std::unique_lock<std::mutex>& lock) {
  Shared& s = *shared_;
  s.written.wait(lock, [&] { return !s.writing; });
  s.asked = true;
  s.wake.notify_one();
  s.written.wait(lock, [&] { return !s.asked && !s.writing; });
  if (s.error.empty()) return;
  if (s.error.starts_with("no room")) fail<errors::ResourceExhaustedError>("", s.error);
  fail<errors::UnknownError>("", s.error);
}

void EventFile::add(const std::string& event) {
  if (!is_ours()) fail<errors::FailedPreconditionError>("", cat(path_, " is written by another process; make a writer after the fork"));
  Shared& s = *shared_;
  std::unique_lock lock(s.mutex);
  if (s.count > options_.max_queue) {
    if (!s.error.empty()) await_write(lock);  // the last attempt failed: another one, or its error
    else s.written.wait(lock, [&] { return s.count <= options_.max_queue || !s.error.empty(); });
  }
  append_record(s.waiting, event);
  if (++s.count > options_.max_queue) s.wake.notify_one();
}

void EventFile::flush() {
  if (!is_ours()) return;
  Shared& s = *shared_;
  std::unique_lock lock(s.mutex);
  if (s.count > 0 || s.writing) await_write(lock);
}

}  // namespace runnel::inline v0::summary
