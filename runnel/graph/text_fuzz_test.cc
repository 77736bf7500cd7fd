// Mutated texts of graphs: parse_graph gives a graph or a typed error. RUNNEL_FUZZ_ROUNDS asks for more rounds than ./test takes.
#include <doctest/doctest.h>

#include <cstdlib>
#include <random>

#include "runnel/base/error.h"
#include "runnel/base/files.h"
#include "runnel/graph/text.h"

namespace tf = runnel;

namespace {

constexpr const char* kText =
    "x = Placeholder() {dtype=float32, shape=(None, 2)} : float32(None, 2)\n"
    "y = Const() {value=float32(2,){1, 2.5}, dtype=float32} : float32(2,)\n"
    "words = Const() {value=string(2,){\"a\\x22\", \"\"}, dtype=string} : string(2,)\n"
    "product = MatMul(x, x) {transpose_a=false, transpose_b=true, T=float32} : float32(None, None)\n"
    "split = Split(y, x) {num_split=2, T=float32} : float32<unknown>, float32(None, 1)\n"
    "out = Identity(split:1) {T=float32} : float32(None, 1) ^product\n";

// Characters changed, lines cut off, and parts copied elsewhere.
std::string mutated(std::string text, std::mt19937& random) {
  auto below = [&](size_t n) { return size_t(random() % n); };
  for (size_t changes = 1 + below(3); changes-- > 0 && !text.empty();) {
    size_t at = below(text.size());
    switch (below(5)) {
      case 0: text[at] = "(){}[]<>,:=^\"-19 \n"[below(18)]; break;
      case 1: text.resize(at); break;
      case 2: text.insert(at, text.substr(below(text.size()), below(40))); break;
      case 3: text.insert(at, "99999999999"); break;
      default: text.erase(at, 1 + below(8));
    }
  }
  return text;
}

}  // namespace

TEST_CASE("parse_graph survives mutated texts") {
  CHECK(tf::graph_text(*tf::parse_graph(kText)) == kText);
  std::string asked = tf::environment("RUNNEL_FUZZ_ROUNDS");
  int readable = 0, refused = 0;
  for (int i = 0; i < (asked.empty() ? 2000 : std::atoi(asked.c_str())); ++i) {
    CAPTURE(i);
    std::mt19937 random(uint32_t(i) * 7919 + 1);
    try {
      tf::graph_text(*tf::parse_graph(mutated(kText, random)));
      ++readable;
    } catch (const tf::Error&) {
      ++refused;
    }
  }
  CHECK(readable > 0);
  CHECK(refused > 0);
}

TEST_CASE("parse_graph names the line that ends too early, or has no such output") {
  using tf::errors::InvalidArgumentError;
  CHECK_THROWS_WITH_AS(tf::parse_graph("x = Placeholder() {shape=(2"), doctest::Contains("\"x = Placeholder() {shape=(2\""), InvalidArgumentError);
  CHECK_THROWS_WITH_AS(tf::parse_graph("x = Placeholder() : float32(2)\ny = Identity(x:1) : float32(2)"), doctest::Contains("an output of x instead of 1"),
                       InvalidArgumentError);
  CHECK_THROWS_AS(tf::parse_graph("x = Const() {value=float32(9999999999){0x}} : float32(2)"), InvalidArgumentError);
}
