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

TEST_CASE("parse_graph takes no bytes for elements that are objects, no digits that are none, and no numbers that do not fit") {
  using tf::errors::InvalidArgumentError;
  auto constant = [](const std::string& dtype, int size, const std::string& elements) {
    const std::string type = tf::cat(dtype, "(", size, ",)");
    return tf::parse_graph(tf::cat("x = Const() {value=", type, "{", elements, "}, dtype=", dtype, "} : ", type));
  };
  CHECK_NOTHROW(constant("int8", 2, "0x01ff"));
  CHECK_NOTHROW(constant("int8", 2, "-128, 127"));
  CHECK_NOTHROW(constant("uint64", 1, "18446744073709551615"));
  const std::string zeros(2 * sizeof(std::string), '0');
  for (const char* dtype : {"string", "resource", "variant"}) CHECK_THROWS_AS(constant(dtype, 1, "0x" + zeros), InvalidArgumentError);
  for (const char* digits : {"0x01zz", "0x01+f", "0, 128", "0, -129"}) CHECK_THROWS_AS(constant("int8", 2, digits), InvalidArgumentError);
  CHECK_THROWS_AS(constant("uint8", 1, "-1"), InvalidArgumentError);
  CHECK_THROWS_AS(constant("int32", 1, "2147483648"), InvalidArgumentError);
  CHECK_THROWS_AS(constant("int64", 1, "9223372036854775808"), InvalidArgumentError);
  CHECK_THROWS_AS(constant("string", 1, "\"\\xzz\""), InvalidArgumentError);
}
