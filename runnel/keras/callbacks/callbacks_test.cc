#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>

#include "runnel/base/error.h"
#include "runnel/base/files.h"
#include "runnel/keras/keras.h"

using namespace runnel;
using namespace runnel::keras;

namespace {

Sequential small_model(Optimizer optimizer = optimizers::SGD({.learning_rate = 0.1})) {
  Sequential model({layers::Dense({.units = 1, .input_shape = {1}})});
  model.compile({.optimizer = optimizer, .loss = "mse", .metrics = {"accuracy", "mae"}});
  return model;
}
Tensor column(std::vector<float> values) { return Tensor::from(values).reshaped({int64_t(values.size()), 1}); }
const Tensor kX = column({1, 2, 3, 4, 5, 6, 7}), kY = column({2, 1, 4, 3, 6, 5, 8});

const std::vector<double> kLosses{1, .9, .95, .94, .93, .8, .85, .85, .85};

std::pair<int64_t, int64_t> stopped_and_best(const callbacks::EarlyStoppingOptions& options) {
  Sequential model = small_model();
  model.fit(kX, kY, {.verbose = 0});
  callbacks::EarlyStopping stopping(options);
  stopping.body()->model = model.body().get();
  stopping.body()->on_train_begin();
  for (size_t e = 0; e < kLosses.size() && !model.body()->stop_training; ++e)
    stopping.body()->on_epoch_end(int64_t(e), {{"val_loss", kLosses[e]}, {"val_accuracy", kLosses[e]}, {"val_mae", kLosses[e]}});
  return {stopping.body()->stopped_epoch(), stopping.body()->best_epoch()};
}

std::vector<float> rates(const callbacks::ReduceLROnPlateauOptions& options) {
  Sequential model = small_model();
  callbacks::ReduceLROnPlateau reducing(options);
  reducing.body()->model = model.body().get();
  reducing.body()->on_train_begin();
  std::vector<float> out;
  for (size_t e = 0; e < kLosses.size(); ++e) {
    reducing.body()->on_epoch_end(int64_t(e), {{"val_loss", kLosses[e]}});
    out.push_back(model.body()->optimizer().learning_rate().item<float>());
  }
  return out;
}

std::string temporary(const char* name) {
  std::string path = join_path(std::filesystem::temp_directory_path().string(), cat("runnel_callbacks_test_", getpid(), "_", name));
  std::filesystem::remove_all(path);
  return path;
}

}  // namespace

// What Keras 3 does with the same values.
TEST_CASE("EarlyStopping stops where Keras's does") {
  using Pair = std::pair<int64_t, int64_t>;
  CHECK(stopped_and_best({.patience = 2}) == Pair(3, 1));
  CHECK(stopped_and_best({.patience = 3}) == Pair(4, 1));
  CHECK(stopped_and_best({.min_delta = .07, .patience = 2}) == Pair(3, 1));
  CHECK(stopped_and_best({.patience = 2, .baseline = .5}) == Pair(2, 1));
  CHECK(stopped_and_best({.patience = 1, .start_from_epoch = 3}) == Pair(6, 5));
  CHECK(stopped_and_best({.monitor = "val_accuracy", .patience = 2}) == Pair(2, 0));
  CHECK(stopped_and_best({.monitor = "val_mae", .patience = 1}) == Pair(2, 1));
  CHECK(stopped_and_best({.patience = 1, .mode = "max"}) == Pair(1, 0));
  CHECK_THROWS_AS(stopped_and_best({.monitor = "val_of_mine"}), ValueError);
}

TEST_CASE("ReduceLROnPlateau sets Keras's rates") {
  CHECK(rates({.factor = .5, .patience = 1}) == std::vector<float>{.1f, .1f, .05f, .025f, .0125f, .0125f, .00625f, .003125f, .0015625f});
  CHECK(rates({.factor = .5, .patience = 1, .cooldown = 2}) == std::vector<float>{.1f, .1f, .05f, .05f, .025f, .025f, .0125f, .0125f, .00625f});
  CHECK(rates({.factor = .1, .patience = 2, .min_lr = .02}) == std::vector<float>{.1f, .1f, .1f, .02f, .02f, .02f, .02f, .02f, .02f});
  CHECK_THROWS_AS(callbacks::ReduceLROnPlateau({.factor = 1}), ValueError);
}

TEST_CASE("LearningRateScheduler sets the rate of each epoch and shows it in the history") {
  Sequential model = small_model();
  callbacks::LearningRateScheduler halving({.schedule = [](int64_t epoch, double rate) { return epoch == 0 ? rate : rate / 2; }});
  History history = model.fit(kX, kY, {.epochs = 3, .verbose = 0, .callbacks = {halving}});
  CHECK(history.history["learning_rate"] == std::vector<double>{double(.1f), double(.05f), double(.025f)});
}

