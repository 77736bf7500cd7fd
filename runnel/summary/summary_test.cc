#include "runnel/summary/summary.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <map>
#include <thread>

#include "runnel/base/error.h"
#include "runnel/base/proto_reader.h"
#include "runnel/graph/control_flow.h"
#include "runnel/graph/function.h"
#include "runnel/ops/array.h"
#include "runnel/ops/math.h"

namespace tf = runnel;
using namespace tf::summary;

namespace {

struct Folder {
  std::string path = (std::filesystem::temp_directory_path() / tf::cat("runnel_summary_", getpid())).string();
  Folder() { std::filesystem::remove_all(path); }
  ~Folder() { std::filesystem::remove_all(path); }
  std::string file() const { return std::filesystem::directory_iterator(path)->path().string(); }
  /// All but the first, which only names the version.
  std::vector<Event> events() const {
    std::vector<Event> all = read_events(file());
    REQUIRE(!all.empty());
    CHECK(all[0].file_version == "brain.Event:2");
    return {all.begin() + 1, all.end()};
  }
};

std::vector<std::pair<int64_t, float>> numbers(const Folder& folder) {
  std::vector<std::pair<int64_t, float>> out;
  for (const Event& e : folder.events()) out.emplace_back(e.step, e.values.at(0).tensor.item<float>());
  return out;
}

using Numbers = std::vector<std::pair<int64_t, float>>;

TEST_CASE("summaries stand in a file that TensorBoard's plugins understand") {
  Folder folder;
  SummaryWriter writer = create_file_writer(folder.path);
  {
    auto scope = writer.as_default();
    CHECK(scalar("loss", 0.5, {.step = 3, .description = "words"}).item<bool>());
    histogram("spread", tf::Tensor::from(std::vector<float>{1, 2, 3, 10}), {.step = 4}, 3);
    text("word", "hello", {.step = 5});
    image("picture", tf::zeros({2, 4, 5, 3}), {.step = 6}, 1);
    audio("sound", tf::zeros({2, 7, 1}), tf::Tensor::scalar(int32_t(100)), {.step = 7});
  }
  std::vector<Event> events = folder.events();
  REQUIRE(events.size() == 5);
  CHECK(std::filesystem::path(folder.file()).filename().string().starts_with("events.out.tfevents."));
  CHECK(folder.file().ends_with(".v2"));
  const Value& loss = events[0].values.at(0);
  CHECK(loss.tag == "loss");
  CHECK(loss.tensor.item<float>() == 0.5f);
  CHECK(loss.metadata.plugin_name == "scalars");
  CHECK(loss.metadata.description == "words");
  CHECK(events[0].step == 3);
  CHECK(std::abs(events[0].wall_time - wall_time()) < 60);
  std::span<const double> rows = events[1].values.at(0).tensor.values<double>();
  CHECK(std::vector(rows.begin(), rows.end()) == std::vector<double>{1, 4, 3, 4, 7, 0, 7, 10, 1});
  CHECK(events[2].values.at(0).tensor.item<std::string>() == "hello");
  std::span<const std::string> picture = events[3].values.at(0).tensor.values<std::string>();
  REQUIRE(picture.size() == 3);
  CHECK(picture[0] == "5");
  CHECK(picture[1] == "4");
  CHECK(picture[2].starts_with("\x89PNG"));
  CHECK(events[4].values.at(0).tensor.shape() == tf::Shape({2, 2}));
  CHECK(events[4].values.at(0).tensor.data<std::string>()[0].starts_with("RIFF"));
}

TEST_CASE("without a writer, a step, or where record_if says no, nothing is written") {
  Folder folder;
  CHECK(!scalar("x", 1.0).item<bool>());
  CHECK(!should_record_summaries().item<bool>());
  SummaryWriter writer = create_file_writer(folder.path);
  {
    auto scope = writer.as_default();
    CHECK_THROWS_WITH_AS(scalar("x", 1.0), doctest::Contains("No step set."), tf::ValueError);
    auto never = record_if(false);
    CHECK(!scalar("x", 1.0).item<bool>());
    auto always = record_if([] { return tf::Tensor::scalar(true); });
    CHECK(scalar("x", 1.0, {.step = 2}).item<bool>());
    auto noop = create_noop_writer().as_default();
    CHECK(scalar("x", 2.0, {.step = 3}).item<bool>());
  }
  CHECK(default_writer().is_noop());
  CHECK(numbers(folder) == Numbers{{2, 1}, {3, 2}});
}

TEST_CASE("a traced function writes at every run, in order, with the step that the Variable has then") {
  Folder folder;
  SummaryWriter writer = create_file_writer(folder.path);
  auto scope = writer.as_default();
  tf::Variable step(tf::Tensor::scalar(int64_t(0)));
  auto f = tf::function([&](const tf::Tensor& x) {
    scalar("before", x, {.step = step});
    step.assign_add(tf::Tensor::scalar(int64_t(1)));
    auto large = record_if(tf::greater(x, 1.f));
    scalar("large", tf::multiply(x, 10.f), {.step = step});
    return x;
  });
  for (float x : {1.f, 2.f, 3.f}) f(tf::Tensor::scalar(x));
  writer.flush();
  CHECK(numbers(folder) == Numbers{{0, 1}, {1, 2}, {2, 20}, {2, 3}, {3, 30}});
}

TEST_CASE("threads write whole events, each its own in order") {
  Folder folder;
  SummaryWriter writer = create_file_writer(folder.path, {.max_queue = 3});
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      auto scope = writer.as_default();
      for (int i = 0; i < 200; ++i) scalar(tf::cat("thread", t), float(i), {.step = i});
    });
  for (std::thread& t : threads) t.join();
  writer.close();
  std::map<std::string, int64_t> next;
  for (const Event& e : folder.events()) CHECK(e.step == next[e.values.at(0).tag]++);
  CHECK(next == std::map<std::string, int64_t>{{"thread0", 200}, {"thread1", 200}, {"thread2", 200}, {"thread3", 200}});
}

