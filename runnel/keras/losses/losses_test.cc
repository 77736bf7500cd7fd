#include <doctest/doctest.h>

#include "runnel/base/error.h"
#include "runnel/keras/losses.h"

using namespace runnel;

namespace {

Tensor matrix(std::vector<float> values, int64_t rows) { return Tensor::from(values).reshaped(Shape({rows, int64_t(values.size()) / rows})); }
const Tensor kValues = matrix({0, 1, 0.5f, 1, 0, 2}, 2), kClasses = matrix({0, 1, 0, 1, 0, 0}, 2), kPredicted = matrix({.1f, .7f, .2f, .6f, .3f, .1f}, 2);
const Tensor kWeights = Tensor::from(std::vector<float>{.3f, 1.7f});
float number(const Tensor& t) { return t.item<float>(); }

}  // namespace

// The numbers of Keras 3 for the same tensors.
TEST_CASE("losses agree with Keras") {
  struct Row {
    const char* name;
    bool classes;
    double plain, weighted;
  } rows[] = {
      {"MeanSquaredError", false, 0.674999952, 1.1031667},
      {"MeanAbsoluteError", false, 0.549999952, 0.771666646},
      {"MeanAbsolutePercentageError", true, 116666680, 128333352},
      {"MeanSquaredLogarithmicError", false, 0.201755419, 0.323083371},
      {"BinaryCrossentropy", true, 0.276340008, 0.309902936},
      {"CategoricalCrossentropy", true, 0.433750272, 0.487702996},
      {"Huber", false, 0.269999981, 0.436833352},
      {"LogCosh", false, 0.240824088, 0.387543857},
      {"KLDivergence", true, 0.433747411, 0.487700164},
      {"Poisson", false, 1.37956452, 1.84093463},
      {"Hinge", true, 0.900000036, 0.923333347},
      {"SquaredHinge", false, 0.616666675, 0.605000019},
      {"CosineSimilarity", false, -0.75061667, -0.594438076},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    keras::Loss loss = row.name;
    const Tensor& truth = row.classes ? kClasses : kValues;
    CHECK(number(loss(truth, kPredicted)) == doctest::Approx(row.plain).epsilon(1e-6));
    CHECK(number(loss(truth, kPredicted, kWeights)) == doctest::Approx(row.weighted).epsilon(1e-6));
  }
}

TEST_CASE("losses follow their options") {
  using namespace keras::losses;
  Tensor labels = Tensor::from(std::vector<int64_t>{1, 0}), column = Tensor::from(std::vector<int64_t>{1, 2}).reshaped(Shape({2, 1}));
  CHECK(number(SparseCategoricalCrossentropy()(labels, kPredicted)) == doctest::Approx(0.433750212).epsilon(1e-6));
  CHECK(number(SparseCategoricalCrossentropy()(column, kPredicted, kWeights)) == doctest::Approx(2.010698557).epsilon(1e-6));
  CHECK(number(CategoricalCrossentropy({.from_logits = true, .label_smoothing = 0.1})(kClasses, kPredicted)) == doctest::Approx(0.842284799).epsilon(1e-6));
  CHECK(number(BinaryCrossentropy({.from_logits = true, .label_smoothing = 0.1})(kClasses, kPredicted)) == doctest::Approx(0.668660283).epsilon(1e-6));
  CHECK(number(Huber({.delta = 0.3})(kValues, kPredicted)) == doctest::Approx(0.123333327).epsilon(1e-6));
  CHECK(number(MeanSquaredError({.reduction = "sum"})(kValues, kPredicted)) == doctest::Approx(1.35).epsilon(1e-6));
  CHECK(MeanSquaredError({.reduction = "none"})(kValues, kPredicted).shape() == Shape({2}));
  CHECK(number(MeanSquaredError({.reduction = "mean_with_sample_weight"})(kValues, kPredicted, kWeights)) == doctest::Approx(1.103166699).epsilon(1e-6));
  CHECK_THROWS_AS(MeanSquaredError({.reduction = "average"})(kValues, kPredicted), ValueError);
}

TEST_CASE("a vector of targets fits a column of predictions") {
  Tensor truth = Tensor::from(std::vector<float>{1, 2, 3}), weights = Tensor::from(std::vector<float>{1, 2, .5f});
  CHECK(number(keras::losses::MeanSquaredError()(truth, matrix({1.5f, 2, 4}, 3), weights)) == doctest::Approx(0.25));
}
