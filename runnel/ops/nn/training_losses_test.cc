#include "runnel/ops/training_losses.h"

#include "runnel/ops/wrong_calls.h"

namespace runnel::testing {

// The numbers are TensorFlow's.
TEST_CASE("losses are averaged over the global batch") {
  Tensor losses = floats({1, 2, 3}), matrix = reshape(floats({1, 2, 3, 4}), {2, 2});
  CHECK(nn::compute_average_loss(losses).item<float>() == 2);
  CHECK(nn::compute_average_loss(losses, ints({0, 1, 1}), Tensor::scalar(6)).item<float>() == doctest::Approx(5 / 6.));
  CHECK(nn::compute_average_loss(matrix).item<float>() == 5);
  CHECK(nn::compute_average_loss(matrix, floats({1, 2})).item<float>() == 8.5f);
  CHECK(nn::compute_average_loss(losses, {}, Tensor::scalar(0)).item<float>() == 0);
  CHECK(nn::compute_average_loss(ints({1, 2})).dtype() == float64);
  CHECK(nn::scale_regularization_loss(losses).item<float>() == 6);
}

TEST_CASE("sizes that are none are refused") {
  Tensor losses = floats({1, 2});
  CHECK_THROWS_WITH_AS(nn::compute_average_loss(Tensor::scalar(1.f)), doctest::Contains("Expected a tensor with at least rank 1"), ValueError);
  CHECK_THROWS_WITH_AS(nn::compute_average_loss(losses, {}, Tensor::scalar(-1)), doctest::Contains("global_batch_size must be non-negative."),
                       errors::InvalidArgumentError);
  CHECK_THROWS_WITH_AS(nn::compute_average_loss(losses, {}, Tensor::scalar(2.f)), doctest::Contains("global_batch_size must be an integer."), TypeError);
  CHECK_THROWS_WITH_AS(nn::compute_average_loss(losses, {}, ints({2})), doctest::Contains("global_batch_size must be scalar."), ValueError);
}

}  // namespace runnel::testing
