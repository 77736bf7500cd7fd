// Every class of the training half against real Keras: one row a class and config, see tests/keras/make_expected.py.
#include <doctest/doctest.h>

#include <cmath>

#include "runnel/autodiff/gradient_tape.h"
#include "runnel/base/files.h"
#include "runnel/keras/keras.h"
#include "runnel/ops/array.h"
#include "runnel/ops/indexed_slices.h"
#include "runnel/ops/math.h"

using namespace runnel;
using namespace runnel::keras;

namespace {

const Config& expected() {
  static const Config all = Config::from_json(read_file(RUNNEL_EXPECTED));
  return all;
}

std::vector<double> numbers(const Config& list) {
  std::vector<double> out;
  from_config(list, out);
  return out;
}

Tensor named_tensor(const Config& name) {
  if (name.is_null()) return {};
  const Config& made = expected().at("tensors").at(name.as_string());
  std::vector<int64_t> shape;
  from_config(made.at("shape"), shape);
  Tensor values = Tensor::from(numbers(made.at("values"))).reshaped(Shape(Dims(std::span<const int64_t>(shape))));
  return cast(values, DType::from_name(made.at("dtype").as_string()));
}

template <class Base>
Ref<Base> made(const char* kind, const Config& row) {
  return Ref<Base>(&dynamic_cast<Base&>(*make_by_name(kind, row.at("class").as_string(), row.at("config"))));
}

void check_close(const Tensor& got, const std::vector<double>& wanted, double tolerance = 2e-6) {
  Tensor flat = cast(got, float64);
  REQUIRE(flat.num_elements() == int64_t(wanted.size()));
  for (size_t i = 0; i < wanted.size(); ++i) {
    CAPTURE(i);
    CAPTURE(wanted[i]);
    CAPTURE(flat.data<double>()[i]);
    bool both_nan = std::isnan(wanted[i]) && std::isnan(flat.data<double>()[i]);
    CHECK((both_nan || std::fabs(flat.data<double>()[i] - wanted[i]) <= tolerance * std::fmax(1, std::fabs(wanted[i]))));
  }
}

template <class F>
void each_row(const char* kind, F check) {
  for (const Config& row : expected().at(kind).as_list()) {
    CAPTURE(row.at("class").as_string());
    CAPTURE(row.at("config").to_json());
    check(row);
  }
}

}  // namespace

TEST_CASE("every loss and its gradient agree with Keras") {
  each_row("losses", [](const Config& row) {
    auto loss = made<LossBody>("losses", row);
    const Config::List& inputs = row.at("inputs").as_list();
    Tensor predicted = named_tensor(inputs[1]);
    GradientTape tape;
    tape.watch(predicted);
    Tensor value = (*loss)(named_tensor(inputs[0]), predicted, named_tensor(inputs[2]));
    check_close(value, numbers(row.at("expected")));
    check_close(dense(tape.gradient(value, predicted)), numbers(row.at("gradient")));
  });
}

TEST_CASE("every metric agrees with Keras, in numbers, state and name") {
  each_row("metrics", [](const Config& row) {
    clear_session();
    auto metric = made<MetricBody>("metrics", row);
    for (const Config& update : row.at("updates").as_list()) {
      std::vector<Tensor> inputs;
      for (const Config& name : update.as_list()) inputs.push_back(named_tensor(name));
      if (inputs.size() == 3) metric->update_state(inputs[0], inputs[1], inputs[2]);
      else metric->update_state(inputs[0], Tensor(), inputs[1]);
    }
    check_close(metric->result(), numbers(row.at("expected")));
    CHECK(to_config(metric->dtype()) == row.at("dtype"));
    std::vector<Variable> state = metric->variables();
    const Config::List& variables = row.at("variables").as_list();
    REQUIRE(state.size() == variables.size());
    for (size_t i = 0; i < state.size(); ++i) {
      CHECK(state[i].name().ends_with("/" + variables[i].as_list()[0].as_string() + ":0"));
      CHECK(state[i].dtype().name() == variables[i].as_list()[1].as_string());
    }
    metric->reset_state();
    for (const Variable& v : state) CHECK(reduce_max(abs(cast(v.value(), float32))).item<float>() == 0.0f);
    auto again = made<MetricBody>("metrics", Config::Dict{{"class", row.at("class")}, {"config", metric->get_config()}});
    CHECK(again->get_config() == metric->get_config());
  });
}

