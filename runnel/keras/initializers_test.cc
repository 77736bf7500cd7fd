#include <doctest/doctest.h>

#include "runnel/base/error.h"
#include "runnel/keras/expect_close.h"
#include "runnel/keras/initializers.h"
#include "runnel/keras/random.h"

// Expected values: keras.initializers and keras.utils.set_random_seed of Keras 3 over TensorFlow.
namespace runnel::inline v0::keras {

TEST_CASE("seeded initializers draw Keras's numbers") {
  constexpr float kTight = 1e-7f, kMath = 1e-6f;
  expect_close(initializers::GlorotUniform({.seed = 1})(Shape{2, 3}, float32),
               {0.829226136f, -0.0876789093f, 0.219727159f, -0.23530674f, -0.540726483f, -0.122034311f}, kTight);
  expect_close(initializers::GlorotNormal({.seed = 1})(Shape{2, 3}, float32),
               {0.0910622478f, -0.354481548f, 0.453829497f, -0.567184865f, -0.654191554f, -0.287001759f}, kMath);
  expect_close(initializers::RandomNormal({.seed = 42})(Shape{4}, float32), {0.00079085381f, -0.0795043483f, 0.00517972326f, 0.0405872986f}, kMath);
  expect_close(initializers::RandomUniform({.seed = 42})(Shape{4}, float32), {-0.0217566844f, -0.000158309937f, 0.0215458535f, -0.0479797982f}, kTight);
  expect_close(initializers::LecunUniform({.seed = 3000000000})(Shape{4}, float32), {0.55858165f, 0.105174184f, 0.446211517f, -0.163453877f}, kTight);
  Tensor he = initializers::HeNormal({.seed = 7})(Shape{3, 3, 2, 1}, float32);
  expect_close(he.rows(0, 1), {-0.25547713f, -0.135926217f, -0.71226573f, -0.558151484f, -0.274830729f, 0.288136929f}, kMath);
}

TEST_CASE("set_random_seed brings Python's seeds") {
  set_random_seed(42);
  CHECK(make_default_seed() == 686579304);
  CHECK(make_default_seed() == 119540832);
  CHECK(make_default_seed() == 26855093);
  set_random_seed((int64_t(1) << 40) + 5);
  CHECK(make_default_seed() == 541574218);
  CHECK(make_default_seed() == 555040208);
}

TEST_CASE("initializers that draw nothing, configs and errors") {
  expect_close(Initializer("zeros")(Shape{2}, float32), {0, 0});
  expect_close(Initializer("ones")(Shape{2}, float32), {1, 1});
  expect_close(initializers::Constant({.value = 2.5})(Shape{2}, float32), {2.5f, 2.5f});
  expect_close(initializers::Constant({.value = Config::List{1.0, 2.0}})(Shape{2, 2}, float32), {1, 2, 1, 2});
  CHECK_THROWS(initializers::Constant({.value = Config::List{1.0, 2.0}})(Shape{3}, float32));
  ConstantValue saved = 0.0;
  from_config(Config::Dict{{"class_name", "__numpy__"}, {"config", Config::Dict{{"value", Config::List{1, 2}}, {"dtype", "int64"}}}}, saved);
  CHECK(to_config(saved).as_list().size() == 2);
  expect_close(initializers::Identity({.gain = 2})(Shape{2, 3}, float32), {2, 0, 0, 0, 2, 0});
  Initializer same;
  from_config(to_config(Initializer(initializers::HeUniform({.seed = 5}))), same);
  CHECK(same.body()->class_name() == "HeUniform");
  CHECK(same.body()->get_config().at("seed").as_int() == 5);
  Initializer unseeded = "he_normal";
  CHECK(unseeded.body()->get_config().at("seed").is_null());
  Tensor first = unseeded(Shape{3}, float32), second = unseeded(Shape{3}, float32);
  expect_close(first, {second.data<float>(), second.data<float>() + 3}, 0);
  CHECK_THROWS_AS(initializers::VarianceScaling({.mode = "fan"}), ValueError);
  CHECK_THROWS_AS(initializers::VarianceScaling({.scale = 0}), ValueError);
  CHECK_THROWS_AS(Initializer("identity")(Shape{2}, float32), ValueError);
}

TEST_CASE("a seed generator counts up") {
  SeedGenerator seeds(7);
  for (int32_t i = 0; i < 3; ++i) {
    Tensor seed = seeds.next();
    CHECK(seed.data<int32_t>()[0] == 7);
    CHECK(seed.data<int32_t>()[1] == i);
  }
}

}  // namespace runnel::inline v0::keras
