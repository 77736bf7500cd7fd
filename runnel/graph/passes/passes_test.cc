// Each pass: the text of a graph before and after.
#include "runnel/graph/passes/passes.h"

#include <doctest/doctest.h>

#include "runnel/autodiff/gradient_tape.h"
#include "runnel/base/text.h"
#include "runnel/core/named_size.h"
#include "runnel/graph/control_flow.h"
#include "runnel/graph/graph_function.h"
#include "runnel/graph/text.h"
#include "runnel/ops/array.h"
#include "runnel/ops/linalg.h"
#include "runnel/ops/math.h"
#include "runnel/ops/nn.h"
#include "runnel/ops/printing.h"
#include "runnel/ops/random.h"
#include "runnel/ops/variable.h"

namespace tf = runnel;
using tf::Tensor;

namespace {

// The body of a function of matrices x and y before any pass.
tf::FunctionBody body_of(const std::function<Tensor(Tensor x, Tensor y)>& f, const tf::PartialShape& shape = {2, 2}) {
  std::vector<tf::Argument> arguments{{tf::float32, shape, "x"}, {tf::float32, shape, "y"}};
  tf::Traced traced = tf::trace_function("f", arguments, [&](const std::vector<Tensor>& in) { return std::vector{f(in[0], in[1])}; });
  std::vector<const tf::Node*> inputs(traced.graph->inputs().begin(), traced.graph->inputs().end());
  return tf::copy_inlined(*traced.graph, inputs, traced.outputs);
}

// Its nodes without the arguments, as "Type(inputs)", in order.
std::string nodes_of(const tf::FunctionBody& body) {
  std::string out;
  for (const auto& node : body.graph->nodes()) {
    if (tf::is_type(*node, "Placeholder")) continue;
    std::vector<std::string> inputs;
    for (tf::Endpoint in : node->inputs) inputs.push_back(in.node->name);
    out += tf::cat(out.empty() ? "" : " ", node->type(), "(", tf::join(inputs), ")");
  }
  return out;
}

void check(int (*pass)(tf::FunctionBody&), const std::function<Tensor(Tensor, Tensor)>& f, const std::string& before, const std::string& after) {
  tf::FunctionBody body = body_of(f);
  CHECK(nodes_of(body) == before);
  pass(body);
  tf::prune(body);
  CHECK(nodes_of(body) == after);
}

}  // namespace

TEST_CASE("fold_constants computes what depends on constants alone") {
  check(tf::fold_constants, [](Tensor x, Tensor y) { return tf::add(x, tf::exp(tf::in_graph(Tensor::scalar(0.f)))); },
        "Const() Exp(Const) AddV2(x, Exp) Identity(AddV2)", "Const() AddV2(x, Exp) Identity(AddV2)");
}

TEST_CASE("prune drops what neither an output nor a change of state needs") {
  tf::Variable v(Tensor(tf::float32, {2, 2}));
  tf::FunctionBody body = body_of([&](Tensor x, Tensor y) {
    Tensor kept = tf::exp(x), idle = tf::tanh(y);
    v.assign(tf::sin(y));
    return kept;
  });
  CHECK(nodes_of(body) == "Exp(x) Sin(y) AssignVariableOp(AssignVariableOp/resource, Sin) Identity(Exp)");
  body.graph->constant(Tensor::scalar(1.f), "idle");
  CHECK(tf::prune(body) == 1);
  CHECK(nodes_of(body) == "Exp(x) Sin(y) AssignVariableOp(AssignVariableOp/resource, Sin) Identity(Exp)");
}

TEST_CASE("merge_common computes equal expressions once") {
  auto twice = [](Tensor x, Tensor y) {
    Tensor first = tf::add(x, y), second = tf::add(x, y);
    return tf::multiply(first, second);
  };
  check(tf::merge_common, twice,
        "AddV2(x, y) AddV2(x, y) Mul(AddV2, AddV2_1) Identity(Mul)", "AddV2(x, y) Mul(AddV2, AddV2) Identity(Mul)");
}

