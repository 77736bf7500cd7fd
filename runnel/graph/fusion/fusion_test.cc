// Fused nodes give the bits of the operators run one by one, whatever the shapes turn out to be.
#include "runnel/graph/fusion/fusion.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <random>

#include "runnel/base/error.h"
#include "runnel/graph/function.h"
#include "runnel/ops/array.h"
#include "runnel/ops/linalg.h"
#include "runnel/ops/math.h"
#include "runnel/ops/nn.h"

namespace tf = runnel;
using tf::Tensor;
using Values = std::vector<Tensor>;

namespace {

bool equal_memory(const Tensor& a, const Tensor& b) { return std::memcmp(a.raw(), b.raw(), size_t(a.nbytes())) == 0; }

// Which of two NaNs a sum passes on is the compiler's choice, so their bits may differ, and nothing else.
bool same_bits(const Tensor& a, const Tensor& b) {
  if (a.dtype() != b.dtype() || !(a.shape() == b.shape())) return false;
  if (!a.dtype().is_floating()) return equal_memory(a, b);
  Tensor nan = tf::is_nan(a);
  return equal_memory(nan, tf::is_nan(b)) && equal_memory(tf::where(nan, tf::zeros_like(a), a), tf::where(nan, tf::zeros_like(b), b));
}

// Numbers of all sizes, with zeros of both signs, infinities and NaN among them.
Tensor numbers(tf::DType dtype, const tf::Shape& shape, uint32_t seed) {
  std::mt19937 random(seed);
  Tensor t(tf::float64, shape);
  constexpr double kSpecial[] = {0.0, -0.0, 1.0, -1.0, 1e30, -1e-30, std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()};
  for (int64_t i = 0; i < t.num_elements(); ++i) {
    bool special = dtype.is_floating() && random() % 8 == 0;
    t.mutable_data<double>()[i] = special ? kSpecial[random() % 8] : double(random() % 4000) / 400.0 - (dtype.is_floating() ? 5.0 : 0.0);
  }
  return tf::cast(t, dtype);
}

Tensor itself(const Tensor& x) { return x.dtype() == tf::bool_ ? tf::logical_and(x, x) : tf::maximum(x, x); }

// The function compiled and run eagerly; true where it became one kernel call.
bool check_same(const std::function<Tensor(Values)>& f, const Values& inputs) {
  auto compiled = tf::function([&](Values in) { return f(in); });
  Tensor got = compiled(inputs), again = compiled(inputs), expected = f(inputs);
  CHECK(same_bits(got, expected));
  CHECK(same_bits(again, expected));
  return compiled.explain().find(" 1 kernel calls") != std::string::npos;
}

int inputs_of(const tf::Op& op) {
  for (const tf::ArgSpec& arg : op.schema().inputs)
    if (arg.is_sequence() || arg.type_attr < 0) return 0;
  return int(op.schema().inputs.size());
}

}  // namespace

TEST_CASE("every elementwise operator gives the same bits inside a fusion") {
  int fused = 0;
  for (const tf::Op* op : tf::all_ops()) {
    int count = inputs_of(*op);
    if (!op->def().traits.elementwise || count < 1 || count > 2 || op->schema().attr_index("Tout") >= 0) continue;
    const tf::AttrSpec& types = op->schema().attrs[size_t(op->schema().inputs[0].type_attr)];
    for (tf::DType dtype : {tf::float32, tf::float64, tf::float16, tf::bfloat16, tf::int32, tf::int64, tf::uint8, tf::bool_}) {
      if (!(types.allowed >> dtype.code() & 1)) continue;
      CAPTURE(op->name());
      CAPTURE(dtype.name());
      Values inputs{numbers(dtype, {3, 700}, 1), numbers(dtype, {3, 700}, 2)};
      try {
        fused += check_same([&](Values in) { return count == 1 ? tf::run(*op, {itself(in[0])}) : tf::run(*op, {itself(in[0]), itself(in[1])}); }, inputs);
      } catch (const tf::errors::InvalidArgumentError&) {  // integers: a division by zero, a negative power
        CHECK(dtype.is_integer());
      } catch (const tf::errors::UnimplementedError&) {
      }
    }
  }
  CHECK(fused > 250);
}

