#include "runnel/base/records.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "runnel/base/crc32c.h"
#include "runnel/base/error.h"

namespace runnel::inline v0 {
namespace {

constexpr size_t kHeader = 12, kFooter = 4;

template <class T>
std::string_view bytes_of(const T& value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

template <class T>
T number_at(const char* bytes) {
  T value;
  std::memcpy(&value, bytes, sizeof value);
  return value;
}

}  // namespace

void append_record(std::string& file, std::string_view record) {
  const uint64_t length = record.size();
  file += bytes_of(length);
  file += bytes_of(masked_crc32c(bytes_of(length)));
  file += record;
  file += bytes_of(masked_crc32c(record));
}

RecordReader::RecordReader(const std::string& path) : path_(path), file_(open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
  if (file_ < 0) fail<errors::NotFoundError>("", cat(path, "; ", std::strerror(errno)));
}
RecordReader::~RecordReader() { close(file_); }

bool RecordReader::read_at(uint64_t at, void* out, size_t size) {
  size_t have = 0;
  while (have < size) {
    const ssize_t got = pread(file_, static_cast<char*>(out) + have, size - have, off_t(at + have));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail<errors::DataLossError>("", cat(path_, "; ", std::strerror(errno)));
    if (got == 0) return false;
    have += size_t(got);
  }
  return true;
}

std::optional<std::string> RecordReader::next() {
  struct stat info {};
  if (fstat(file_, &info) != 0) fail<errors::DataLossError>("", cat(path_, "; ", std::strerror(errno)));
  const uint64_t left = uint64_t(info.st_size) > at_ ? uint64_t(info.st_size) - at_ : 0;
  cut_off_ = size_t(left);
  char header[kHeader];
  if (left < kHeader + kFooter || !read_at(at_, header, kHeader)) return {};
  const auto length = number_at<uint64_t>(header);
  if (number_at<uint32_t>(header + 8) != masked_crc32c({header, 8}))
    fail<errors::DataLossError>("", cat("corrupted record at ", at_), {.got = path_});
  if (length > left - kHeader - kFooter) return {};
  std::string record(size_t(length) + kFooter, '\0');
  if (!read_at(at_ + kHeader, record.data(), record.size())) return {};
  const auto crc = number_at<uint32_t>(record.data() + length);
  record.resize(size_t(length));
  if (crc != masked_crc32c(record)) fail<errors::DataLossError>("", cat("corrupted record at ", at_), {.got = path_});
  at_ += kHeader + length + kFooter;
  cut_off_ = size_t(left - (kHeader + length + kFooter));
  return record;
}

}  // namespace runnel::inline v0
