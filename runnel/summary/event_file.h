// EventFile: a file of records that a thread of its own writes, so that whoever tells something need not wait for the disk.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

namespace runnel::inline v0::summary {

struct EventFileOptions {
  std::string folder{};
  int64_t max_queue = 10;          ///< Events that wait at most; one more, and they are written.
  int64_t flush_millis = 120'000;  ///< Events wait at most so long.
  std::string filename_suffix = ".v2";
};

/// <folder>/events.out.tfevents.<seconds>.<host>.<process>.<number><suffix>, TensorFlow's name. Whoever reads it sees whole records only.
/// All files are flushed when the program ends.
class EventFile {
 public:
  /// Makes the folder and the file. PermissionDeniedError where that cannot be.
  explicit EventFile(const EventFileOptions& options);
  /// Writes what waits; errors are lost here, flush() tells them.
  ~EventFile();
  EventFile(const EventFile&) = delete;
  EventFile& operator=(const EventFile&) = delete;

  /// Takes a serialised Event. Where the thread cannot keep up, waits; where the disk refuses and the queue is full, flush()'s error.
  void add(const std::string& event);
  /// Returns when everything is in the file. ResourceExhaustedError where the disk is full (the events are kept, and tried again
  /// at the next flush), UnknownError for another reason.
  void flush();
  const std::string& path() const { return path_; }

 private:
  void open_file();
  void run();
  std::string write_out(const std::string& bytes);
  void await_write(std::unique_lock<std::mutex>& lock);
  bool is_ours() const;

  EventFileOptions options_;
  std::string path_, begin_;  // begin_: the record that each file begins with
  int file_ = -1;
  uint64_t size_ = 0;  // of the whole records
  int process_;        // a forked process has no thread
  struct Shared;       // with the thread
  std::unique_ptr<Shared> shared_;
};

}  // namespace runnel::inline v0::summary