TEST_CASE("casts, selections, sums, biases and leaky activations are fused") {
  for (tf::DType dtype : {tf::float32, tf::float64}) {
    Tensor x = numbers(dtype, {33, 70}, 3), y = numbers(dtype, {33, 70}, 4), bias = numbers(dtype, {70}, 5);
    CHECK(check_same([](Values v) { return tf::where(tf::greater(v[0], v[1]), tf::exp(v[0]), tf::zeros({}, v[0].dtype())); }, {x, y}));
    CHECK(check_same([](Values v) { return tf::nn::relu(tf::nn::bias_add(v[0], v[1])); }, {x, bias}));
    CHECK(check_same([](Values v) { return tf::tanh(tf::add_n({v[0], v[1], v[0]})); }, {x, y}));
    CHECK(check_same([](Values v) { return tf::negative(tf::nn::leaky_relu(v[0], 0.3)); }, {x}));
    for (tf::DType to : {tf::float16, tf::bfloat16, tf::float32, tf::float64})
      CHECK(check_same([&](Values v) { return tf::cast(tf::tanh(tf::cast(tf::multiply(v[0], v[1]), to)), tf::float32); }, {x, y}));
    CHECK(check_same([&](Values v) { return tf::multiply(tf::cast(tf::greater(v[0], v[1]), dtype), v[0]); }, {x, y}));
  }
}

TEST_CASE("rows, columns and numbers are broadcast inside a fusion") {
  auto f = [](Values v) { return tf::tanh(tf::add(tf::multiply(v[0], v[1]), v[2])); };
  using Shapes = std::vector<tf::Shape>;
  for (const Shapes& shapes : {Shapes{{50, 90}, {90}, {50, 1}}, Shapes{{50, 90}, {}, {1}}, Shapes{{2, 3, 400}, {3, 1}, {400}}, Shapes{{0, 4}, {4}, {}},
                               Shapes{{70000}, {}, {1}}}) {
    Values inputs;
    for (size_t i = 0; i < 3; ++i) inputs.push_back(numbers(tf::float32, shapes[i], uint32_t(i)));
    CHECK(check_same(f, inputs));
  }
}

TEST_CASE("reductions of what is computed have the bits of reductions of what lies in memory") {
  struct Case {
    tf::Shape shape;
    std::vector<int64_t> axes;
  };
  for (const Case& c : {Case{{7}, {0}}, Case{{300000}, {0}}, Case{{40, 3000}, {1}}, Case{{500, 64}, {1}}, Case{{500, 64}, {0, 1}}, Case{{70, 33}, {0}},
                        Case{{5, 40, 60}, {0, 2}}, Case{{3, 5, 1}, {2}}, Case{{3, 0}, {1}}, Case{{2100, 3}, {1}}, Case{{2, 70000}, {1}}})
    for (tf::DType dtype : {tf::float32, tf::float64, tf::float16}) {
      CAPTURE(tf::to_text(c.shape));
      Tensor x = numbers(dtype, c.shape, 1), row = numbers(dtype, {c.shape.dim(-1)}, 2);
      auto square = [&](Values v) { return tf::reduce_mean(tf::square(tf::subtract(v[0], v[1])), c.axes, true); };
      auto largest = [&](Values v) { return tf::reduce_max(tf::multiply(v[0], tf::negative(v[1])), c.axes); };
      auto softmax = [&](Values v) {
        Tensor e = tf::exp(tf::minimum(v[0], v[1]));
        return tf::divide(e, tf::reduce_sum(e, c.axes, true));
      };
      check_same(square, {x, x});
      check_same(square, {x, row});
      check_same(largest, {x, row});
      check_same(softmax, {x, row});
    }
  CHECK(check_same([](Values v) { return tf::reduce_mean(tf::square(tf::subtract(v[0], v[1]))); }, {numbers(tf::float32, {50, 60}, 1), numbers(tf::float32, {50, 60}, 2)}));
}