TEST_CASE("simplify_arithmetic drops what leaves its input as it is") {
  check(tf::simplify_arithmetic, [](Tensor x, Tensor y) { return tf::subtract(tf::multiply(tf::negative(tf::negative(x)), 1), 0); },
        "Neg(x) Neg(Neg) Const() Mul(Neg_1, Mul/y) Const() Sub(Mul, Sub/y) Identity(Sub)", "");
  check(tf::simplify_arithmetic, [](Tensor x, Tensor y) { return tf::add(x, 0); }, "Const() AddV2(x, AddV2/y) Identity(AddV2)",
        "Const() AddV2(x, AddV2/y)");  // -0 + 0 is not -0
}

TEST_CASE("name_sizes gives equal sizes equal names, also where they went through a vector of sizes") {
  auto reshaped = [](Tensor x, Tensor y) {
    Tensor rows = tf::gather(tf::shape(x), 0, 0);
    return tf::add(tf::reshape(tf::reshape(x, tf::Ints{-1}), tf::stack({rows, Tensor::scalar(int32_t(2))})), tf::exp(x));
  };
  tf::FunctionBody body = body_of(reshaped, {-1, 2});
  tf::name_sizes(body);
  const tf::PartialShape& x = body.inputs[0]->shapes[0];
  CHECK(body.graph->find("Reshape")->shapes[0] == tf::PartialShape{tf::product_of_sizes(x[0], 2)});
  CHECK(body.graph->find("Reshape_1")->shapes[0] == x);
  CHECK(body.graph->find("AddV2")->shapes[0] == x);
  CHECK_FALSE(body.inputs[1]->shapes[0] == x);
}

TEST_CASE("settle_broadcasts knows the axes along which nothing was repeated") {
  auto gradient = [](Tensor x, Tensor y) {
    auto args = tf::run_all(tf::get_op("BroadcastGradientArgs"), {tf::shape(x), tf::shape(tf::exp(x))});
    return tf::reduce_sum(x, args[0]);
  };
  auto axes_of = [](const tf::FunctionBody& body) { return tf::constant_value({body.graph->find("BroadcastGradientArgs"), 0}); };
  tf::FunctionBody body = body_of(gradient, {-1, 2});
  CHECK(tf::settle_broadcasts(body) == 0);
  tf::name_sizes(body);
  CHECK(tf::settle_broadcasts(body) == 1);
  tf::prune(body);
  CHECK(nodes_of(body) == "Const() Sum(x, BroadcastGradientArgs) Identity(Sum)");
  REQUIRE(axes_of(body));
  CHECK(axes_of(body)->num_elements() == 0);
}

TEST_CASE("gradients need no sums along the batch where the sizes of a batch have one name") {
  auto gradient = [](Tensor x, Tensor y) {
    tf::GradientTape tape;
    tape.watch(x);
    return tape.gradient(tf::multiply(tf::exp(x), y), x);
  };
  tf::FunctionBody body = body_of(gradient, {-1, 2});
  body.graph->batch_arguments = 2;
  tf::optimise(body);
  CHECK(nodes_of(body) == "_Fused(x, y) OnesLike(fused) _Fused(OnesLike, y, fused)");
  body = body_of(gradient, {-1, 2});
  tf::optimise(body);
  CHECK(nodes_of(body).find("BroadcastGradientArgs") != std::string::npos);
}

TEST_CASE("name_sizes follows sizes through products, sums with nothing, and drawing") {
  tf::FunctionBody body = body_of([&](Tensor x, Tensor y) { return tf::random::uniform(tf::shape(x)); }, {-1, 4});
  tf::name_sizes(body);
  CHECK(body.outputs[0].node->shapes[0] == body.inputs[0]->shapes[0]);
  auto halved = [](Tensor x, Tensor y) {
    Tensor rows = tf::slice(tf::shape(x), {0}, {1}), two = Tensor::from(std::vector<int32_t>{2});
    return tf::reshape(x, tf::concat({tf::add(tf::multiply(rows, 2), 0), two}, 0));
  };
  body = body_of(halved, {-1, 4});
  tf::name_sizes(body);
  CHECK(body.outputs[0].node->shapes[0] == tf::PartialShape{tf::product_of_sizes(body.inputs[0]->shapes[0][0], 2), 2});
}

