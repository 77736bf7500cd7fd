#include <doctest/doctest.h>

#include <cmath>

#include "runnel/base/error.h"
#include "runnel/keras/keras.h"
#include "runnel/ops/array.h"
#include "runnel/ops/math.h"

using namespace runnel;
using namespace runnel::keras;

namespace {

Sequential classifier(Loss loss) {
  Sequential model({layers::Dense({.units = 3, .activation = "softmax", .name = "head", .input_shape = {2}})});
  model.compile({.optimizer = "sgd", .loss = loss});
  return model;
}
std::vector<std::string> problems(const CheckReport& report) {
  std::vector<std::string> out;
  for (const CheckFinding& f : report.findings()) out.push_back(f.problem);
  return out;
}
const Tensor kX = ones({4, 2}, float32);
using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("check() finds labels that do not fit the loss") {
  Tensor numbers = Tensor::from(std::vector<int32_t>{0, 1, 2, 1}), from_one = Tensor::from(std::vector<int32_t>{1, 2, 3, 1});
  CHECK(problems(classifier("sparse_categorical_crossentropy").check(kX, numbers)).empty());
  CHECK(problems(classifier("sparse_categorical_crossentropy").check(kX, from_one)) == Texts{"labels outside of [0, classes)"});
  CHECK(problems(classifier("sparse_categorical_crossentropy").check(kX, one_hot(numbers, 3))) == Texts{"one-hot rows where class numbers are expected"});
  CHECK(problems(classifier("categorical_crossentropy").check(kX, numbers)) == Texts{"class numbers where one-hot rows are expected"});
}

TEST_CASE("check() finds numbers that are none, and other numbers of samples") {
  Sequential model = classifier("categorical_crossentropy");
  Tensor broken = Tensor::from(std::vector<float>{1, NAN, 1, 1, 1, 1, 1, 1}).reshaped({4, 2});
  CHECK(problems(model.check(broken, one_hot(Tensor::from(std::vector<int32_t>{0, 1, 2, 1}), 3))).front() == "values that are no numbers");
  CHECK(problems(model.check(kX, ones({5, 3}, float32))) == Texts{"another number of samples than x"});
}

TEST_CASE("a report prints a table, errors first, and raises when asked") {
  CheckReport report({{.error = false, .where = "x", .problem = "large"}, {.where = "y", .problem = "none", .got = "0", .expected = "1"}});
  CHECK(report.text() == "model.check: 1 error, 1 warning\n"
                         "level    where  problem  got  expected  hint\n"
                         "error    y      none     0    1\n"
                         "warning  x      large\n");
  CHECK_THROWS_AS(report.raise(), ValueError);
  CHECK(CheckReport().ok());
  CHECK_NOTHROW(CheckReport().raise());
}

TEST_CASE("check() leaves the model as it was") {
  Sequential model({layers::BatchNormalization({.input_shape = {2}}), layers::Dense({.units = 1})});
  model.compile({.optimizer = "sgd", .loss = "mse"});
  std::vector<Tensor> before = model.get_weights();
  model.check(kX, ones({4, 1}, float32));
  for (size_t i = 0; i < before.size(); ++i) CHECK(reduce_all(equal(before[i], model.get_weights()[i])).item<bool>());
  CHECK(model.body()->optimizer().iterations().item<int64_t>() == 0);
}
