// MobileNetV2. Sandler et al., "MobileNetV2: inverted residuals and linear bottlenecks", 2018.
#pragma once

#include "runnel/keras/applications/application.h"

namespace runnel::inline v0::keras::applications {

struct MobileNetV2Options {
  ShapeOption input_shape{};
  double alpha = 1;  ///< Multiplies the number of filters of each layer.
  bool include_top = true;
  std::optional<std::string> weights = "imagenet";
  Tensor input_tensor{};
  std::optional<std::string> pooling{};
  Int classes = 1000;
  Activation classifier_activation = "softmax";
  std::string name{};

  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("input_shape", s.input_shape);
    v("alpha", s.alpha);
    v("include_top", s.include_top);
    v("weights", s.weights);
    v("pooling", s.pooling);
    v("classes", s.classes);
    v("classifier_activation", s.classifier_activation);
    v("name", s.name);
  }
};

Model MobileNetV2(const MobileNetV2Options& options = MobileNetV2Options());

}  // namespace runnel::inline v0::keras::applications