TEST_CASE("settle_reshapes asks no run for sizes that names tell") {
  auto split_and_joined = [](Tensor x, Tensor y) {
    Tensor parts = tf::reshape(x, tf::stack({tf::gather(tf::shape(x), 0, 0), Tensor::scalar(int32_t(2)), Tensor::scalar(int32_t(2))}));
    return tf::reshape(tf::exp(parts), tf::shape(x));
  };
  tf::FunctionBody body = body_of(split_and_joined, {-1, 4});
  tf::name_sizes(body);
  CHECK(tf::settle_reshapes(body) == 2);
  tf::prune(body);
  CHECK(nodes_of(body) == "Const() Reshape(x, Reshape/shape) Exp(Reshape) Const() Reshape(Exp, Reshape_1/shape) Identity(Reshape_1)");
  CHECK(tf::constant_value({body.graph->find("Reshape/shape"), 0})->data<int32_t>()[0] == -1);
}

TEST_CASE("transposes go into matrix products whose sums keep their order") {
  auto f = [](Tensor x, Tensor y) { return tf::matmul(tf::transpose(x), y); };
  tf::FunctionBody body = body_of(f, {20, 20});
  tf::transposes_into_matmul(body);
  tf::prune(body);
  CHECK(nodes_of(body) == "MatMul(x, y) Identity(MatMul)");
  CHECK(tf::flag(*body.graph->find("MatMul"), "transpose_a"));
  check(tf::transposes_into_matmul, f, "Const() Transpose(x, Transpose/perm) MatMul(Transpose, y) Identity(MatMul)",
        "Const() Transpose(x, Transpose/perm) MatMul(Transpose, y) Identity(MatMul)");
}

TEST_CASE("an If whose predicate is known becomes its branch, and calls become the nodes of what they call") {
  tf::FunctionBody body = body_of([](Tensor x, Tensor y) {
    return tf::cond(tf::in_graph(Tensor::scalar(true)), [&] { return tf::add(x, y); }, [&] { return tf::exp(x); });
  });
  CHECK(nodes_of(body) == "Const() AddV2(x, y) Identity(AddV2) Identity(Identity)");
}

TEST_CASE("settle_branches leaves the branch that a predicate chooses once it is folded") {
  auto f = [](Tensor x, Tensor y) {
    Tensor three = tf::in_graph(Tensor::scalar(3.f));
    return tf::cond(tf::less(tf::exp(three), 2.f), [&] { return tf::add(x, y); }, [&] { return tf::exp(x); });
  };
  tf::FunctionBody body = body_of(f);
  CHECK(nodes_of(body).find("StatelessIf(") != std::string::npos);
  CHECK(tf::settle_branches(body) == 0);
  tf::fold_constants(body);
  CHECK(tf::settle_branches(body) == 1);
  tf::prune(body);
  CHECK(nodes_of(body).find("If(") == std::string::npos);
  tf::optimise(body);
  CHECK(nodes_of(body) == "Exp(x)");
}

TEST_CASE("hoist_invariants computes before a loop what its iterations compute alike") {
  tf::FunctionBody body = body_of([](Tensor x, Tensor y) {
    auto more = [](const std::vector<Tensor>& v) { return tf::less(v[0], 3); };
    auto step = [&](const std::vector<Tensor>& v) { return std::vector<Tensor>{tf::add(v[0], 1), tf::add(v[1], tf::exp(x))}; };
    return tf::while_loop(more, step, {Tensor::scalar(int32_t(0)), y})[1];
  });
  CHECK(nodes_of(body) == "Const() StatelessWhile(while/input_0, y, x) Identity(while)");
  tf::hoist_invariants(body);
  CHECK(nodes_of(body) == "Const() Exp(x) StatelessWhile(while/input_0, y, x, Exp) Identity(while)");
}

