#include "runnel/graph/graph_def.h"

#include <doctest/doctest.h>

#include "runnel/base/proto.h"
#include "runnel/ops/math.h"

namespace tf = runnel;

TEST_CASE("numbers, text and messages have protobuf's bytes") {
  tf::ProtoWriter out, inner;
  inner.integer(1, 300);
  out.integer(1, 0);           // left out
  out.present_integer(2, 0);
  out.integer(3, -1);
  out.text(4, "ab");
  out.message(5, inner);
  out.present_float(6, 1.f);
  out.integers(7, std::vector<int64_t>{1, 128});
  using namespace std::string_literals;
  CHECK(out.bytes() == "\x10\x00\x18\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x22\x02"s + "ab" + "\x2a\x03\x08\xac\x02\x35\x00\x00\x80\x3f\x3a\x03\x01\x80\x01"s);
}

TEST_CASE("a graph is written with its nodes and the functions that they call") {
  auto doubled = tf::trace_function("doubled", std::vector<tf::Argument>{{tf::float32, tf::PartialShape({2}), "x"}},
                                    [](const std::vector<tf::Tensor>& v) { return std::vector<tf::Tensor>{tf::add(v[0], v[0])}; })
                     .function();
  tf::Traced outer = tf::trace_function("outer", std::vector<tf::Argument>{{tf::float32, tf::PartialShape({2}), "a"}},
                                        [&](const std::vector<tf::Tensor>& v) { return tf::call_function(doubled, v); });
  std::string bytes = tf::graph_def(*outer.graph);
  for (const char* word : {"Placeholder", "PartitionedCall", "doubled", "AddV2", "x", "AddV2:z:0"}) CHECK(bytes.find(word) != std::string::npos);
  CHECK(tf::function_def(*doubled).find("Identity:output:0") != std::string::npos);
}
