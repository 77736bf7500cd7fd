// TFRecord: a file of records, each with its length and checksums (tensorflow/core/lib/io/record_writer.h):
//   uint64 length, masked CRC of those 8 bytes, the bytes, masked CRC of the bytes; little-endian.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace runnel::inline v0 {

/// Adds a record to the bytes of a file.
void append_record(std::string& file, std::string_view record);

/// Reads records one after the other. A file may grow meanwhile: what is not whole yet is no record, and asking again later finds it.
class RecordReader {
 public:
  /// NotFoundError where the file cannot be opened.
  explicit RecordReader(const std::string& path);
  ~RecordReader();
  RecordReader(const RecordReader&) = delete;
  RecordReader& operator=(const RecordReader&) = delete;

  /// The next record; nothing where the file has ended (maybe within a record). DataLossError where a checksum is wrong.
  std::optional<std::string> next();
  /// Bytes behind the last whole record: 0 where the file ends with one.
  size_t cut_off() const { return cut_off_; }

 private:
  bool read_at(uint64_t at, void* out, size_t size);

  std::string path_;
  int file_;
  uint64_t at_ = 0;  // where the next record begins
  size_t cut_off_ = 0;
};

}  // namespace runnel::inline v0