TEST_CASE("bias and relu go into the product before them") {
  Tensor bias = Tensor::from(std::vector<float>{1, 2});
  check(tf::bias_into_products, [&](Tensor x, Tensor y) { return tf::nn::relu(tf::nn::bias_add(tf::matmul(x, y), tf::in_graph(bias))); },
        "Const() MatMul(x, y) BiasAdd(MatMul, Const) Relu(BiasAdd) Identity(Relu)", "Const() _FusedMatMul(x, y, Const) Identity(Relu)");
  check(tf::bias_into_products, [&](Tensor x, Tensor y) { return tf::tanh(tf::add(tf::matmul(x, y), tf::in_graph(bias))); },
        "Const() MatMul(x, y) AddV2(MatMul, Const) Tanh(AddV2) Identity(Tanh)", "Const() _FusedMatMul(x, y, Const) Tanh(AddV2) Identity(Tanh)");
  auto used_twice = [&](Tensor x, Tensor y) {
    Tensor product = tf::matmul(x, y);
    return tf::subtract(tf::add(product, tf::in_graph(bias)), product);
  };
  check(tf::bias_into_products, used_twice, "MatMul(x, y) Const() AddV2(MatMul, Const) Sub(AddV2, MatMul) Identity(Sub)",
        "MatMul(x, y) Const() AddV2(MatMul, Const) Sub(AddV2, MatMul) Identity(Sub)");
}

namespace {
// One step of descent, as the optimizers call it.
void descend(const tf::Variable& v, const Tensor& rate, const Tensor& gradient) {
  static const tf::Op& op = tf::get_op("ResourceApplyGradientDescent");
  tf::run(op, {v.handle(), rate, gradient});
}
Tensor filled(float value) { return tf::fill({2, 2}, value); }
}  // namespace

TEST_CASE("updates_together makes one node of an optimizer's step, in the place of the last update") {
  tf::Variable a(filled(1)), b(filled(2)), c(filled(3));
  auto step = [&](Tensor x, Tensor y) {
    Tensor rate = tf::in_graph(Tensor::scalar(0.5f));
    descend(a, rate, x);
    Tensor seen = c.value();  // another Variable's value may be read in between
    descend(b, rate, tf::exp(y));
    descend(c, rate, x);
    return seen;
  };
  check(tf::updates_together, step,
        "Const() ResourceApplyGradientDescent(ResourceApplyGradientDescent/var, Const, x) ReadVariableOp(ReadVariableOp/resource) Exp(y) "
        "ResourceApplyGradientDescent(ResourceApplyGradientDescent_1/var, Const, Exp) "
        "ResourceApplyGradientDescent(ReadVariableOp/resource, Const, x) Identity(ReadVariableOp)",
        "Const() ReadVariableOp(ReadVariableOp/resource) Exp(y) "
        "_FusedUpdates(ResourceApplyGradientDescent/var, Const, x, ResourceApplyGradientDescent_1/var, Const, Exp, ReadVariableOp/resource, Const, x) "
        "Identity(ReadVariableOp)");
}

TEST_CASE("updates_together keeps apart what reads an updated Variable, another rate, the world, and the same Variable twice") {
  auto fused = [](const std::function<void(Tensor x, Tensor rate)>& f) {
    tf::FunctionBody body = body_of([&](Tensor x, Tensor y) {
      f(x, tf::in_graph(Tensor::scalar(0.5f)));
      return y;
    });
    return tf::updates_together(body);
  };
  tf::Variable a(filled(1)), b(filled(2)), c(filled(3)), count(Tensor::scalar(0.f));
  CHECK(fused([&](Tensor x, Tensor rate) { descend(a, rate, x), descend(b, rate, x), descend(c, rate, x); }) == 3);
  CHECK(fused([&](Tensor x, Tensor rate) { descend(a, rate, x), descend(b, rate, a.value()), descend(c, rate, x); }) == 2);
  CHECK(fused([&](Tensor x, Tensor rate) { descend(a, rate, x), count.assign_add(1.f), descend(b, rate, x); }) == 2);
  CHECK(fused([&](Tensor x, Tensor rate) { descend(a, rate, x), a.assign_add(x), descend(b, rate, x); }) == 0);
  CHECK(fused([&](Tensor x, Tensor rate) { descend(a, rate, x), descend(b, tf::in_graph(Tensor::scalar(0.25f)), x); }) == 0);
  CHECK(fused([&](Tensor x, Tensor rate) { descend(a, rate, x), tf::print({std::string("now")}), descend(b, rate, x); }) == 0);
  CHECK(fused([&](Tensor x, Tensor rate) { descend(a, rate, x), descend(a, rate, x); }) == 0);
}

