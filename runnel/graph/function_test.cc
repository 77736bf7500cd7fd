#include "runnel/graph/graph.h"
#include "runnel/graph/function.h"
#include "runnel/graph/text.h"

#include <doctest/doctest.h>

#include <cstring>

#include "runnel/autodiff/gradient_tape.h"
#include "runnel/base/error.h"
#include "runnel/graph/control_flow.h"
#include "runnel/graph/derivative.h"
#include "runnel/ops/array.h"
#include "runnel/ops/math.h"
#include "runnel/ops/linalg.h"
#include "runnel/ops/random.h"

namespace tf = runnel;
using tf::Tensor;

namespace {
Tensor f32(std::vector<float> v) { return Tensor::from(v); }
std::vector<float> list(const Tensor& t) { return {t.values<float>().begin(), t.values<float>().end()}; }
}  // namespace

TEST_CASE("a function is traced once for each signature and gives what the code gives") {
  int traces = 0;
  auto f = tf::function([&](Tensor x, Tensor y) {
    ++traces;
    return tf::add(tf::multiply(x, x), y);
  });
  CHECK(list(f(f32({1, 2}), f32({10, 20}))) == std::vector<float>{11, 24});
  CHECK(list(f(f32({3, 4}), f32({10, 20}))) == std::vector<float>{19, 36});
  CHECK(traces == 1);
  CHECK(list(f(f32({3}), f32({1}))) == std::vector<float>{10});
  CHECK(traces == 2);
}

TEST_CASE("Variables are used by reference and assignments keep their order") {
  tf::Variable v(Tensor::scalar(1.f));
  auto f = tf::function([&](Tensor x) {
    Tensor before = v.value();
    v.assign_add(x);
    Tensor after = v.value();
    return std::pair(before, after);
  });
  auto [a, b] = f(Tensor::scalar(2.f));
  CHECK(a.item<float>() == 1);
  CHECK(b.item<float>() == 3);
  f(Tensor::scalar(2.f));
  CHECK(v.value().item<float>() == 5);
}

TEST_CASE("tapes differentiate around, inside and across functions") {
  tf::Variable w(f32({2, 3}));
  auto f = tf::function([&](Tensor x) { return tf::reduce_sum(tf::multiply(tf::square(w), x)); });
  Tensor x = f32({5, 7});
  tf::GradientTape tape;
  tape.watch(x);
  Tensor y = f(x);
  std::vector<Tensor> grads = tape.gradient(y, std::vector<tf::Source>{w, x});
  CHECK(y.item<float>() == 4 * 5 + 9 * 7);
  CHECK(list(grads[0]) == std::vector<float>{20, 42});
  CHECK(list(grads[1]) == std::vector<float>{4, 9});

  auto inside = tf::function([&](Tensor u) {
    tf::GradientTape inner;
    inner.watch(u);
    return inner.gradient(f(u), std::vector<tf::Source>{w, u});
  });
  grads = inside(x);
  CHECK(list(grads[0]) == std::vector<float>{20, 42});
  CHECK(list(grads[1]) == std::vector<float>{4, 9});
}

TEST_CASE("derivatives of higher order pass through functions") {
  auto cube = tf::function([](Tensor x) { return tf::multiply(tf::multiply(x, x), x); });
  Tensor x = Tensor::scalar(2.0);
  tf::GradientTape t3;
  t3.watch(x);
  Tensor d2;
  {
    tf::GradientTape t2;
    t2.watch(x);
    tf::GradientTape t1;
    t1.watch(x);
    Tensor d1 = t1.gradient(cube(x), x);
    CHECK(d1.item<double>() == 12);
    d2 = t2.gradient(d1, x);
  }
  CHECK(d2.item<double>() == 12);
  CHECK(t3.gradient(d2, x).item<double>() == 6);
}

TEST_CASE("cond chooses while the graph runs, with gradients of second order") {
  auto f = tf::function([](Tensor x) {
    return tf::cond(tf::greater(x, 0.0), [&] { return tf::multiply(tf::square(x), x); }, [&] { return tf::multiply(x, 5.0); });
  });
  CHECK(f(Tensor::scalar(2.0)).item<double>() == 8);
  CHECK(f(Tensor::scalar(-2.0)).item<double>() == -10);
  auto second = tf::function([&](Tensor x) {
    tf::GradientTape t2;
    t2.watch(x);
    tf::GradientTape t1;
    t1.watch(x);
    Tensor d1 = t1.gradient(f(x), x);
    return std::pair(d1, t2.gradient(d1, tf::Source(x), {.unconnected_gradients = tf::UnconnectedGradients::kZero}));
  });
  auto [d1, d2] = second(Tensor::scalar(2.0));
  CHECK(d1.item<double>() == 12);
  CHECK(d2.item<double>() == 12);
  auto [e1, e2] = second(Tensor::scalar(-2.0));
  CHECK(e1.item<double>() == 5);
  CHECK(e2.item<double>() == 0);
}

