#include "runnel/ops/module.h"

#include <doctest/doctest.h>

#include "runnel/keras/layers/core.h"
#include "runnel/ops/array.h"

namespace runnel::testing {

namespace {

std::vector<std::string> names(const std::vector<Variable>& variables) {
  std::vector<std::string> out;
  for (const Variable& v : variables) out.push_back(v.name());
  return out;
}

struct TinyLinear : Module {
  Variable w = add_variable("w", zeros({2}));
  using Module::Module;
};

// As in TensorFlow's test of the same structure: t and z are direct, a and b lie below.
struct HTTPThing : Module {
  HTTPThing() {
    track("a", a);
    track("again", a);
    track("b", b);
    track("self", *this);
  }
  TinyLinear a{"first"}, b{"second"};
  Variable z = add_variable("z", 1.f), t = add_variable("t", 2.f, {.trainable = false});
  keras::layers::Dense dense = track("dense", keras::layers::Dense({.units = 1}));
};

}  // namespace

TEST_CASE("a module finds its variables by name, its own before those below, each once") {
  HTTPThing module;
  CHECK(names(module.variables()) == std::vector<std::string>{"http_thing/t:0", "http_thing/z:0", "first/w:0", "second/w:0"});
  CHECK(names(module.trainable_variables()) == std::vector<std::string>{"http_thing/z:0", "first/w:0", "second/w:0"});
  CHECK(names(module.non_trainable_variables()) == std::vector<std::string>{"http_thing/t:0"});
  CHECK(module.submodules() == std::vector<Module*>{&module.a, &module.b});
}

TEST_CASE("weights of a layer are found once it is built") {
  HTTPThing module;
  module.dense(zeros({1, 3}));
  CHECK(module.variables().size() == 6);
  CHECK(module.trainable_variables()[0].shape() == PartialShape{3, 1});
}

TEST_CASE("modules are named after their classes") {
  CHECK(HTTPThing().name() == "http_thing");
  CHECK(TinyLinear().name() == "tiny_linear");
  CHECK_THROWS_WITH_AS(TinyLinear("a b"), doctest::Contains("'a b' is not a valid module name"), ValueError);
  CHECK_THROWS_AS(TinyLinear("3a"), ValueError);
}

}  // namespace runnel::testing
