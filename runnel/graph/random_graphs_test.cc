// Random graphs: values, gradients and Variables are, bit for bit, what eager code gives. RUNNEL_RANDOM_GRAPHS says how many
// are drawn (./test --slow: 10,000); a graph that differs is shrunk and printed.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <optional>
#include <random>

#include "runnel/autodiff/gradient_tape.h"
#include "runnel/base/error.h"
#include "runnel/graph/control_flow.h"
#include "runnel/graph/function.h"
#include "runnel/graph/map.h"
#include "runnel/op/op.h"
#include "runnel/ops/array.h"
#include "runnel/ops/linalg.h"
#include "runnel/ops/math.h"
#include "runnel/ops/nn.h"
#include "runnel/ops/variable.h"

namespace tf = runnel;
using tf::Tensor;

namespace {

int number_of_graphs() {
  const char* given = std::getenv("RUNNEL_RANDOM_GRAPHS");
  return given ? std::atoi(given) : 3000;
}

using Values = std::vector<Tensor>;
// What steps compute with: two earlier values, and a Variable of their shape.
struct Given {
  const Tensor &a, &b;
  const tf::Variable& v;
};
struct Step {
  const char* name;
  std::function<Tensor(const Given&)> run;
  bool sums_apart = false;  // its gradients are added up apart from the rest's, so that the sums differ in rounding
};

Tensor loop(const Given& g) {
  auto more = [](const Values& v) { return tf::less(v[0], 3); };
  auto step = [&](const Values& v) { return Values{tf::add(v[0], 1), tf::tanh(tf::add(tf::multiply(v[1], g.b), g.a))}; };
  return tf::while_loop(more, step, {Tensor::scalar(int32_t(0)), g.a})[1];
}
Tensor nested_loop(const Given& g) {
  auto more = [](const Values& v) { return tf::less(v[0], 2); };
  auto inner = [&](const Values& v) { return Values{tf::add(v[0], 1), tf::sin(tf::multiply(v[1], g.v.value()))}; };
  auto outer = [&](const Values& v) {
    return Values{tf::add(v[0], 1), tf::add(tf::while_loop(more, inner, {Tensor::scalar(int32_t(0)), v[1]})[1], g.b)};
  };
  return tf::tanh(tf::while_loop(more, outer, {Tensor::scalar(int32_t(0)), g.a})[1]);
}
Tensor choice(const Given& g) {
  return tf::cond(tf::greater(tf::reduce_sum(g.a), tf::reduce_sum(g.b)), [&] { return tf::multiply(g.a, g.b); },
                  [&] { return tf::subtract(tf::tanh(g.b), g.a); });
}
Tensor chosen_loop(const Given& g) {
  return tf::cond(tf::less(tf::reduce_mean(g.a), 0.0), [&] { return loop(g); }, [&] { return tf::add(g.a, g.v.value()); });
}
Tensor rows(const Given& g) {
  return tf::map_fn(tf::RowFunction([&](const Values& r) { return Values{tf::sin(tf::multiply(r[0], r[1]))}; }), {g.a, g.b}, {{.dtype = g.a.dtype()}})[0];
}
Tensor nested(const Given& g) {
  static const auto f = tf::function([](Tensor x, Tensor y) { return tf::multiply(tf::tanh(x), tf::square(y)); });
  return tf::tanh(f(g.a, g.b));
}

Tensor normalised_rows(const Given& g) {
  Tensor centred = tf::subtract(g.a, tf::reduce_mean(g.a, 1, true));
  return tf::add(tf::multiply(centred, tf::rsqrt(tf::add(tf::reduce_mean(tf::square(centred), 1, true), 1e-3))), g.b);
}
Tensor plain_softmax(const Given& g) {
  Tensor e = tf::exp(tf::subtract(g.a, tf::reduce_max(g.a, 1, true)));
  return tf::divide(e, tf::reduce_sum(e, 1, true));
}

// All take and give square matrices. Some are there for the passes to find.
const Step kSteps[] = {
    {"add", [](const Given& g) { return tf::add(g.a, g.b); }},
    {"subtract", [](const Given& g) { return tf::subtract(g.a, g.b); }},
    {"tanh of product", [](const Given& g) { return tf::tanh(tf::multiply(g.a, g.b)); }},
    {"maximum", [](const Given& g) { return tf::maximum(g.a, g.b); }},
    {"minimum", [](const Given& g) { return tf::minimum(g.a, tf::negative(g.b)); }},
    {"divide", [](const Given& g) { return tf::divide(g.a, tf::add(tf::abs(g.b), 2.0)); }},
    {"matmul", [](const Given& g) { return tf::tanh(tf::matmul(g.a, g.b)); }},
    {"matmul of transposed", [](const Given& g) { return tf::tanh(tf::matmul(tf::transpose(g.a), g.b)); }},
    {"matmul with transposed", [](const Given& g) { return tf::tanh(tf::matmul(g.a, tf::transpose(g.b))); }},
    {"dense", [](const Given& g) { return tf::nn::relu(tf::nn::bias_add(tf::matmul(g.a, g.v.value()), tf::reduce_mean(g.b, 0))); }},
    {"sigmoid", [](const Given& g) { return tf::sigmoid(g.a); }},
    {"relu", [](const Given& g) { return tf::nn::relu(tf::subtract(g.a, g.b)); }},
    {"softmax", [](const Given& g) { return tf::nn::softmax(g.a); }},
    {"softmax of plain operators", plain_softmax},
    {"normalised rows", normalised_rows},
    {"exp", [](const Given& g) { return tf::exp(tf::negative(tf::abs(g.a))); }},
    {"times one", [](const Given& g) { return tf::multiply(g.a, 1.0); }},
    {"over one less zero", [](const Given& g) { return tf::subtract(tf::divide(g.a, 1.0), 0.0); }},
    {"double negative", [](const Given& g) { return tf::negative(tf::negative(g.a)); }},
    {"row sums", [](const Given& g) { return tf::add(g.a, tf::reduce_sum(g.b, 1, true)); }},
    {"column means", [](const Given& g) { return tf::multiply(tf::reduce_mean(g.a, 0, true), tf::tanh(g.b)); }},
    {"largest", [](const Given& g) { return tf::multiply(g.a, tf::tanh(tf::reduce_max(g.b))); }},
    {"reshape", [](const Given& g) { return tf::reshape(tf::reshape(tf::add(g.a, g.b), {-1}), tf::shape(g.a)); }},
    {"where", [](const Given& g) { return tf::where(tf::greater(g.a, g.b), tf::sin(g.a), tf::cos(g.b)); }},
    {"stop_gradient", [](const Given& g) { return tf::add(tf::stop_gradient(g.a), tf::identity(g.b)); }},
    {"concat and split", [](const Given& g) { return tf::split(tf::concat({g.a, g.b}, 0), 2, 0)[1]; }},
    {"stack and unstack", [](const Given& g) { return tf::reduce_sum(tf::stack({g.a, g.b, g.a}, 1), 1); }},
    {"gather", [](const Given& g) { return tf::gather(g.a, tf::range(tf::gather(tf::shape(g.b), 0))); }},
    {"cast", [](const Given& g) { return tf::cast(tf::cast(tf::tanh(g.a), tf::float64), g.a.dtype()); }},
    {"cumsum", [](const Given& g) { return tf::tanh(tf::cumsum(g.a, 1)); }},
    {"square and same again", [](const Given& g) { return tf::add(tf::square(tf::tanh(g.a)), tf::square(tf::tanh(g.a))); }},
    {"read", [](const Given& g) { return tf::add(g.a, g.v.value()); }},
    {"assign", [](const Given& g) { return g.v.assign_add(tf::multiply(tf::tanh(g.a), 0.5)), tf::multiply(g.b, g.v.value()); }},
    {"loop", loop, true},
    {"nested loop", nested_loop, true},
    {"cond", choice, true},
    {"cond and loop", chosen_loop, true},
    {"map_fn", rows, true},
    {"nested function", nested, true},
};

// An elementwise operator of one or two matrices between 1/4 and 3/4, where nearly all are defined.
Tensor elementwise(const tf::Op& op, const Tensor& a, const Tensor& b) {
  auto inside = [](const Tensor& t) { return tf::add(tf::multiply(tf::sigmoid(t), 0.5), 0.25); };
  return op.schema().inputs.size() == 1 ? tf::run(op, {inside(a)}) : tf::run(op, {inside(a), inside(b)});
}

bool all_finite(const Tensor& t) { return tf::reduce_all(tf::is_finite(t)).item<bool>(); }

// Whether an operator gives finite numbers of the dtype of its one or two operands, with a gradient.
bool maps_matrices(const tf::Op& op) {
  size_t inputs = op.schema().inputs.size();
  bool fits = op.def().traits.elementwise && !op.def().traits.stateful && op.def().gradient && inputs >= 1 && inputs <= 2 && op.schema().outputs.size() == 1;
  if (!fits || op.name()[0] == '_') return false;
  try {
    for (tf::DType dtype : {tf::float32, tf::float64}) {
      Tensor x = tf::cast(Tensor::from(std::vector<float>{-9, -1, 0, 1, 9}), dtype);
      tf::GradientTape tape;
      tape.watch(x);
      Tensor y = elementwise(op, x, tf::negative(x));
      Tensor gradient = y.dtype() == dtype ? tape.gradient(y, x) : Tensor();
      if (!gradient || y.shape() != x.shape() || !all_finite(y) || !all_finite(gradient)) return false;
    }
  } catch (const tf::Error&) {
    return false;
  }
  return true;
}

// The above, and all elementwise operators that there are.
const std::vector<Step>& all_steps() {
  static const std::vector<Step> steps = [] {
    std::vector<Step> out(std::begin(kSteps), std::end(kSteps));
    for (const tf::Op* op : tf::all_ops())
      if (maps_matrices(*op)) out.push_back({op->name(), [op](const Given& g) { return elementwise(*op, g.a, g.b); }});
    return out;
  }();
  return steps;
}

struct Line {
  size_t step, a, b;
};

struct Recipe {
  std::vector<Line> lines;
  std::vector<size_t> outputs;  // of the values: 0 and 1 are the arguments
  int64_t size;
  tf::DType dtype;

