#include "runnel/base/records.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>

#include "runnel/base/crc32c.h"
#include "runnel/base/error.h"
#include "runnel/base/files.h"

namespace runnel {
namespace {

struct TempFile {
  std::string path = (std::filesystem::temp_directory_path() / cat("runnel_records_", getpid())).string();
  ~TempFile() { std::filesystem::remove(path); }
};

TEST_CASE("CRC-32C has the values of RFC 3720") {
  CHECK(crc32c("123456789") == 0xe3069283u);
  CHECK(crc32c(std::string(32, '\0')) == 0x8a9136aau);
  CHECK(crc32c(std::string(32, '\xff')) == 0x62a8ab43u);
  CHECK(crc32c("56789", crc32c("1234")) == 0xe3069283u);
  CHECK(crc32c("") == 0u);
}

// The head of the first record of an event file of TensorFlow 2.21.
TEST_CASE("a length has the masked checksum that TensorFlow writes") {
  std::string file;
  append_record(file, std::string(62, 'x'));
  CHECK(file.size() == 78);
  CHECK(file.substr(0, 12) == std::string("\x3e\0\0\0\0\0\0\0\xd9\xd2\x40\xe7", 12));
}

TEST_CASE("a reader gives the whole records of a file that grows") {
  TempFile temp;
  std::string file;
  append_record(file, "first");
  append_record(file, "");
  const size_t whole = file.size();
  append_record(file, "third");
  write_file(temp.path, file.substr(0, file.size() - 2));
  RecordReader reader(temp.path);
  CHECK(reader.next() == "first");
  CHECK(reader.next() == "");
  CHECK(!reader.next());
  CHECK(reader.cut_off() == file.size() - 2 - whole);
  std::FILE* more = std::fopen(temp.path.c_str(), "ab");
  std::fwrite(file.data() + file.size() - 2, 1, 2, more);
  std::fclose(more);
  CHECK(reader.next() == "third");
  CHECK(reader.cut_off() == 0);
}

TEST_CASE("damaged records are told, missing files as well") {
  TempFile temp;
  std::string file;
  append_record(file, "first");
  for (size_t at : {size_t(0), size_t(9), size_t(13), file.size() - 1}) {
    std::string damaged = file + file;
    damaged[at] ^= 1;
    write_file(temp.path, damaged);
    RecordReader reader(temp.path);
    CHECK_THROWS_WITH_AS(reader.next(), doctest::Contains("corrupted record at 0"), errors::DataLossError);
  }
  CHECK_THROWS_AS(RecordReader("/no/such/file"), errors::NotFoundError);
}

}  // namespace
}  // namespace runnel