TEST_CASE("ModelCheckpoint names files as Python's format does and keeps the best") {
  CHECK(callbacks::formatted_path("w.{epoch:02d}-{val_loss:.2f}-{loss}-{batch:d}.h5", {{"epoch", 7}, {"val_loss", .12345}, {"loss", .25}, {"batch", 12}}) ==
        "w.07-0.12-0.25-12.h5");
  CHECK_THROWS_AS(callbacks::formatted_path("{missing}.h5", {}), KeyError);
  CHECK_THROWS_AS(callbacks::ModelCheckpoint({.filepath = "model.bin"}), ValueError);
  CHECK_THROWS_AS(callbacks::ModelCheckpoint({.filepath = "model.keras", .save_weights_only = true}), ValueError);
  std::string folder = temporary("checkpoints");
  callbacks::ModelCheckpoint best({.filepath = folder + "/{epoch}.weights.h5", .monitor = "loss", .save_best_only = true, .save_weights_only = true});
  Sequential model = small_model(optimizers::SGD({.learning_rate = 0.001}));
  model.fit(kX, kY, {.epochs = 2, .verbose = 0});
  best.body()->model = model.body().get();
  for (int64_t e = 0; e < 3; ++e) {
    best.body()->on_epoch_begin(e);
    best.body()->on_epoch_end(e, {{"loss", e == 1 ? 2.0 : 1.0 / double(e + 1)}});
  }
  CHECK(file_exists(folder + "/1.weights.h5"));
  CHECK(!file_exists(folder + "/2.weights.h5"));
  CHECK(file_exists(folder + "/3.weights.h5"));
}

TEST_CASE("CSVLogger writes Keras's lines") {
  std::string path = temporary("log.csv");
  callbacks::CSVLogger logger({.filename = path});
  logger.body()->on_train_begin();
  logger.body()->on_epoch_end(0, {{"loss", .5}, {"acc", .25}});
  logger.body()->on_epoch_end(1, {{"loss", .1}, {"acc", 1e-5}, {"val_loss", 3}});
  CHECK(read_file(path) == "epoch,acc,loss,val_acc,val_loss\r\n0,0.25,0.5,NA,NA\r\n1,1e-05,0.1,NA,3.0\r\n");
}

TEST_CASE("BackupAndRestore goes on exactly where training was interrupted") {
  std::string folder = temporary("backup");
  Tensor start = column({0.5f});
  auto trained = [&](std::optional<int64_t> interrupted_after, bool backup) {
    set_random_seed(3);
    Sequential model = small_model(optimizers::SGD({.learning_rate = 0.01}));
    model.set_weights({start, Tensor::from(std::vector<float>{0})});
    callbacks::LambdaCallback interrupt({.on_epoch_end = [&](int64_t epoch, const Logs&) {
      if (epoch == interrupted_after) fail<RuntimeError>("", "the power went");
    }});
    std::vector<Callback> all;
    if (backup) all.push_back(callbacks::BackupAndRestore({.backup_dir = folder}));
    all.push_back(interrupt);
    model.fit(kX, kY, {.batch_size = 2, .epochs = 5, .verbose = 0, .callbacks = all});
    return model.get_weights();
  };
  std::vector<Tensor> whole = trained({}, false);
  CHECK_THROWS_AS(trained(2, true), RuntimeError);
  CHECK(file_exists(folder + "/training_metadata.json"));
  std::vector<Tensor> resumed = trained({}, true);
  CHECK(resumed[0].item<float>() == whole[0].item<float>());
  CHECK(resumed[1].item<float>() == whole[1].item<float>());
  CHECK(!file_exists(folder));
}

TEST_CASE("TerminateOnNaN ends training, LambdaCallback calls, RemoteMonitor refuses") {
  Sequential model = small_model(optimizers::SGD({.learning_rate = 1e20}));
  int64_t steps = 0;
  callbacks::LambdaCallback counting({.on_train_batch_end = [&](int64_t, const Logs&) { ++steps; }});
  model.fit(kX, kY, {.batch_size = 1, .epochs = 50, .verbose = 0, .callbacks = {counting, callbacks::TerminateOnNaN()}});
  CHECK(steps < 8);
  CHECK_THROWS_AS(model.fit(kX, kY, {.verbose = 0, .callbacks = {callbacks::TerminateOnNaN({.raise_error = true})}}), RuntimeError);
  CHECK_THROWS_AS(make_by_name("callbacks", "RemoteMonitor"), NotImplementedError);
}

TEST_CASE("SwapEMAWeights evaluates with the averages and gives the weights back") {
  Sequential model = small_model(optimizers::SGD({.learning_rate = 0.01, .use_ema = true, .ema_momentum = 0.5}));
  for (int step = 0; step < 2; ++step) model.train_on_batch(kX, kY);  // fit() would end with the averages as weights
  float before = model.get_weights()[0].item<float>(), average = model.body()->optimizer().body()->averages()[0].value().item<float>(), seen = 0;
  CHECK(before != average);
  callbacks::SwapEMAWeights swapping;
  swapping.body()->model = model.body().get();
  swapping.body()->on_test_begin();
  seen = model.get_weights()[0].item<float>();
  swapping.body()->on_test_end({});
  CHECK(seen == average);
  CHECK(model.get_weights()[0].item<float>() == before);
  Sequential plain = small_model();
  CHECK_THROWS_AS(plain.fit(kX, kY, {.verbose = 0, .callbacks = {callbacks::SwapEMAWeights()}, .validation_data = {kX, kY}}), ValueError);
}
