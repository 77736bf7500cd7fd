#include <doctest/doctest.h>
#include <unistd.h>

#include <cmath>

#include "runnel/base/error.h"
#include "runnel/base/files.h"
#include "runnel/keras/expect_close.h"
#include "runnel/keras/keras.h"
#include "runnel/ops/array.h"


namespace runnel::inline v0::keras {

namespace {
using preprocessing::text::Tokenizer;

TEST_CASE("words are numbered by how often they occur, then by which came first") {
  Tokenizer tokenizer({.num_words = 4, .oov_token = "?"});
  tokenizer.fit_on_texts({"The cat sat on the mat!", "a CAT"});
  CHECK(tokenizer.word_index().at("?") == 1);
  CHECK(tokenizer.word_index().at("the") == 2);
  CHECK(tokenizer.word_index().at("cat") == 3);
  CHECK(tokenizer.word_index().at("sat") == 4);
  CHECK(tokenizer.texts_to_sequences({"the cat sat"}) == std::vector<std::vector<int64_t>>{{2, 3, 1}});
  CHECK(tokenizer.sequences_to_texts({{2, 3, 4}}) == std::vector<std::string>{"the cat ?"});
  CHECK(tokenizer.texts_to_matrix({"cat cat"}, "count").data<double>()[3] == 2);
  Tokenizer again = preprocessing::text::tokenizer_from_json(tokenizer.to_json());
  CHECK(again.texts_to_sequences({"a cat"}) == tokenizer.texts_to_sequences({"a cat"}));
  CHECK(again.document_count() == 2);
}

TEST_CASE("characters of UTF-8 stay whole") {
  Tokenizer tokenizer({.char_level = true});
  CHECK(tokenizer.words_of("Aé") == std::vector<std::string>{"a", "é"});
}

TEST_CASE("PythonRandom is Python's random after random.seed(5)") {
  PythonRandom random(5);
  CHECK(random.random() == doctest::Approx(0.6229016948897019).epsilon(1e-15));
  CHECK(random.random() == doctest::Approx(0.7417869892607294).epsilon(1e-15));
  CHECK(PythonRandom(5).below(10) == 9);
}

TEST_CASE("skip-grams pair neighbours, and as many with drawn words") {
  using namespace preprocessing::sequence;
  Skipgrams found = skipgrams({1, 2, 0, 3}, 9, {.window_size = 1, .shuffle = false});
  using Pairs = std::vector<std::pair<int64_t, int64_t>>;
  CHECK(Pairs(found.couples.begin(), found.couples.begin() + 2) == Pairs{{1, 2}, {2, 1}});
  CHECK(found.labels == std::vector<int64_t>{1, 1, 0, 0});
  for (const auto& [word, other] : found.couples) CHECK((word >= 1 && other >= 1 && other < 9));
  CHECK(make_sampling_table(3)[1] == doctest::Approx(std::sqrt(1e-5 * (0.577 + 0.5 - 1.0 / 12))));
}

TEST_CASE("a bar of one's own averages what it shows") {
  std::string shown;
  ProgressBar::set_writer([&](const std::string& text) { shown += text; });
  utils::Progbar bar({.target = 2, .width = 4, .interval = 0});
  bar.update(1, {{"loss", 1}});
  bar.add(1, {{"loss", 3}});
  ProgressBar::set_writer(nullptr);
  CHECK(shown.find("\x1b[32m━━\x1b[0m\x1b[37m━━\x1b[0m") != std::string::npos);
  CHECK(shown.ends_with("loss: 3.0000\n"));
}

TEST_CASE("a model is drawn as SVG and as a graph") {
  Sequential model({layers::Dense({.units = 2, .name = "a", .input_shape = {3}}), layers::Dense({.units = 1, .name = "b"})});
  std::string dot = utils::model_to_dot(model, {.show_shapes = true});
  CHECK(dot.find("a (Dense)\\nOutput shape: (None, 2)") != std::string::npos);
  CHECK(dot.find("n1 -> n2;") != std::string::npos);
  CHECK(utils::svg_text(*model.body(), {}).find("<text") != std::string::npos);
  CHECK_THROWS_AS(utils::plot_model(model, "model.gif"), ValueError);
}

TEST_CASE("settings bound a training and say where the channels are") {
  CHECK(config::bounded(5, -1) == 5);
  CHECK(config::bounded(5, 3) == 3);
  CHECK(config::bounded(-1, 3) == 3);
  config::set_image_data_format("channels_first");
  CHECK(layers::Conv2D({.filters = 1, .kernel_size = 1})(zeros({1, 2, 3, 3})).shape() == Shape({1, 1, 3, 3}));
  config::set_image_data_format("channels_last");
  CHECK_THROWS_AS(config::set_floatx("int8"), ValueError);
}

TEST_CASE("weights in several files come back") {
  Sequential model({layers::Dense({.units = 8, .input_shape = {8}}), layers::Dense({.units = 8})});
  std::string path = join_path(environment("TMPDIR").empty() ? "/tmp" : environment("TMPDIR"), cat("runnel_shards_", getpid(), ".weights.json"));
  model.save_weights(path, {.max_shard_size = 300.0 / (1 << 30)});
  std::vector<Tensor> before = model.get_weights();
  model.set_weights({zeros({8, 8}), before[1], before[2], before[3]});
  model.load_weights(path);
  auto expected = before[0].values<float>();
  expect_close(model.get_weights()[0], {expected.begin(), expected.end()});
}

}  // namespace

}  // namespace runnel::inline v0::keras