TEST_CASE("every optimizer takes Keras's steps and keeps Keras's state") {
  const Config& start = expected().at("start");
  Tensor kernel0 = cast(Tensor::from(numbers(start.at("kernel"))), float32).reshaped({2, 3}), bias0 = cast(Tensor::from(numbers(start.at("bias"))), float32);
  Tensor slopes = cast(Tensor::from(numbers(start.at("slopes"))), float32).reshaped({2, 3});
  each_row("optimizers", [&](const Config& row) {
    clear_session();
    auto optimizer = made<OptimizerBody>("optimizers", row);
    Variable kernel(kernel0, {.name = "kernel"}), bias(bias0, {.name = "bias"});
    optimizer->build({kernel, bias});
    for (int64_t i = 0; i < row.at("steps").as_int(); ++i) {
      Tensor scale = optimizer->scale_loss(Tensor::scalar(1.0f));
      optimizer->apply({slopes * (kernel.value() - 1.5) * scale, bias.value() * 2.0 * scale}, {kernel, bias});
    }
    if (!row.at("before_finalize").as_list().empty()) {
      check_close(kernel.value(), numbers(row.at("before_finalize")));
      optimizer->finalize_variable_values({kernel, bias});
    }
    check_close(kernel.value(), numbers(row.at("kernel")));
    check_close(bias.value(), numbers(row.at("bias")));
    CHECK(optimizer->name() == row.at("name").as_string());
    std::vector<Variable> state = optimizer->variables();
    const Config::List& variables = row.at("variables").as_list();
    REQUIRE(state.size() == variables.size());
    for (size_t i = 0; i < state.size(); ++i) {
      CAPTURE(state[i].name());
      CHECK(state[i].dtype().name() == variables[i].as_list()[0].as_string());
      check_close(state[i].value(), numbers(variables[i].as_list()[2]));
    }
    auto again = made<OptimizerBody>("optimizers", Config::Dict{{"class", row.at("class")}, {"config", optimizer->get_config()}});
    CHECK(again->get_config() == optimizer->get_config());
  });
}

TEST_CASE("every schedule follows Keras's curve") {
  each_row("schedules", [](const Config& row) {
    auto schedule = made<LearningRateScheduleBody>("schedules", row);
    std::vector<double> wanted = numbers(row.at("expected"));
    for (size_t i = 0; i < wanted.size(); ++i) check_close(schedule->call(Tensor::scalar(row.at("steps").as_list()[i].as_int())), {wanted[i]}, 5e-7);
  });
}

TEST_CASE("every regularizer and constraint agrees with Keras") {
  each_row("regularizers", [](const Config& row) {
    check_close(made<RegularizerBody>("regularizers", row)->call(named_tensor(row.at("inputs").as_list()[0])), numbers(row.at("expected")));
  });
  each_row("constraints", [](const Config& row) {
    check_close(made<ConstraintBody>("constraints", row)->call(named_tensor(row.at("inputs").as_list()[0])), numbers(row.at("expected")));
  });
}

TEST_CASE("every initializer draws Keras's numbers") {
  each_row("initializers", [](const Config& row) {
    std::vector<int64_t> shape;
    from_config(row.at("shape"), shape);
    auto initializer = made<InitializerBody>("initializers", row);
    Tensor values = initializer->call(Shape(Dims(std::span<const int64_t>(shape))), float32);
    int64_t shown = int64_t(row.at("expected").as_list().size());
    check_close(slice(reshape(values, {-1}), {0}, {shown}), numbers(row.at("expected")));
    check_close(reduce_mean(values), {row.at("mean").as_double()});
    check_close(reduce_std(values), {row.at("deviation").as_double()});
  });
}
