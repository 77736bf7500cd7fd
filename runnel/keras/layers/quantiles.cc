#include "runnel/keras/layers/quantiles.h"

#include <algorithm>
#include <cmath>

namespace runnel::inline v0::keras {

namespace {

// Linear between the points (x[i], y[i]), constant outside of them; x rises.
double interpolated(double at, const std::vector<double>& x, const std::vector<double>& y) {
  if (at <= x.front()) return y.front();
  if (at >= x.back()) return y.back();
  size_t i = size_t(std::upper_bound(x.begin(), x.end(), at) - x.begin());
  return y[i - 1] + (y[i] - y[i - 1]) * (at - x[i - 1]) / (x[i] - x[i - 1]);
}

}  // namespace

// Every step-th of the sorted values stands for `step` of them.
void Quantiles::add(std::vector<float> values) {
  std::sort(values.begin(), values.end());
  double step = std::max(double(values.size()) * epsilon_, 1.0);
  for (size_t i = size_t(step - 1); i < values.size(); i += size_t(step)) points_.push_back({values[i], float(step)});
  std::stable_sort(points_.begin(), points_.end(), [](const Point& a, const Point& b) { return a.value < b.value; });
  points_ = compressed(points_, epsilon_);
}

std::vector<Quantiles::Point> Quantiles::compressed(const std::vector<Point>& points, double epsilon) {
  if (double(points.size()) * epsilon < 1) return points;
  std::vector<double> values, cumulated, shares;
  double sum = 0;
  for (const Point& p : points) {
    values.push_back(p.value);
    cumulated.push_back(sum = float(sum + p.weight));
  }
  for (double c : cumulated) shares.push_back(float(c / sum));
  std::vector<Point> out;
  double before = 0;
  for (int64_t i = 0, count = int64_t(std::ceil(1 / epsilon)); i < count; ++i) {
    double share = epsilon + double(i) * epsilon, until = interpolated(share, shares, cumulated);
    out.push_back({float(interpolated(share, shares, values)), float(until - before)});
    before = until;
  }
  return out;
}

std::vector<double> Quantiles::boundaries(int64_t num_bins) const {
  std::vector<double> out;
  std::vector<Point> points = compressed(points_, 1.0 / double(num_bins));
  for (size_t i = 0; i + 1 < points.size(); ++i) out.push_back(points[i].value);
  return out;
}

}  // namespace runnel::inline v0::keras
