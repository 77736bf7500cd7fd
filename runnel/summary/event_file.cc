#include "runnel/summary/event_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <set>

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

EventFile::EventFile(const EventFileOptions& options) : options_(options), process_(getpid()) {
  append_record(begin_, first_event(wall_time()));
  path_ = new_path(options);
  open_file();
  thread_ = std::thread([this] { run(); });
  remember(this);
}

EventFile::~EventFile() {
  {
    std::lock_guard lock(open_files().mutex);
    open_files().all.erase(this);
  }
  if (getpid() != process_) {
    thread_.detach();
    return;
  }
  {
    std::lock_guard lock(mutex_);
    ends_ = true;
  }
  wake_.notify_one();
  thread_.join();
  close(file_);
}

void EventFile::open_file() {
  make_folders(options_.folder);
  if (file_ >= 0) close(file_);
  file_ = open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (file_ < 0) fail<errors::PermissionDeniedError>("create_file_writer", cat("cannot write ", path_), {.got = std::strerror(errno)});
  size_ = 0;
  if (std::string why = write_out(begin_); !why.empty()) fail<errors::ResourceExhaustedError>("create_file_writer", why);
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
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait_for(lock, std::chrono::milliseconds(options_.flush_millis),
                   [&] { return ends_ || asked_ || (count_ > options_.max_queue && error_.empty()); });
    std::string bytes = std::exchange(waiting_, {});
    const int64_t count = std::exchange(count_, 0);
    asked_ = false;
    writing_ = true;
    lock.unlock();
    std::string error;
    if (!bytes.empty()) try {
        if (!file_exists(path_)) open_file();  // somebody has taken the folder away
        error = write_out(bytes);
      } catch (const Error& e) {
        error = e.what();
      }
    lock.lock();
    writing_ = false;
    error_ = error;
    if (!error.empty()) waiting_.insert(0, bytes), count_ += count;
    written_.notify_all();
    if (ends_ && (waiting_.empty() || !error_.empty())) return;
  }
}

// Until the thread has tried what waits now.
void EventFile::await_write(std::unique_lock<std::mutex>& lock) {
  written_.wait(lock, [&] { return !writing_; });
  asked_ = true;
  wake_.notify_one();
  written_.wait(lock, [&] { return !asked_ && !writing_; });
  if (error_.empty()) return;
  if (error_.starts_with("no room")) fail<errors::ResourceExhaustedError>("", error_);
  fail<errors::UnknownError>("", error_);
}

void EventFile::add(const std::string& event) {
  if (getpid() != process_) fail<errors::FailedPreconditionError>("", cat(path_, " is written by another process; make a writer after the fork"));
  std::unique_lock lock(mutex_);
  if (count_ > options_.max_queue) {
    if (!error_.empty()) await_write(lock);  // the last attempt failed: another one, or its error
    else written_.wait(lock, [&] { return count_ <= options_.max_queue || !error_.empty(); });
  }
  append_record(waiting_, event);
  if (++count_ > options_.max_queue) wake_.notify_one();
}

void EventFile::flush() {
  if (getpid() != process_) return;
  std::unique_lock lock(mutex_);
  if (count_ > 0 || writing_) await_write(lock);
}

}  // namespace runnel::inline v0::summary
