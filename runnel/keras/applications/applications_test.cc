#include <doctest/doctest.h>

#include "runnel/keras/applications/mobilenet_v2.h"
#include "runnel/keras/applications/vgg.h"

using namespace runnel;
using namespace runnel::keras;

TEST_CASE("architectures have Keras's numbers of parameters") {
  Model vgg = applications::VGG16({.include_top = false, .weights = {}, .input_shape = {32, 32, 3}});
  CHECK(vgg.body()->count_params() == 14714688);  // of Keras's documentation, without the top
  Model mobile = applications::MobileNetV2({.input_shape = {32, 32, 3}, .alpha = 0.35, .weights = {}, .classes = 10});
  CHECK(mobile.body()->count_params() == 423018);
  CHECK(mobile.body()->name() == "mobilenetv2_0.35_32");
  CHECK_THROWS_WITH_AS(applications::VGG16({.classes = 3}), doctest::Contains("`classes` should be 1000"), ValueError);
}