namespace {
// What layer normalisation and softmax are when written with plain operators.
Tensor normalised(const Values& v, const tf::Axes& axes) {
  Tensor centred = tf::subtract(v[0], tf::reduce_mean(v[0], axes, true));
  Tensor scale = tf::rsqrt(tf::add(tf::reduce_mean(tf::square(centred), axes, true), tf::cast(Tensor::scalar(1e-3), v[0].dtype())));
  return tf::add(tf::multiply(tf::multiply(centred, scale), v[1]), v[2]);
}
Tensor plain_softmax(const Values& v, const tf::Axes& axes) {
  Tensor e = tf::exp(tf::subtract(v[0], tf::reduce_max(v[0], axes, true)));
  return tf::divide(e, tf::reduce_sum(e, axes, true));
}
}  // namespace

TEST_CASE("reductions of rows, and what follows from them, are one kernel with the operators' bits") {
  struct Case {
    tf::Shape shape;
    std::vector<int64_t> axes;
  };
  for (const Case& c : {Case{{500, 64}, {1}}, Case{{7, 3}, {-1}}, Case{{40, 3000}, {1}}, Case{{3, 70000}, {1}}, Case{{4, 5, 40}, {2}}, Case{{6, 7, 30}, {1, 2}},
                        Case{{2100, 2}, {1}}, Case{{3, 200000}, {1}}, Case{{0, 4}, {1}}, Case{{3, 0}, {1}}})
    for (tf::DType dtype : {tf::float32, tf::float64, tf::bfloat16}) {
      CAPTURE(tf::to_text(c.shape));
      Tensor x = numbers(dtype, c.shape, 1), a = numbers(dtype, {c.shape.dim(-1)}, 2), b = numbers(dtype, c.shape, 3);
      CHECK(check_same([&](Values v) { return normalised(v, c.axes); }, {x, a, b}));
      CHECK(check_same([&](Values v) { return plain_softmax(v, c.axes); }, {x}));
      CHECK(check_same([&](Values v) { return plain_softmax({tf::add(tf::multiply(v[0], v[1]), v[2])}, c.axes); }, {x, a, b}));
    }
  for (Values in : {Values{numbers(tf::float32, {50, 64}, 1), numbers(tf::float32, {50, 1}, 2), numbers(tf::float32, {1, 64}, 3)},
                    Values{numbers(tf::float32, {50, 64}, 1), numbers(tf::float32, {}, 2), numbers(tf::float32, {1, 1}, 3)}})
    CHECK(check_same([&](Values v) { return normalised(v, 1); }, in));
}

TEST_CASE("one trace over rows serves all sizes") {
  std::vector<tf::TensorSpec> any(3, {tf::PartialShape({-1, -1}), tf::float32});
  auto compiled = tf::function([](Tensor x, Tensor a, Tensor b) { return normalised({x, a, b}, 1); }, {.input_signature = any});
  using Shapes = std::vector<tf::Shape>;
  for (const Shapes& shapes : {Shapes{{5, 6}, {5, 6}, {5, 6}}, Shapes{{1, 6}, {5, 6}, {5, 6}}, Shapes{{5, 1}, {1, 6}, {1, 1}}, Shapes{{64, 64}, {64, 1}, {1, 64}},
                               Shapes{{5, 200000}, {1, 1}, {1, 200000}}}) {
    Values in{numbers(tf::float32, shapes[0], 1), numbers(tf::float32, shapes[1], 2), numbers(tf::float32, shapes[2], 3)};
    CHECK(same_bits(compiled(in[0], in[1], in[2]), normalised(in, 1)));
  }
  CHECK(compiled.tracing_count() == 1);
}