TEST_CASE("a fused update gives the bits of the single ones, also where two handles are one Variable's") {
  const tf::Op &one = tf::get_op("ResourceApplyKerasMomentum"), &all = tf::get_op("_FusedUpdates");
  Tensor rate = Tensor::scalar(0.1f), keep = Tensor::scalar(0.9f), x = filled(0.3f), y = filled(-0.7f);
  auto after = [&](bool together) {
    tf::Variable a(filled(1)), m(filled(0)), b(filled(2)), n(filled(0));
    std::vector<Tensor> first{a.handle(), m.handle(), rate, x, keep}, second{b.handle(), n.handle(), rate, y, keep}, inputs;
    for (const auto* call : {&first, &second, &first}) {
      inputs.insert(inputs.end(), call->begin(), call->end());
      if (!together) tf::run(one, *call, {{"use_nesterov", true}});
    }
    if (together) tf::run(all, inputs, {{"update", "ResourceApplyKerasMomentum"}, {"use_nesterov", true}});
    return tf::concat({a.value(), m.value(), b.value(), n.value()}, 0);
  };
  CHECK(tf::same_attr(after(true), after(false)));
}

TEST_CASE("fuse_elementwise makes one node of connected elementwise nodes") {
  check(tf::fuse_elementwise, [](Tensor x, Tensor y) { return tf::multiply(tf::tanh(tf::add(x, y)), x); },
        "AddV2(x, y) Tanh(AddV2) Mul(Tanh, x) Identity(Mul)", "_Fused(x, y) Identity(fused)");
  auto around = [](Tensor x, Tensor y) {  // the product lies between the exponential and what is done with it
    Tensor e = tf::exp(x), s = tf::tanh(e);
    return tf::add(tf::multiply(s, tf::matmul(e, y)), s);
  };
  check(tf::fuse_elementwise, around, "Exp(x) Tanh(Exp) MatMul(Exp, y) Mul(Tanh, MatMul) AddV2(Mul, Tanh) Identity(AddV2)",
        "_Fused(x) MatMul(fused, y) _Fused(fused, MatMul) Identity(fused_1)");
}

TEST_CASE("a reduction joins what it reduces") {
  auto loss = [](Tensor x, Tensor y) {
    Tensor error = tf::subtract(x, y);
    return tf::multiply(error, tf::reduce_mean(tf::square(error), 1, true));
  };
  check(tf::fuse_elementwise, loss, "Sub(x, y) Square(Sub) Const() Mean(Square, Mean/reduction_indices) Mul(Sub, Mean) Identity(Mul)",
        "_Fused(x, y) Identity(fused)");
  check(tf::fuse_elementwise, [](Tensor x, Tensor y) { return tf::reduce_sum(tf::exp(x), 1); }, "Exp(x) Const() Sum(Exp, Sum/reduction_indices) Identity(Sum)",
        "_Fused(x) Identity(fused)");
  check(tf::fuse_elementwise, [](Tensor x, Tensor y) { return tf::reduce_sum(tf::exp(x), 0); }, "Exp(x) Const() Sum(Exp, Sum/reduction_indices) Identity(Sum)",
        "Exp(x) Const() Sum(Exp, Sum/reduction_indices) Identity(Sum)");
}