  explicit Recipe(std::mt19937& random) {
    size = 1 + int64_t(random() % 9);
    dtype = random() % 2 ? tf::float32 : tf::float64;
    size_t count = 1 + random() % 12;
    for (size_t i = 0; i < count; ++i) lines.push_back({random() % all_steps().size(), random() % (i + 2), random() % (i + 2)});
    outputs = {count + 1};
    for (size_t i = random() % 3; i-- > 0;) outputs.push_back(random() % (count + 2));
  }
  Values run(const Tensor& x, const Tensor& y, const tf::Variable& v) const {
    Values values{x, y}, out;
    for (const Line& l : lines) values.push_back(all_steps()[l.step].run({values[l.a], values[l.b], v}));
    for (size_t o : outputs) out.push_back(tf::identity(values[o]));
    return out;
  }
  bool sums_apart() const {
    return std::any_of(lines.begin(), lines.end(), [](const Line& l) { return all_steps()[l.step].sums_apart; });
  }
  // The values, then the gradients with respect to the arguments and the Variable.
  Values derive(const Tensor& x, const Tensor& y, const tf::Variable& v) const {
    tf::GradientTape tape;
    tape.watch(x);
    tape.watch(y);
    Values out = run(x, y, v);
    for (const Tensor& g : tape.gradient(out, std::vector<tf::Source>{x, y, v}, {.unconnected_gradients = tf::UnconnectedGradients::kZero})) out.push_back(g);
    return out;
  }
  std::string text() const {
    std::string out = tf::cat("\n", dtype, " ", size, "x", size, "\n");
    for (size_t i = 0; i < lines.size(); ++i) out += tf::cat("v", i + 2, " = ", all_steps()[lines[i].step].name, "(v", lines[i].a, ", v", lines[i].b, ")\n");
    for (size_t o : outputs) out += tf::cat("return v", o, "\n");
    return out;
  }
};

Tensor random_matrix(std::mt19937& random, int64_t n, tf::DType dtype) {
  Tensor t(tf::float64, {n, n});
  for (int64_t i = 0; i < n * n; ++i) t.mutable_data<double>()[i] = double(random() % 2000) / 500.0 - 2.0;
  return tf::cast(t, dtype);
}

bool same_bits(const Tensor& a, const Tensor& b) {
  return a.dtype() == b.dtype() && a.shape() == b.shape() && std::memcmp(a.raw(), b.raw(), size_t(a.nbytes())) == 0;
}

bool nearly_same(const Tensor& a, const Tensor& b) {
  Tensor x = tf::cast(a, tf::float64), y = tf::cast(b, tf::float64);
  double bound = a.dtype() == tf::float32 ? 1e-4 : 1e-12;
  for (int64_t i = 0; i < x.num_elements(); ++i) {
    double u = x.data<double>()[i], v = y.data<double>()[i];
    if (!(std::abs(u - v) <= bound * (1 + std::abs(v)))) return false;
  }
  return true;
}

// "" or what differs between the two.
std::string difference(const Recipe& recipe, const Values& got, const Values& expected) {
  if (got.size() != expected.size()) return "another number of results";
  for (size_t i = 0; i < got.size(); ++i) {
    bool is_gradient = i >= recipe.outputs.size() && i < recipe.outputs.size() + 3;
    if (is_gradient && recipe.sums_apart() ? !nearly_same(got[i], expected[i]) : !same_bits(got[i], expected[i]))
      return tf::cat("result ", i, " is ", tf::to_text(got[i]), " instead of ", tf::to_text(expected[i]));
  }
  return "";
}

// The results of f for these arguments, and the Variable afterwards.
template <class F>
Values with_state(F&& f, const tf::Variable& v, const Tensor& start) {
  v.assign(start);
  Values out = f();
  out.push_back(v.value());
  return out;
}

// Runs the recipe eagerly and compiled, for each of some sizes, twice: nothing of a run may be kept or overwritten.
std::string check(const Recipe& recipe, bool unknown, uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<int64_t> sizes = unknown ? std::vector<int64_t>{recipe.size, recipe.size + 1} : std::vector<int64_t>{recipe.size};
  for (int64_t n : sizes) {
    Tensor x = random_matrix(random, n, recipe.dtype), y = random_matrix(random, n, recipe.dtype), start = random_matrix(random, n, recipe.dtype);
    tf::Variable v(start);
    tf::FunctionOptions options;
    if (unknown) options.input_signature = {{tf::PartialShape({-1, -1}), recipe.dtype}, {tf::PartialShape({-1, -1}), recipe.dtype}};
    auto compiled = tf::function([&](Tensor a, Tensor b) { return recipe.derive(a, b, v); }, options);
    Values eager = with_state([&] { return recipe.derive(x, y, v); }, v, start);
    for (int run = 0; run < 2; ++run)
      if (std::string found = difference(recipe, with_state([&] { return compiled(x, y); }, v, start), eager); !found.empty()) return found;
  }
  return "";
}

// The first lines alone, then single ones less: the smallest recipe found that still differs.
Recipe shrunk(Recipe recipe, bool unknown, uint32_t seed) {
  auto differs = [&](const Recipe& r) { return !check(r, unknown, seed).empty(); };
  for (size_t count = 1; count < recipe.lines.size(); ++count) {
    Recipe shorter = recipe;
    shorter.lines.resize(count);
    shorter.outputs = {count + 1};
    if (differs(shorter)) return shorter;
  }
  return recipe;
}

void check_graphs(bool unknown, int count, uint32_t first_seed) {
  std::map<std::string, int> met;
  for (uint32_t seed = first_seed; seed < first_seed + uint32_t(count); ++seed) {
    std::mt19937 random(seed);
    Recipe recipe(random);
    if (unknown) recipe.size = std::max<int64_t>(recipe.size, 2);  // beside a Variable of size 1, a loop's unknown size may change
    for (const Line& l : recipe.lines) ++met[all_steps()[l.step].name];
    std::string found = check(recipe, unknown, seed);
    if (found.empty()) continue;
    Recipe smallest = shrunk(recipe, unknown, seed);
    FAIL("seed ", seed, ": ", smallest.text(), check(smallest, unknown, seed));
  }
  for (const Step& step : all_steps()) CHECK_MESSAGE(met[step.name] >= std::min(20, count / 60), step.name);
}

}  // namespace

TEST_CASE("random graphs give the bits of eager code, values, gradients and Variables") { check_graphs(false, number_of_graphs(), 1); }
TEST_CASE("random graphs give the same with sizes that are unknown while tracing") { check_graphs(true, number_of_graphs() / 3, 100001); }
