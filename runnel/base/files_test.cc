#include "runnel/base/files.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdio>

#include "runnel/base/compress.h"
#include "runnel/base/error.h"
#include "runnel/base/sha256.h"

using namespace runnel;

TEST_CASE("write_file creates folders, read_file gives the same bytes back") {
  const std::string folder = join_path(environment("TMPDIR").empty() ? "/tmp" : environment("TMPDIR"), cat("runnel_files_test_", getpid()));
  const std::string path = join_path(folder, "deep/er/file.bin");
  const std::string bytes("a\0b\xff", 4);
  write_file(path, bytes);
  CHECK(file_exists(path));
  CHECK_FALSE(file_exists(path + ".part"));
  CHECK(read_file(path) == bytes);
  std::remove(path.c_str());
  CHECK_THROWS_AS(read_file(path), errors::NotFoundError);
}

TEST_CASE("sha256 gives the digests of FIPS 180-4") {
  CHECK(sha256("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(sha256("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(sha256(std::string(1000000, 'a')) == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
  Sha256 in_pieces;
  for (char c : std::string("abc")) in_pieces.update(&c, 1);
  CHECK(in_pieces.hex() == sha256("abc"));
}

TEST_CASE("decompress reads zlib and gzip, and names damaged data") {
  const std::string zlib_hello("\x78\x9c\xcb\x48\xcd\xc9\xc9\x07\x00\x06\x2c\x02\x15", 13);
  CHECK(decompress(zlib_hello) == "hello");
  const std::string gzip_hello("\x1f\x8b\x08\0\0\0\0\0\0\x03\xcb\x48\xcd\xc9\xc9\x07\0\x86\xa6\x10\x36\x05\0\0\0", 25);
  CHECK(decompress(gzip_hello) == "hello");
  CHECK_THROWS_WITH_AS(decompress(zlib_hello.substr(0, 6), "greeting.gz"), doctest::Contains("greeting.gz"), errors::DataLossError);
}
