#include <doctest/doctest.h>

#include "runnel/base/error.h"
#include "runnel/keras/expect_close.h"
#include "runnel/keras/activations.h"
#include "runnel/ops/math.h"

// Expected values: keras.activations of Keras 3.
namespace runnel::inline v0::keras {

namespace {
struct Case {
  const char* name;
  std::vector<float> expected;
};
}  // namespace

TEST_CASE("activations give what Keras's give") {
  const Tensor x = Tensor::from(std::vector<float>{-4, -1.5f, -.3f, 0, .7f, 3.2f, 6.5f});
  const Case cases[] = {
      {"relu",
       {0.f, 0.f, 0.f, 0.f, 0.699999988f, 3.20000005f, 6.5f}},
      {"relu6",
       {0.f, 0.f, 0.f, 0.f, 0.699999988f, 3.20000005f, 6.f}},
      {"elu",
       {-0.981684387f, -0.776869833f, -0.259181798f, 0.f, 0.699999988f, 3.20000005f, 6.5f}},
      {"selu",
       {-1.72589862f, -1.36581433f, -0.455667347f, 0.f, 0.73549068f, 3.36224341f, 6.82955647f}},
      {"gelu",
       {-0.000126685016f, -0.100210831f, -0.114626579f, 0.f, 0.530625403f, 3.19780135f, 6.5f}},
      {"silu",
       {-0.0719448403f, -0.273638278f, -0.127667248f, 0.f, 0.467731446f, 3.0746696f, 6.490242f}},
      {"sigmoid",
       {0.0179862101f, 0.182425514f, 0.425557464f, 0.5f, 0.668187797f, 0.960834265f, 0.998498797f}},
      {"hard_sigmoid",
       {0.f, 0.25f, 0.450000018f, 0.5f, 0.616666675f, 1.f, 1.f}},
      {"hard_silu",
       {0.f, -0.375f, -0.135000005f, 0.f, 0.431666672f, 3.20000005f, 6.5f}},
      {"tanh",
       {-0.999329269f, -0.905148327f, -0.291312635f, 0.f, 0.604367733f, 0.996682346f, 0.99999541f}},
      {"softmax",
       {2.64039609e-05f, 0.000321666099f, 0.00106796867f, 0.00144160748f, 0.0029030405f, 0.0353662781f, 0.958873093f}},
      {"log_softmax",
       {-10.541997f, -8.04199696f, -6.84199667f, -6.54199648f, -5.84199667f, -3.34199643f, -0.0419965759f}},
      {"softplus",
       {0.0181499291f, 0.201413289f, 0.554355264f, 0.693147182f, 1.10318601f, 3.23995352f, 6.50150251f}},
      {"softsign",
       {-0.800000012f, -0.600000024f, -0.230769247f, 0.f, 0.411764681f, 0.761904836f, 0.866666675f}},
      {"exponential",
       {0.0183156393f, 0.223130167f, 0.740818202f, 1.f, 2.0137527f, 24.5325317f, 665.141663f}},
      {"leaky_relu",
       {-0.800000012f, -0.300000012f, -0.0600000024f, 0.f, 0.699999988f, 3.20000005f, 6.5f}},
      {"mish",
       {-0.0725917369f, -0.298099756f, -0.15113318f, 0.f, 0.561148405f, 3.19019747f, 6.49997044f}},
      {"log_sigmoid",
       {-4.01814985f, -1.70141327f, -0.854355276f, -0.693147182f, -0.403186053f, -0.0399533287f, -0.00150231016f}},
      {"linear",
       {-4.f, -1.5f, -0.300000012f, 0.f, 0.699999988f, 3.20000005f, 6.5f}},
  };
  for (const Case& c : cases) {
    CAPTURE(c.name);
    Activation activation(c.name);
    expect_close(activation(x), c.expected, 2e-6f);
    CHECK(activation.name() == c.name);
    Activation again;
    from_config(to_config(activation), again);
    CHECK(again.name() == c.name);
  }
}

TEST_CASE("activations: aliases, none, unknown ones and one's own") {
  CHECK(Activation("swish").name() == "silu");
  CHECK(Activation().is_linear());
  CHECK(Activation("linear").is_linear());
  CHECK_THROWS_AS(Activation("foo"), ValueError);
  register_activation("double", [](const Tensor& x) { return x * 2.0; });
  expect_close(Activation("double")(floats({1, 2}, {2})), {2, 4});
}

}  // namespace runnel::inline v0::keras