TEST_CASE("while_loop runs in the graph, with gradients of second order") {
  auto power = tf::function([](Tensor x, Tensor n) {
    auto more = [&](const std::vector<Tensor>& v) { return tf::less(v[0], n); };
    auto step = [&](const std::vector<Tensor>& v) { return std::vector<Tensor>{tf::add(v[0], 1), tf::multiply(v[1], x)}; };
    return tf::while_loop(more, step, {Tensor::scalar(int32_t(0)), Tensor::scalar(1.0)})[1];
  });
  Tensor n = Tensor::scalar(int32_t(4));
  CHECK(power(Tensor::scalar(3.0), n).item<double>() == 81);
  auto grads = tf::function([&](Tensor x, Tensor count) {
    tf::GradientTape t2;
    t2.watch(x);
    tf::GradientTape t1;
    t1.watch(x);
    Tensor d1 = t1.gradient(power(x, count), x);
    return std::pair(d1, t2.gradient(d1, x));
  });
  auto [d1, d2] = grads(Tensor::scalar(3.0), n);
  CHECK(d1.item<double>() == 4 * 27);
  CHECK(d2.item<double>() == 12 * 9);
}

TEST_CASE("while_loop takes one tensor, eagerly and traced") {
  auto doubled = [](Tensor x) { return tf::while_loop([](Tensor v) { return tf::less(v, 100); }, [](Tensor v) { return tf::multiply(v, 2); }, x); };
  CHECK(doubled(Tensor::scalar(int32_t(3))).item<int32_t>() == 192);
  CHECK(tf::function(doubled)(Tensor::scalar(int32_t(3))).item<int32_t>() == 192);
}

TEST_CASE("a loop over a Variable's value gives its gradient") {
  tf::Variable w(Tensor::scalar(2.0));
  auto f = tf::function([&](Tensor x) {
    auto more = [](const std::vector<Tensor>& v) { return tf::less(v[0], 3); };
    auto step = [&](const std::vector<Tensor>& v) { return std::vector<Tensor>{tf::add(v[0], 1), tf::multiply(v[1], w)}; };
    return tf::while_loop(more, step, {Tensor::scalar(int32_t(0)), x})[1];
  });
  Tensor x = Tensor::scalar(5.0);
  tf::GradientTape tape;
  Tensor y = f(x);
  CHECK(y.item<double>() == 40);
  CHECK(tape.gradient(y, w).item<double>() == 5 * 3 * 4);
}

TEST_CASE("a tensor that leaks out of a trace is refused") {
  Tensor leak;
  auto f = tf::function([&](Tensor x) {
    leak = tf::multiply(x, 2.f);
    return x;
  });
  f(Tensor::scalar(1.f));
  CHECK_THROWS_WITH_AS(tf::add(leak, 1.f), doctest::Contains("is out of scope and cannot be used here"), tf::TypeError);
  auto g = tf::function([&](Tensor x) { return tf::add(leak, x); });
  CHECK_THROWS_WITH_AS(g(Tensor::scalar(1.f)), doctest::Contains("is out of scope and cannot be used here"), tf::InaccessibleTensorError);
}

TEST_CASE("Variables may be created during the first call only") {
  std::optional<tf::Variable> v;
  auto good = tf::function([&](Tensor x) {
    if (!v) v.emplace(Tensor::scalar(3.f));
    return tf::add(*v, x);
  });
  CHECK(good(Tensor::scalar(1.f)).item<float>() == 4);
  auto bad = tf::function([](Tensor x) { return tf::add(tf::Variable(Tensor::scalar(3.f)), x); });
  CHECK_THROWS_WITH_AS(bad(Tensor::scalar(1.f)), doctest::Contains("only supports singleton tf.Variables"), tf::ValueError);
}

TEST_CASE("reduce_retracing makes sizes unknown that change") {
  auto f = tf::function([](Tensor x) { return tf::reduce_sum(x); }, {.reduce_retracing = true});
  for (int n = 1; n < 10; ++n) f(f32(std::vector<float>(size_t(n), 1)));
  CHECK(f.tracing_count() == 2);
}

