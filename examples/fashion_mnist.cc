// Trains a small network on Fashion-MNIST. examples/fashion_mnist.py is the same program in Python; both end with the
// same weights, bit for bit.
//   fashion_mnist [folder for the results]
#include <runnel/runnel.h>

#include <cstdio>
#include <cstring>
#include <string>

namespace tf = runnel;
using namespace tf::keras;

namespace {

Sequential make_model() {
  Sequential model({
      layers::Flatten({.input_shape = {28, 28}}),
      layers::Dense({.units = 300, .activation = "relu"}),
      layers::Dropout({.rate = 0.2}),
      layers::Dense({.units = 10, .activation = "softmax"}),
  });
  model.compile({.optimizer = "nadam", .loss = "sparse_categorical_crossentropy", .metrics = {"accuracy"}});
  return model;
}

/// One short name for all bits of all weights.
std::string fingerprint(const Sequential& model) {
  tf::Sha256 hash;
  for (const tf::Tensor& weight : model.get_weights()) hash.update(weight.raw(), size_t(weight.nbytes()));
  return hash.hex();
}

std::string to_json(const History& history) {
  std::string out;
  for (const auto& [name, values] : history.history) {
    out += tf::cat(out.empty() ? "" : ", ", "\"", name, "\": [", tf::join(values), "]");
  }
  return "{" + out + "}";
}

}  // namespace

int main(int argc, char** argv) {
  const std::string folder = argc > 1 ? argv[1] : ".";
  utils::set_random_seed(42);

  auto [train, test] = datasets::fashion_mnist::load_data();
  const tf::Tensor x_train = tf::cast(train.x, tf::float32) / 255.f;
  const tf::Tensor x_test = tf::cast(test.x, tf::float32) / 255.f;

  Sequential model = make_model();
  model.summary();
  const History history = model.fit(x_train, train.y, {.epochs = 5, .validation_split = 0.1});
  const auto result = model.evaluate(x_test, test.y);

  const tf::Tensor probabilities = model.predict(x_test, {.verbose = 0});
  const std::string file = tf::join_path(folder, "fashion_mnist.keras");
  model.save(file);
  const Model again = load_model(file);
  const tf::Tensor predicted = again.predict(x_test, {.verbose = 0});
  const bool equal = std::memcmp(predicted.raw(), probabilities.raw(), size_t(probabilities.nbytes())) == 0;

  const tf::Tensor labels = tf::argmax(probabilities, -1);
  tf::write_file(tf::join_path(folder, "result.json"),
                 tf::cat("{\"history\": ", to_json(history), ",\n\"test\": [", tf::join(result), "],\n\"reloaded_equal\": ", equal,
                         ",\n\"weights\": \"", fingerprint(model), "\",\n\"labels\": [", tf::join(labels.values<int64_t>()), "]}\n"));
  std::printf("SHA-256 of all weights: %s\n", fingerprint(model).c_str());
  return equal ? 0 : 1;
}
