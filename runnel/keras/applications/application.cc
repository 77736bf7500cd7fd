#include "runnel/keras/applications/application.h"

#include <algorithm>

#include "runnel/base/error.h"
#include "runnel/base/files.h"
#include "runnel/keras/datasets/find_file.h"
#include "runnel/keras/functional_graph.h"
#include "runnel/keras/warn.h"

namespace runnel::inline v0::keras::applications {

namespace {

bool wants_imagenet(const Options& o) { return o.weights && *o.weights == "imagenet"; }

void check_weights(const Options& o) {
  if (o.weights && !wants_imagenet(o) && !file_exists(*o.weights))
    fail<ValueError>("", cat("The `weights` argument should be either `None` (random initialization), 'imagenet' (pre-training on ImageNet), or the path to the "
                             "weights file to be loaded.  Received: weights=", *o.weights));
  if (wants_imagenet(o) && o.include_top && o.classes != 1000)
    fail<ValueError>("", cat("If using `weights='imagenet'` with `include_top=True`, `classes` should be 1000.  Received classes=", int64_t(o.classes)));
}

// Rows, columns, channels; -1 where they are left open.
PartialShape input_shape(const Options& o, int64_t default_size, int64_t min_size) {
  PartialShape given = o.input_shape.shape(), usual({default_size, default_size, 3});
  if (!o.input_shape.is_set()) return o.include_top ? usual : PartialShape({-1, -1, 3});
  if (given.rank() != 3) fail<ValueError>("", "`input_shape` must be a tuple of three integers.");
  if (wants_imagenet(o) && o.include_top && given != usual)
    fail<ValueError>("", cat("When setting `include_top=True` and loading `imagenet` weights, `input_shape` should be ", to_text(usual), ".  Received: input_shape=", to_text(given)));
  if (wants_imagenet(o) && given[2] != 3) fail<ValueError>("", cat("The input must have 3 channels; Received `input_shape=", to_text(given), "`"));
  if (given[2] != 3 && given[2] != 1)
    warn(cat("This model usually expects 1 or 3 input channels. However, it was passed an input_shape with ", given[2], " input channels."));
  auto too_small = [&](int64_t size) { return size >= 0 && size < min_size; };
  if (too_small(given[0]) || too_small(given[1]))
    fail<ValueError>("", cat("Input size must be at least ", min_size, "x", min_size, "; Received: input_shape=", to_text(given)));
  if (o.include_top && !given.is_fully_known())
    fail<ValueError>("", cat("If `include_top` is True, you should specify a static `input_shape`. Received: input_shape=", to_text(given)));
  return given;
}

// The Inputs that a Keras tensor comes from.
void find_sources(const Tensor& tensor, std::vector<Tensor>& out) {
  KerasNode* node = keras_node(tensor);
  if (!node) fail<ValueError>("", "`input_tensor` must be a Keras tensor: the result of keras.Input() or of a layer called on such.");
  std::vector<Tensor> reads = node->reads();
  if (reads.empty() && std::none_of(out.begin(), out.end(), [&](const Tensor& t) { return keras_node(t) == node; })) out.push_back(tensor);
  for (const Tensor& t : reads)
    if (is_keras_tensor(t)) find_sources(t, out);
}

void load(const Model& model, const Options& o, const Weights& weights) {
  if (!o.weights) return;
  if (!wants_imagenet(o)) return model.load_weights(*o.weights);
  const WeightFile& file = o.include_top ? weights.top : weights.no_top;
  model.load_weights(datasets::find_file({.name = file.name, .kind = "models", .origin = weights.folder + file.name, .md5 = file.md5}));
}

}  // namespace

Tensor begin(const Options& options, int64_t default_size, int64_t min_size) {
  check_weights(options);
  PartialShape shape = input_shape(options, default_size, min_size);
  return options.input_tensor ? options.input_tensor : Input(shape);
}

Tensor classify(const Tensor& x, const Options& o) {
  if (o.weights && o.classifier_activation.name() != "softmax" && !o.classifier_activation.is_linear())
    fail<ValueError>("", cat("Only `None` and `softmax` activations are allowed for the `classifier_activation` argument when using pretrained weights, with "
                             "`include_top=True`; Received: classifier_activation=", o.classifier_activation.name()));
  return layers::Dense({.units = o.classes, .activation = o.classifier_activation, .name = "predictions"})(x);
}

Tensor average(const Tensor& x, const std::string& name) { return layers::GlobalAveragePooling2D({.name = name})(x); }

Tensor pool(const Tensor& x, const Options& options, const std::string& avg_name, const std::string& max_name) {
  if (options.pooling == "avg") return average(x, avg_name);
  if (options.pooling == "max") return layers::GlobalMaxPooling2D({.name = max_name})(x);
  return x;
}

Model finish(const Tensor& input, const Tensor& output, const Options& options, const std::string& name, const Weights& weights) {
  std::vector<Tensor> sources;
  find_sources(input, sources);
  Model model(sources.size() == 1 ? Nest(sources[0]) : Nest(sources), output, options.name.empty() ? name : options.name);
  load(model, options, weights);
  return model;
}

Tensor pad_for_stride(const Tensor& x, int64_t kernel_size, const std::string& name) {
  PartialShape shape = x.partial_shape();
  int64_t after = kernel_size / 2;
  auto pair = [&](int64_t size) { return std::vector<int64_t>{after - (shape[1] < 0 ? 1 : 1 - size % 2), after}; };
  return layers::ZeroPadding2D({.padding = std::vector<std::vector<int64_t>>{pair(shape[1]), pair(shape[2])}, .name = name})(x);
}

int64_t divisible_by_8(double v) {
  int64_t near = std::max<int64_t>(8, int64_t(v + 4) / 8 * 8);
  return double(near) < 0.9 * v ? near + 8 : near;
}

}  // namespace runnel::inline v0::keras::applications
