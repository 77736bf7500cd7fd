#include <doctest/doctest.h>

#include "runnel/base/error.h"
#include "runnel/keras/metrics.h"

using namespace runnel;

namespace {

Tensor matrix(std::vector<float> values, int64_t rows) { return Tensor::from(values).reshaped(Shape({rows, int64_t(values.size()) / rows})); }
const Tensor kValues = matrix({0, 1, 0.5f, 1, 0, 2}, 2), kClasses = matrix({0, 1, 0, 1, 0, 0}, 2), kPredicted = matrix({.1f, .7f, .2f, .6f, .3f, .1f}, 2);
const Tensor kWeights = Tensor::from(std::vector<float>{.3f, 1.7f});
float number(const Tensor& t) { return t.item<float>(); }

}  // namespace

// The numbers of Keras 3 after two updates: with both rows, and with the first target beside the second prediction.
TEST_CASE("metrics agree with Keras") {
  struct Row {
    const char* name;
    bool classes;
    double plain, weighted;
  } rows[] = {
      {"MeanSquaredError", false, 0.562222183, 1.00318849},
      {"MeanAbsoluteError", false, 0.555555522, 0.744927526},
      {"RootMeanSquaredError", false, 0.749814749, 1.00159299},
      {"BinaryAccuracy", true, 0.777777731, 0.913043439},
      {"CategoricalAccuracy", true, 0.666666687, 0.869565248},
      {"BinaryCrossentropy", true, 0.431518227, 0.366247088},
      {"CategoricalCrossentropy", true, 0.69049114, 0.581129551},
      {"TopKCategoricalAccuracy", true, 1, 1},
      {"Precision", true, 0.666666687, 0.869565248},
      {"Recall", true, 0.666666687, 0.869565248},
      {"Accuracy", true, 0, 0},
      {"MeanAbsolutePercentageError", true, 155555568, 142029008},
      {"Poisson", false, 1.29251683, 1.74669397},
      {"Hinge", true, 0.977777779, 0.950724661},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    const Tensor& truth = row.classes ? kClasses : kValues;
    keras::Metric metric = row.name;
    for (bool weighted : {false, true}) {
      metric.body()->reset_state();
      metric.body()->update_state(truth, kPredicted, weighted ? kWeights : Tensor());
      metric.body()->update_state(truth.rows(0, 1), kPredicted.rows(1, 2), weighted ? kWeights.rows(0, 1) : Tensor());
      CHECK(number(metric.body()->result()) == doctest::Approx(weighted ? row.weighted : row.plain).epsilon(1e-6));
    }
  }
}

TEST_CASE("metrics of class numbers, columns and plain values") {
  using namespace keras::metrics;
  Tensor labels = Tensor::from(std::vector<int64_t>{2, 1});
  CHECK(number(SparseTopKCategoricalAccuracy({.k = 2})(labels, kPredicted)) == 1.0f);
  CHECK(number(SparseTopKCategoricalAccuracy({.k = 1})(labels, kPredicted)) == 0.0f);
  CHECK(number(SparseCategoricalCrossentropy()(labels, kPredicted)) == doctest::Approx(1.406705379).epsilon(1e-6));
  CHECK(number(MeanSquaredError()(Tensor::from(std::vector<float>{1, 2, 3}), matrix({1.5f, 2, 4}, 3))) == doctest::Approx(0.416666657).epsilon(1e-6));
  CHECK(number(BinaryAccuracy()(Tensor::from(std::vector<float>{1, 0, 1}), matrix({.7f, .6f, .9f}, 3))) == doctest::Approx(0.666666687).epsilon(1e-6));
  CHECK(number(Mean()(Tensor::from(std::vector<float>{1, 2, 6}), Tensor(), Tensor::from(std::vector<float>{1, 1, .5f}))) == doctest::Approx(2.4).epsilon(1e-6));
}

TEST_CASE("the shapes decide which accuracy is meant") {
  CHECK(keras::metric_for("accuracy", {-1}, {-1, 10}).body()->class_name() == "SparseCategoricalAccuracy");
  CHECK(keras::metric_for("acc", {-1, 10}, {-1, 10}).body()->class_name() == "CategoricalAccuracy");
  CHECK(keras::metric_for("acc", {-1, 1}, {-1, 1}).body()->class_name() == "BinaryAccuracy");
  CHECK(keras::metric_for("acc", {-1, 1}, {-1, 1}).body()->name() == "acc");
}
