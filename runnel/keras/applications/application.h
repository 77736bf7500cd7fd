// keras.applications: architectures with weights trained on ImageNet. What they have in common.
#pragma once

#include <span>

#include "runnel/keras/layers.h"
#include "runnel/keras/model.h"

namespace runnel::inline v0::keras::applications {

struct Options {
  bool include_top = true;                           ///< With the layers that classify.
  std::optional<std::string> weights = "imagenet";   ///< "imagenet" (downloaded), the path of a file, or none: random ones.
  Tensor input_tensor{};                             ///< A Keras tensor to begin with, in place of a new Input.
  ShapeOption input_shape{};                         ///< (rows, columns, channels)
  std::optional<std::string> pooling{};              ///< Without the top: "avg" or "max" over rows and columns, or none.
  Int classes = 1000;
  Activation classifier_activation = "softmax";
  std::string name{};                                ///< Default: the architecture's.

  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("include_top", s.include_top);
    v("weights", s.weights);
    v("input_shape", s.input_shape);
    v("pooling", s.pooling);
    v("classes", s.classes);
    v("classifier_activation", s.classifier_activation);
    v("name", s.name);
  }
};

/// Weights on the network, with the MD5 that their publishers name ("" where they name none).
struct WeightFile {
  std::string name{}, md5{};
};
struct Weights {
  std::string folder{};  ///< The address that the names are added to.
  WeightFile top{}, no_top{};
};

/// Checks `weights`, `classes` and `input_shape` as Keras does, and begins the graph.
Tensor begin(const Options& options, int64_t default_size, int64_t min_size);
/// The classifying layer, named "predictions".
Tensor classify(const Tensor& x, const Options& options);
/// The mean over rows and columns, by a layer of this name ("": an automatic one).
Tensor average(const Tensor& x, const std::string& name = "");
/// What `pooling` says, with these names of layers.
Tensor pool(const Tensor& x, const Options& options, const std::string& avg_name = "", const std::string& max_name = "");
/// The model from `input` to `output`, with the weights asked for.
Model finish(const Tensor& input, const Tensor& output, const Options& options, const std::string& name, const Weights& weights);

/// Zeros around images so that a convolution with a stride of 2 keeps Keras's alignment: {{top, bottom}, {left, right}}.
Tensor pad_for_stride(const Tensor& x, int64_t kernel_size, const std::string& name);
/// The multiple of 8 near to v, at least 8, and no more than 10 % below v.
int64_t divisible_by_8(double v);

/// How pixels are prepared for an architecture.
enum class Preprocessing { kCaffe, kTf, kTorch, kNone };
/// kCaffe: to BGR, minus ImageNet's means. kTf: to [-1, 1]. kTorch: to [0, 1], minus means, divided by deviations.
Tensor preprocess_input(const Tensor& x, Preprocessing mode, const std::string& data_format = "channels_last");

struct Prediction {
  std::string id, label;  ///< "n02123045", "tabby"
  double score;
};
/// The `top` best classes of each row of (samples, 1000). The names come from a file in Keras's cache or the network.
std::vector<std::vector<Prediction>> decode_predictions(const Tensor& predictions, int64_t top = 5);

/// What a binding needs to offer an architecture.
struct Application {
  const char* name;    ///< "ResNet50"
  const char* module;  ///< "resnet50": keras.applications.resnet50
  Preprocessing preprocessing;
  Config (*defaults)();
  Model (*make)(const Config& config, const Tensor& input_tensor);
};
std::span<const Application> all_applications();

}  // namespace runnel::inline v0::keras::applications