TEST_CASE("a writer that is closed says so") {
  Folder folder;
  SummaryWriter writer = create_file_writer(folder.path);
  auto scope = writer.as_default(5);
  CHECK(scalar("x", 1.0).item<bool>());
  writer.close();
  writer.close();
  CHECK_THROWS_WITH_AS(static_cast<void>(writer.as_default()), doctest::Contains("already closed"), tf::RuntimeError);
  CHECK_THROWS_WITH_AS(scalar("x", 1.0), doctest::Contains("does not exist"), tf::errors::NotFoundError);
  CHECK(numbers(folder) == Numbers{{5, 1}});
}

TEST_CASE("a place that cannot be written is an error at once") {
  CHECK_THROWS_AS(create_file_writer("/proc/nothing"), tf::OpError);
}

TEST_CASE("the graphs of what ran are exported") {
  Folder folder;
  SummaryWriter writer = create_file_writer(folder.path);
  auto f = tf::function([](const tf::Tensor& x) { return tf::add(x, 1.f); });
  CHECK_THROWS_WITH_AS(trace_export("t", 0), doctest::Contains("Must enable trace"), tf::ValueError);
  trace_on();
  f(tf::Tensor::scalar(1.f));
  f(tf::Tensor::scalar(2.f));
  {
    auto scope = writer.as_default();
    trace_export("ran", 4);
  }
  f(tf::Tensor::scalar(2.f));
  const Event event = folder.events().at(0);
  const std::string& run = event.values.at(0).tensor.data<std::string>()[0];
  CHECK(event.values[0].metadata.plugin_name == "graph_run_metadata_graph");
  CHECK(run.find("AddV2") != std::string::npos);
  int functions = 0;
  for (tf::ProtoReader in(run); in.next();) functions += in.field() == 4;
  CHECK(functions == 1);
}

}  // namespace
