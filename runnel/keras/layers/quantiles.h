// Quantiles of a stream of numbers from a summary of bounded size, as Keras's Discretization finds them.
#pragma once

#include <cstdint>
#include <vector>

namespace runnel::inline v0::keras {

class Quantiles {
 public:
  /// The summary keeps about 1 / epsilon values.
  explicit Quantiles(double epsilon) : epsilon_(epsilon) {}
  void add(std::vector<float> values);
  /// The num_bins - 1 values between bins of about as many numbers each.
  std::vector<double> boundaries(int64_t num_bins) const;

 private:
  struct Point {
    float value, weight;
  };
  static std::vector<Point> compressed(const std::vector<Point>& points, double epsilon);

  double epsilon_;
  std::vector<Point> points_;  // sorted by value
};

}  // namespace runnel::inline v0::keras
