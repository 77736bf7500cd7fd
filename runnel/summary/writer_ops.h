// What the handle of a summary writer points to.
#pragma once

#include <memory>
#include <mutex>

#include "runnel/core/tensor.h"
#include "runnel/summary/event_file.h"

namespace runnel::inline v0::summary {

class WriterState : public Resource {
 public:
  /// NotFoundError where there is no file: before it is made, and after close().
  std::shared_ptr<EventFile> file();
  void open(const EventFileOptions& options);  ///< Nothing where there is a file already.
  void close();                                ///< Flushes, and tells that error.

 private:
  std::mutex mutex_;
  std::shared_ptr<EventFile> file_;  // of a call that writes while another one closes
};

}  // namespace runnel::inline v0::summary
