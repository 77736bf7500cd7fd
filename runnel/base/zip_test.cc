#include "runnel/base/zip.h"

#include <doctest/doctest.h>

#include <random>

#include "runnel/base/error.h"
#include "runnel/base/files.h"

using namespace runnel;

namespace {

std::string small_archive() {
  ZipWriter writer;
  writer.add("metadata.json", "{}");
  writer.add("deep/config.json", std::string(1000, 'c'));
  writer.add("empty", "");
  return writer.take();
}

std::string data(const std::string& name) { return read_file(join_path(RUNNEL_TEST_DATA, "zip/" + name)); }

}  // namespace

TEST_CASE("zip gives its members back, in order") {
  ZipReader reader(small_archive());
  CHECK(reader.names() == std::vector<std::string>{"metadata.json", "deep/config.json", "empty"});
  CHECK(reader.read("metadata.json") == "{}");
  CHECK(reader.read("deep/config.json") == std::string(1000, 'c'));
  CHECK(reader.read("empty").empty());
  CHECK(reader.contains("empty"));
  CHECK_THROWS_WITH_AS(reader.read("other"), doctest::Contains("no member other"), errors::NotFoundError);
}

TEST_CASE("zip stores members as they are") {
  CHECK(small_archive().find(std::string(1000, 'c')) != std::string::npos);
}

TEST_CASE("zip reads what Python packs, and refuses bombs, doubles and damage") {
  CHECK(ZipReader(data("packed.zip")).read("a.txt") == std::string(5000, 'a'));
  CHECK_THROWS_WITH_AS(ZipReader(data("bomb.zip")).read("bomb"), doctest::Contains("zip bomb"), ValueError);
  CHECK_THROWS_WITH_AS(ZipReader(data("double.zip")).read("a"), doctest::Contains("two members named a"), errors::DataLossError);
  CHECK_THROWS_WITH_AS(ZipReader("no archive"), doctest::Contains("list of members is missing"), errors::DataLossError);
  std::string changed = small_archive();
  changed[changed.find("cccc") + 2] = 'x';
  CHECK_THROWS_WITH_AS(ZipReader(changed).read("deep/config.json"), doctest::Contains("wrong checksum"), errors::DataLossError);
}

TEST_CASE("zip survives mutated archives") {
  const std::string original = small_archive();
  int readable = 0;
  for (uint32_t seed = 0; seed < 3000; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    std::string bytes = original;
    for (int i = 0; i < 3; ++i) bytes[random() % bytes.size()] = char(random());
    if (seed % 8 == 0) bytes.resize(random() % bytes.size());
    try {
      ZipReader reader(bytes);
      for (const std::string& name : reader.names()) reader.read(name);
      ++readable;
    } catch (const errors::DataLossError&) {
    } catch (const ValueError&) {
    }
  }
  CHECK(readable > 0);
}
