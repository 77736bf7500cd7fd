#include "runnel/summary/event.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <random>

#include "runnel/base/error.h"
#include "runnel/base/files.h"
#include "runnel/base/proto.h"
#include "runnel/core/tensor_proto.h"

namespace tf = runnel;
using namespace tf::summary;

namespace {

std::string hex(const std::string& bytes) {
  std::string out;
  for (unsigned char c : bytes) out += {"0123456789abcdef"[c >> 4], "0123456789abcdef"[c & 15]};
  return out;
}

// Bytes of an event file of TensorFlow 2.21: tf.summary.scalar('a', 1., step=1).
TEST_CASE("an event has the bytes that TensorFlow writes") {
  std::string metadata = SummaryMetadata{.plugin_name = "scalars"}.bytes();
  std::string event = tensor_event(0, 1, "a", tf::Tensor::scalar(1.f), metadata);
  CHECK(hex(event) == "10012a1e0a1c0a0161420a0801120022040000803f4a0b0a090a077363616c617273");
}

TEST_CASE("events are read as they were written") {
  SummaryMetadata metadata{.plugin_name = "p", .plugin_content = std::string("\0\1", 2), .display_name = "n", .description = "d", .data_class = 2};
  Event event = parse_event(tensor_event(1.5, -3, "tag", tf::Tensor::from(std::vector<std::string>{"a", ""}), metadata.bytes()));
  CHECK(event.wall_time == 1.5);
  CHECK(event.step == -3);
  REQUIRE(event.values.size() == 1);
  CHECK(event.values[0].metadata.bytes() == metadata.bytes());
  CHECK(event.values[0].tensor.data<std::string>()[1] == "");
  CHECK(parse_event(scalar_event(0, 1, "x", 2.5f)).values.at(0).simple_value == 2.5f);
  CHECK(parse_event(graph_event(0, 1, "bytes")).graph_def == "bytes");
}

TEST_CASE("a TensorProto holds its values as bytes or one by one, the last one for all that follow") {
  tf::ProtoWriter proto, size, shape;
  size.integer(1, 4);
  shape.message(2, size);
  proto.integer(1, 3);
  proto.message(2, shape);
  proto.integers(7, std::vector<int64_t>{5, -6});
  tf::Tensor t = tf::tensor_from_proto(proto.bytes());
  CHECK(std::vector(t.data<int32_t>(), t.data<int32_t>() + 4) == std::vector<int32_t>{5, -6, -6, -6});
  proto.integers(7, std::vector<int64_t>{1, 2, 3});
  CHECK_THROWS_WITH_AS(tf::tensor_from_proto(proto.bytes()), doctest::Contains("5 values for 4 elements"), tf::errors::DataLossError);
}

TEST_CASE("damaged events neither crash nor eat memory") {
  const std::string good = tensor_event(1, 2, "tag", tf::Tensor::from(std::vector<std::string>{"word", "x"}), SummaryMetadata{.plugin_name = "p"}.bytes()) +
                           tensor_event(1, 2, "tag", tf::Tensor::from(std::vector<double>{1, 2, 3}), "");
  std::mt19937 random(1);
  int told = 0;
  for (int i = 0; i < 5000; ++i) {
    std::string bytes = good.substr(0, i % 3 ? good.size() : random() % good.size());
    for (unsigned n = random() % 4; n > 0 && !bytes.empty(); --n) bytes[random() % bytes.size()] = char(random());
    try {
      parse_event(bytes);
    } catch (const tf::errors::DataLossError&) {
      ++told;
    }
  }
  CHECK(told > 1000);
}

TEST_CASE("a file that is cut anywhere gives the events before the cut") {
  std::string path = (std::filesystem::temp_directory_path() / tf::cat("runnel_event_", getpid())).string(), file;
  std::vector<size_t> ends;
  for (int i = 0; i < 3; ++i) {
    tf::append_record(file, scalar_event(0, i, "x", float(i)));
    ends.push_back(file.size());
  }
  for (size_t cut = 0; cut <= file.size(); ++cut) {
    tf::write_file(path, file.substr(0, cut));
    CHECK(read_events(path).size() == size_t(std::count_if(ends.begin(), ends.end(), [&](size_t end) { return end <= cut; })));
  }
  std::filesystem::remove(path);
}

}  // namespace
