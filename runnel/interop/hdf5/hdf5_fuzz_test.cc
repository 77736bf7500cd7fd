// Mutated files: hdf5::read gives a tree whose datasets can be read, or a typed error; it never crashes, loops or eats memory.
// RUNNEL_FUZZ_ROUNDS asks for more rounds than ./test takes (tests/fuzz/fuzz_files.py does).
#include <doctest/doctest.h>

#include <cstdlib>
#include <random>

#include "runnel/base/error.h"
#include "runnel/base/files.h"
#include "runnel/interop/hdf5/hdf5.h"

using namespace runnel;

namespace {

int rounds() {
  std::string asked = environment("RUNNEL_FUZZ_ROUNDS");
  return asked.empty() ? 400 : std::atoi(asked.c_str());
}

// Bytes flipped, numbers made extreme, parts copied elsewhere, the end cut off.
void mutate(std::string& bytes, std::mt19937& random) {
  auto below = [&](size_t n) { return size_t(random() % n); };
  for (size_t changes = 1 + below(4); changes-- > 0 && bytes.size() > 16;) {
    size_t at = below(bytes.size() - 8);
    switch (below(5)) {
      case 0: bytes[at] = char(random()); break;
      case 1: bytes[at] = char(uint8_t(bytes[at]) ^ (1 << below(8))); break;
      case 2: bytes.replace(at, 8, 8, below(2) ? '\xff' : '\0'); break;
      case 3: bytes.replace(at, 8, bytes.substr(below(bytes.size() - 8), 8)); break;
      default: if (below(4) == 0) bytes.resize(at);
    }
  }
}

void read_all(const hdf5::Group& group, int& budget) {
  for (const auto& [name, dataset] : group.datasets)
    if (budget-- > 0) dataset.read();
  for (const auto& [name, child] : group.groups)
    if (budget-- > 0) read_all(*child, budget);
}

/// True where the file could be read.
bool survives(const std::string& bytes) {
  try {
    int budget = 2000;
    read_all(*hdf5::read(bytes), budget);
    return true;
  } catch (const errors::DataLossError&) {
  } catch (const errors::UnimplementedError&) {
  }
  return false;
}

}  // namespace

TEST_CASE("hdf5 survives mutated files") {
  int readable = 0, refused = 0;
  for (const char* name : {"userblock.h5", "v18.h5", "latest.h5", "cycle.h5", "dense.h5", "growing.h5"}) {
    CAPTURE(name);
    const std::string original = read_file(join_path(RUNNEL_TEST_DATA, cat("hdf5/", name)));
    for (int i = 0; i < rounds(); ++i) {
      CAPTURE(i);
      std::mt19937 random(uint32_t(i) * 7919 + 1);
      std::string bytes = original;
      mutate(bytes, random);
      survives(bytes) ? ++readable : ++refused;
    }
  }
  CHECK(readable > 0);
  CHECK(refused > 0);
}

TEST_CASE("hdf5 refuses a file that is cut short anywhere in its structures") {
  hdf5::Group root;
  root.create_dataset("a/b", Tensor::from(std::vector<float>{1, 2, 3})).set_attribute("note", Tensor::scalar(std::string("text")));
  const std::string whole = hdf5::write(root);
  CHECK(survives(whole));
  for (size_t size = 0; size < whole.size(); ++size) REQUIRE_FALSE(survives(whole.substr(0, size)));
}