TEST_CASE("elementwise operators repeat their operands themselves") {
  auto beside = [](Tensor x, Tensor y) { return tf::multiply(tf::broadcast_to(tf::reduce_sum(x, 1, true), tf::Shape{2, 2}), y); };
  check(tf::broadcasts_into_elementwise, beside,
        "Const() Sum(x, Sum/reduction_indices) Const() BroadcastTo(Sum, BroadcastTo/shape) Mul(BroadcastTo, y) Identity(Mul)",
        "Const() Sum(x, Sum/reduction_indices) Mul(Sum, y) Identity(Mul)");
  auto mean = [](Tensor x, Tensor y) { return tf::divide(tf::broadcast_to(tf::reduce_sum(x, 1, true), tf::Shape{2, 2}), tf::in_graph(Tensor::scalar(3.f))); };
  check(tf::broadcasts_into_elementwise, mean,
        "Const() Const() Sum(x, Sum/reduction_indices) Const() BroadcastTo(Sum, BroadcastTo/shape) RealDiv(BroadcastTo, Const) Identity(RealDiv)",
        "Const() Const() Sum(x, Sum/reduction_indices) Const() RealDiv(Sum, Const) BroadcastTo(RealDiv_1, BroadcastTo/shape) Identity(RealDiv)");
}

TEST_CASE("reductions of rows join with what uses them, unless something else lies between") {
  auto softmax = [](Tensor x, Tensor y) {
    Tensor e = tf::exp(tf::subtract(x, tf::reduce_max(x, 1, true)));
    return tf::divide(e, tf::reduce_sum(e, 1, true));
  };
  check(tf::fuse_elementwise, softmax,
        "Const() Max(x, Max/reduction_indices) Sub(x, Max) Exp(Sub) Const() Sum(Exp, Sum/reduction_indices) RealDiv(Exp, Sum) Identity(RealDiv)",
        "_Fused(x) Identity(fused)");
  auto around = [](Tensor x, Tensor y) {
    Tensor largest = tf::reduce_max(x, 1, true);
    Tensor rest = tf::subtract(x, largest);
    return tf::add(rest, tf::matmul(y, largest));
  };
  check(tf::fuse_elementwise, around, "Const() Max(x, Max/reduction_indices) Sub(x, Max) MatMul(y, Max) AddV2(Sub, MatMul) Identity(AddV2)",
        "Const() Max(x, Max/reduction_indices) MatMul(y, Max) _Fused(x, Max, MatMul) Identity(fused)");
}

TEST_CASE("fusing takes time in proportion to the graph") {
  auto nodes_of_chain = [](int links) {
    tf::FunctionBody body = body_of([&](Tensor x, Tensor y) {
      std::vector<Tensor> sums;
      for (int i = 0; i < links; ++i) sums.push_back(x = tf::tanh(tf::matmul(tf::add(x, y), y)));
      for (int i = links; i-- > 0;) x = tf::multiply(tf::matmul(x, y), sums[size_t(i)]);
      return x;
    });
    return tf::fuse_elementwise(body);
  };
  CHECK(nodes_of_chain(3) == 2);        // each tanh with the addition behind it; products lie between all else
  CHECK(nodes_of_chain(3000) == 2999);  // a search through all that lies between would take minutes
}

TEST_CASE("what a forward pass leaves to its gradient is fused with it, however much lies between") {
  // 3,000 products and tanhs lie between sin(x) and its one user; more than fusion looks at.
  tf::FunctionBody body = body_of([](Tensor x, Tensor y) {
    Tensor left = tf::sin(y), now = x;
    for (int i = 0; i < 1500; ++i) now = tf::tanh(tf::matmul(now, x));
    return tf::multiply(left, now);
  });
  tf::fuse_elementwise(body);
  CHECK(nodes_of(body).find("Sin(y)") == std::string::npos);
  CHECK(nodes_of(body).find("_Fused(y, MatMul_1499)") != std::string::npos);
}