TEST_CASE("bias and relu in a product's tiles give the bits of the operators") {
  for (tf::DType dtype : {tf::float32, tf::float64})
    for (const tf::Shape& size : {tf::Shape{1, 7, 5}, tf::Shape{3, 4, 1}, tf::Shape{32, 784, 300}, tf::Shape{200, 300, 70}, tf::Shape{64, 1000, 10}, tf::Shape{5, 0, 6}}) {
      Tensor a = numbers(dtype, {size[0], size[1]}, 1), b = numbers(dtype, {size[1], size[2]}, 2), bias = numbers(dtype, {size[2]}, 3);
      CHECK(check_same([](Values v) { return tf::nn::relu(tf::nn::bias_add(tf::matmul(v[0], v[1]), v[2])); }, {a, b, bias}));
      CHECK(check_same([](Values v) { return tf::add(tf::matmul(v[0], v[1], false, true), v[2]); }, {a, tf::transpose(b), bias}));
    }
  for (int64_t channels : {1, 5, 40})
    for (int64_t window : {1, 3}) {
      Tensor x = numbers(tf::float32, {2, 9, 8, 3}, 1), filter = numbers(tf::float32, {window, window, 3, channels}, 2), bias = numbers(tf::float32, {channels}, 3);
      CHECK(check_same([](Values v) { return tf::nn::relu(tf::nn::bias_add(tf::nn::conv2d(v[0], v[1], 1, "SAME"), v[2])); }, {x, filter, bias}));
      CHECK(check_same([](Values v) { return tf::nn::bias_add(tf::nn::conv2d(v[0], v[1], 2, "VALID"), v[2]); }, {x, filter, bias}));
    }
}

TEST_CASE("one trace serves all sizes, and shapes that do not fit one loop run one by one") {
  std::vector<tf::TensorSpec> any(3, {tf::PartialShape({-1, -1}), tf::float32});
  auto f = [](Tensor a, Tensor b, Tensor c) {
    Tensor sum = tf::add(a, b), product = tf::multiply(tf::tanh(sum), c);
    return Values{sum, product};
  };
  auto compiled = tf::function(f, {.input_signature = any});
  using Shapes = std::vector<tf::Shape>;
  for (const Shapes& shapes : {Shapes{{5, 6}, {5, 6}, {5, 6}}, Shapes{{1, 6}, {5, 6}, {5, 6}}, Shapes{{1, 6}, {1, 6}, {5, 6}}, Shapes{{5, 1}, {1, 6}, {1, 1}},
                               Shapes{{300, 400}, {300, 400}, {1, 400}}}) {
    Tensor a = numbers(tf::float32, shapes[0], 1), b = numbers(tf::float32, shapes[1], 2), c = numbers(tf::float32, shapes[2], 3);
    Values got = compiled(a, b, c), expected = f(a, b, c);
    for (size_t i = 0; i < 2; ++i) CHECK(same_bits(got[i], expected[i]));
  }
  CHECK(compiled.tracing_count() == 1);
  Tensor wrong = numbers(tf::float32, {5, 7}, 1), right = numbers(tf::float32, {5, 6}, 1);
  CHECK_THROWS_WITH_AS(compiled(wrong, right, right), doctest::Contains("Incompatible shapes: [5,7] vs. [5,6]"), tf::errors::InvalidArgumentError);
}

TEST_CASE("integer divisions are left out, and their errors stay") {
  auto f = tf::function([](Tensor a, Tensor b) { return tf::add(tf::floordiv(tf::add(a, a), b), a); });
  Tensor a = Tensor::from(std::vector<int32_t>{4, 6}), b = Tensor::from(std::vector<int32_t>{0, 2});
  CHECK_THROWS_WITH_AS(f(a, b), doctest::Contains("Integer division by zero"), tf::errors::InvalidArgumentError);
}

TEST_CASE("a fusion writes over what nobody else needs, and over nothing else") {
  Tensor x = numbers(tf::float32, {200000}, 1);
  auto f = [](Tensor t) {
    Tensor a = tf::exp(t), b = tf::add(a, t), c = tf::multiply(b, a), m = tf::reverse(c, {0});
    return Values{a, tf::subtract(tf::tanh(m), tf::sin(m)), t};
  };
  Values got = tf::function(f)(x), expected = f(x);
  for (size_t i = 0; i < got.size(); ++i) CHECK(same_bits(got[i], expected[i]));
}
