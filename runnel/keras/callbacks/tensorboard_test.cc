#include "runnel/keras/callbacks/tensorboard.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>

#include "runnel/base/error.h"
#include "runnel/keras/layers.h"
#include "runnel/keras/model.h"
#include "runnel/ops/array.h"

namespace tf = runnel;
using namespace tf::keras;

namespace {

struct Folder {
  std::string path = (std::filesystem::temp_directory_path() / tf::cat("runnel_tensorboard_", getpid())).string();
  ~Folder() { std::filesystem::remove_all(path); }
  std::vector<std::string> tags(const char* part) const {
    std::vector<std::string> out;
    for (const auto& file : std::filesystem::directory_iterator(path + "/" + part))
      for (const tf::summary::Event& event : tf::summary::read_events(file.path().string()))
        for (const tf::summary::Value& value : event.values) out.push_back(tf::cat(value.tag, " ", event.step));
    return out;
  }
};

using Tags = std::vector<std::string>;

TEST_CASE("fit tells TensorBoard its epochs, its batches and its weights") {
  Folder folder;
  Sequential model({layers::Dense({.units = 1, .name = "last", .input_shape = {3}})}, "net");
  model.compile({.optimizer = "sgd", .loss = "mse"});
  tf::Tensor x = tf::ones({4, 3}), y = tf::ones({4, 1});
  callbacks::TensorBoard board({.log_dir = folder.path, .histogram_freq = 2, .update_freq = 2});
  model.fit(x, y, {.batch_size = 2, .epochs = 1, .verbose = 0, .callbacks = {board}, .validation_data = {x, y}});
  CHECK(folder.tags("train") == Tags{"keras 0", "batch_loss 2", "epoch_loss 0", "epoch_learning_rate 0", "net/last/kernel/histogram 0",
                                     "net/last/bias/histogram 0"});
  CHECK(folder.tags("validation") == Tags{"evaluation_loss_vs_iterations 2", "epoch_loss 0"});
  CHECK(tf::summary::default_writer().is_noop());
}

TEST_CASE("what the callback cannot do it says") {
  CHECK_THROWS_WITH_AS(callbacks::TensorBoard({.profile_batch = int64_t(2)}), doctest::Contains("no profiler"), tf::NotImplementedError);
  CHECK_THROWS_WITH_AS(callbacks::TensorBoard({.update_freq = "never"}), doctest::Contains("update_freq"), tf::ValueError);
  callbacks::TensorBoard board({.log_dir = "unused"});
  CHECK_THROWS_WITH_AS(board.body()->on_train_begin(), doctest::Contains("it has no model"), tf::ValueError);
}

}  // namespace