TEST_CASE("relax_arithmetic trades roundings for speed") {
  auto number = [](float value) { return tf::in_graph(Tensor::scalar(value)); };
  check(tf::relax_arithmetic, [&](Tensor x, Tensor y) { return tf::divide(x, number(3)); }, "Const() RealDiv(x, Const) Identity(RealDiv)",
        "Const() Mul(x, Const_1) Identity(RealDiv)");
  check(tf::relax_arithmetic, [&](Tensor x, Tensor y) { return tf::divide(x, tf::sqrt(y)); }, "Sqrt(y) RealDiv(x, Sqrt) Identity(RealDiv)",
        "Rsqrt(y) Mul(x, Rsqrt) Identity(RealDiv)");
  check(tf::relax_arithmetic, [&](Tensor x, Tensor y) { return tf::multiply(tf::multiply(x, number(3)), number(5)); },
        "Const() Const() Mul(x, Const_1) Mul(Mul, Const) Identity(Mul_1)", "Const() Mul(x, Const_2) Identity(Mul_1)");
  check(tf::relax_arithmetic, [&](Tensor x, Tensor y) { return tf::pow(x, number(2)); }, "Const() Pow(x, Const) Identity(Pow)", "Square(x) Identity(Pow)");
  check(tf::relax_arithmetic, [&](Tensor x, Tensor y) { return tf::add(tf::exp(x), tf::zeros_like(y)); }, "ZerosLike(y) Exp(x) AddV2(Exp, ZerosLike) Identity(AddV2)",
        "Exp(x) Identity(Exp)");
}

TEST_CASE("relax_arithmetic folds batch normalisation into the convolution before it") {
  Tensor filter = tf::ones({3, 3, 1, 4}), bias = tf::ones({4}), scale = tf::fill({4}, 2.f), shift = tf::fill({4}, 3.f);
  auto f = [&](Tensor x, Tensor y) {
    Tensor image = tf::reshape(tf::concat({x, y, x, y, x, y, x, y, x}, 0), {1, 6, 6, 1});
    Tensor z = tf::nn::bias_add(tf::nn::conv2d(image, tf::in_graph(filter), 1, "SAME"), tf::in_graph(bias));
    return tf::add(tf::multiply(z, tf::in_graph(scale)), tf::in_graph(shift));
  };
  tf::FunctionBody body = body_of(f);
  body.graph->relaxed = true;
  CHECK(tf::optimise(body).fused.back() == "Conv2D+Add");
  CHECK(nodes_of(body) ==
        "Const() ConcatV2(x, y, x, y, x, y, x, y, x, ConcatV2/input_9) Const() Reshape(ConcatV2, Reshape/shape) Const() Const() "
        "_FusedConv2D(Reshape, Mul_1, AddV2_1)");
}

TEST_CASE("fused nodes take their place behind what they need, and effects keep their order") {
  tf::Variable v(Tensor(tf::float32, {2, 2}));
  tf::FunctionBody body = body_of([&](Tensor x, Tensor y) {
    Tensor sum = tf::add(x, y);
    v.assign(sum);
    return tf::multiply(tf::exp(sum), v.read_value());
  });
  tf::fuse_elementwise(body);
  std::string nodes = nodes_of(body);
  CHECK(nodes.find("_Fused(x, y)") < nodes.find("AssignVariableOp"));
  CHECK(nodes.find("AssignVariableOp") < nodes.find("ReadVariableOp"));
}

TEST_CASE("optimise goes on until nothing changes") {
  tf::FunctionBody body = body_of([](Tensor x, Tensor y) {
    Tensor one = tf::add(tf::in_graph(Tensor::scalar(0.f)), 1.f);
    return tf::add(tf::multiply(tf::exp(x), one), tf::exp(x));
  });
  tf::optimise(body);
  CHECK(nodes_of(body) == "_Fused(x)");
  CHECK(tf::optimise(body).fused == std::vector<std::string>{"Exp+AddV2"});
}

TEST_CASE("the text of a graph reads back as the same graph") {
  tf::FunctionBody body = body_of([](Tensor x, Tensor y) { return tf::reduce_sum(tf::matmul(tf::add(x, 2.5f), y), 1); });
  std::string text = tf::graph_text(*body.graph);
  CHECK(tf::graph_text(*tf::parse_graph(text)) == text);
}