TEST_CASE("the graph that runs can be printed and read back") {
  auto f = tf::function([](Tensor x) { return tf::tanh(tf::multiply(tf::negative(tf::negative(x)), 2.f)); });
  std::string text = f.optimised_text(f32({1, 2}));
  size_t head = text.find('\n') + 1;
  CHECK(text.substr(0, head).ends_with("(arg_0) -> fused\n"));
  CHECK(text.substr(head) ==
        "arg_0 = Placeholder() {dtype=float32, shape=(2,)} : float32(2,)\n"
        "Mul/y = Const() {value=float32(){2}, dtype=float32} : float32()\n"
        "fused = _Fused(arg_0, Mul/y) {fusion=@Mul+Tanh, Tin=[float32, float32], Tout=[float32]} : float32(2,)\n");
  CHECK(tf::graph_text(*tf::parse_graph(text)) == text.substr(head));
  CHECK(f.tracing_count() == 1);
}

TEST_CASE("jit_compile keeps within the bounds of its rules, and says what it did") {
  auto body = [](Tensor x, Tensor y) { return tf::divide(tf::pow(x, 2.f), 3.f); };
  auto relaxed = tf::function(body, {.jit_compile = true});
  Tensor x = tf::linspace(Tensor::scalar(-3.f), Tensor::scalar(3.f), Tensor::scalar(int32_t(1000)));
  Tensor got = relaxed(x, x), exact = body(x, x);
  for (int64_t i = 0; i < 1000; ++i) REQUIRE(got.data<float>()[i] == doctest::Approx(exact.data<float>()[i]).epsilon(4e-7));
  CHECK(relaxed.explain().find("relaxed (jit_compile): relax_arithmetic 2") != std::string::npos);
  CHECK(relaxed.explain().find("fused: Square+Mul") != std::string::npos);
  auto plain = tf::function(body);
  CHECK(std::memcmp(plain(x, x).raw(), exact.raw(), size_t(exact.nbytes())) == 0);
  CHECK(plain.explain().find("relaxed") == std::string::npos);
}

namespace {

tf::Ref<tf::GraphFunction> of_number(const tf::TracedBody& body) {
  tf::Argument number[] = {{tf::float32, tf::PartialShape({}), "x"}};
  return tf::trace_function(tf::unique_function_name("of_number"), number, body).function();
}
Tensor call_as(const char* op, const tf::Ref<tf::GraphFunction>& f, const Tensor& x) {
  return tf::run(tf::get_op(op), {x}, {{"Tin", f->input_types()}, {"Tout", f->output_types(f->num_results())}, {"f", f->attr()}});
}

}  // namespace

TEST_CASE("a function that was differentiated as a branch can be differentiated as a call") {
  auto square = of_number([](const std::vector<Tensor>& x) { return std::vector<Tensor>{tf::multiply(x[0], x[0])}; });
  auto triple = of_number([](const std::vector<Tensor>& x) { return std::vector<Tensor>{tf::multiply(x[0], 3.0)}; });
  Tensor x = Tensor::scalar(5.0f);
  tf::Attrs attrs{{"Tin", square->input_types()}, {"Tout", square->output_types(1)}, {"then_branch", square->attr()}, {"else_branch", triple->attr()}};
  tf::GradientTape tape({.persistent = true});
  tape.watch(x);
  Tensor chosen = tf::run(tf::get_op("StatelessIf"), {Tensor::scalar(true), x}, attrs);
  CHECK(tape.gradient(chosen, x).item<float>() == 10);
  CHECK(tape.gradient(call_as("PartitionedCall", square, x), x).item<float>() == 10);
}

TEST_CASE("a function that was differentiated as a call is refused as a branch") {
  auto square = of_number([](const std::vector<Tensor>& x) { return std::vector<Tensor>{tf::multiply(x[0], x[0])}; });
  auto triple = of_number([](const std::vector<Tensor>& x) { return std::vector<Tensor>{tf::multiply(x[0], 3.0)}; });
  tf::ensure_level(*square, 1);
  tf::GraphFunction* branches[] = {square.get(), triple.get()};
  CHECK_THROWS_WITH_AS(tf::ensure_level(branches, 1), doctest::Contains("was differentiated as a function of its own before"), tf::errors::UnimplementedError);
}

TEST_CASE("an eager call that saved too little is not run again where that would draw other numbers") {
  auto noisy = of_number([](const std::vector<Tensor>& x) {
    return std::vector<Tensor>{tf::multiply(tf::multiply(x[0], x[0]), tf::random::uniform(tf::Ints(tf::Shape())))};
  });
  Tensor x = Tensor::scalar(5.0f);
  tf::GradientTape tape;
  tape.watch(x);
  Tensor y = call_as("StatefulPartitionedCall", noisy, x);
  CHECK_THROWS_WITH_AS(tape.gradient(y, x), doctest::Contains("would have to run again"), tf::errors::UnimplementedError);
}
