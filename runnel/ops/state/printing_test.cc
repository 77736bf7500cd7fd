#include "runnel/ops/printing.h"

#include <cmath>
#include <cstdio>

#include "runnel/graph/function.h"
#include "runnel/ops/variable.h"
#include "runnel/ops/wrong_calls.h"

namespace runnel::testing {

namespace {

// The texts are TensorFlow's, of the same calls.
std::string formatted(const Tensor& t, int64_t summarize = 3) { return strings::format("{}", {t}, "{}", summarize).item<std::string>(); }

// What print() writes while it lives.
class Heard {
 public:
  Heard() {
    set_print_listener([this](const std::string& stream, const std::string& told) {
      text += cat(stream, ": ", told);
      return true;
    });
  }
  ~Heard() { set_print_listener(nullptr); }
  std::string text;
};

}  // namespace

TEST_CASE("numbers are written with the digits that they need") {
  Tensor single = floats({1 / 3.f, 1e10f, 1e-5f, NAN, -INFINITY, -0.f, 16777216.f, 0.1f, 123456789.f});
  CHECK(formatted(single, -1) == "[0.333333343 1e+10 1e-05 nan -inf -0 16777216 0.1 123456792]");
  CHECK(formatted(Tensor::from(std::vector<double>{1 / 3., 1e10, 3.141592653589793, 123456789.123}), -1) == "[0.33333333333333331 10000000000 3.1415926535897931 123456789.123]");
  CHECK(formatted(cast(floats({1 / 3.f, 65504}), float16)) == "[0.333251953 65504]");
  CHECK(formatted(Tensor::from(std::vector<std::string>{"a\n\x01\xc3\xa9", "b"})) == "[\"a\\n\\001\xc3\xa9\" \"b\"]");
  CHECK(formatted(bools({true, false})) == "[1 0]");
}

TEST_CASE("long axes are cut in the middle") {
  CHECK(formatted(reshape(range(100), {10, 10})) ==
        "[[0 1 2 ... 7 8 9]\n [10 11 12 ... 17 18 19]\n [20 21 22 ... 27 28 29]\n ...\n [70 71 72 ... 77 78 79]\n [80 81 82 ... 87 88 89]\n"
        " [90 91 92 ... 97 98 99]]");
  CHECK(formatted(reshape(range(60), {3, 4, 5}), 1) == "[[[0 ... 4]\n  ...\n  [15 ... 19]]\n\n ...\n\n [[40 ... 44]\n  ...\n  [55 ... 59]]]");
  CHECK(formatted(zeros({0})) == "[]");
}

TEST_CASE("texts may hold any character") {
  Heard heard;
  Tensor one = Tensor::scalar(1);
  print({std::string("a\0b", 3), one}, {.output_stream = "stdout"});
  print({"\x1a", one, "\x1a\x30\x1b"}, {.output_stream = "stdout"});
  print({"\x1a"}, {.output_stream = "stdout"});
  CHECK(heard.text == std::string("stdout: a\0b 1\n", 14) + "stdout: \x1a 1 \x1a\x30\x1b\nstdout: \x1a\n");
}

TEST_CASE("a full disk is noticed") {
  if (std::FILE* full = std::fopen("/dev/full", "a")) {
    std::fclose(full);
    CHECK_THROWS_AS(print({"x"}, {.output_stream = "file:///dev/full"}), errors::InvalidArgumentError);
  }
}

TEST_CASE("print writes texts and structures, in a graph at every call") {
  Heard heard;
  Tensor one = Tensor::scalar(1);
  print({"x", Nest(Nest::Dict{{"b", one}, {"a", Nest::tuple({one})}})}, {.output_stream = "stdout", .sep = "|", .end = "<\n"});
  CHECK(heard.text == "stdout: x|{'a': (1,), 'b': 1}<\n");
  heard.text.clear();
  print({Tensor::scalar(std::string("just \"text\""))});
  CHECK(heard.text == "stderr: just \"text\"\n");
  heard.text.clear();
  print({"v", Variable(Tensor::scalar(2.5f)), 3, 0.25}, {.output_stream = "stdout"});
  CHECK(heard.text == "stdout: v 2.5 3 0.25\n");
  heard.text.clear();
  auto f = function([](Tensor x) {
    print({"x is", x});
    return x;
  });
  f(Tensor::scalar(1.5f));
  f(Tensor::scalar(2.5f));
  CHECK(heard.text == "stderr: x is 1.5\nstderr: x is 2.5\n");
}

TEST_CASE("streams and placeholders that are not there are refused") {
  CHECK_THROWS_WITH_AS(print({"a"}, {.output_stream = "nowhere"}), doctest::Contains("Unknown output stream: nowhere"), errors::InvalidArgumentError);
  CHECK_THROWS_WITH_AS(print({"a"}, {.output_stream = "file:///no/such/folder/x"}), doctest::Contains("cannot be written"), errors::InvalidArgumentError);
  CHECK_THROWS_WITH_AS(strings::format("a", {Tensor::scalar(1)}), doctest::Contains("The template expects 0 tensors, but the inputs only has 1"), ValueError);
}

}  // namespace runnel::testing
