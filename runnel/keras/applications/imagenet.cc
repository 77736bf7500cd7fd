#include <algorithm>
#include <numeric>

#include "runnel/base/error.h"
#include "runnel/base/files.h"
#include "runnel/keras/applications/application.h"
#include "runnel/keras/datasets/find_file.h"
#include "runnel/ops/array.h"
#include "runnel/ops/math.h"

namespace runnel::inline v0::keras::applications {

namespace {

// Three numbers along the channels of images (..., rows, columns, channels) or (..., channels, rows, columns).
Tensor per_channel(const std::vector<float>& values, DType dtype, bool first) {
  Tensor out = cast(Tensor::from(values), dtype);
  return first ? reshape(out, {3, 1, 1}) : out;
}

}  // namespace

Tensor preprocess_input(const Tensor& given, Preprocessing mode, const std::string& data_format) {
  if (data_format != "channels_first" && data_format != "channels_last")
    fail<ValueError>("", cat("Expected data_format to be one of `channels_first` or `channels_last`. Received: data_format=", data_format));
  if (mode == Preprocessing::kNone) return given;
  Tensor x = given.dtype().is_floating() ? given : cast(given, float32);
  if (mode == Preprocessing::kTf) return x / 127.5 - 1.0;
  bool first = channels_first(data_format);
  if (mode == Preprocessing::kTorch)
    return (x / 255.0 - per_channel({0.485f, 0.456f, 0.406f}, x.dtype(), first)) / per_channel({0.229f, 0.224f, 0.225f}, x.dtype(), first);
  return reverse(x, {first ? -3 : -1}) - per_channel({103.939f, 116.779f, 123.68f}, x.dtype(), first);
}

namespace {

// {"0": ["n01440764", "tench"], ...}
Config class_index() {
  constexpr const char* kFile = "imagenet_class_index.json";
  return Config::from_json(read_file(datasets::find_file({.name = kFile, .kind = "models",
                                                          .origin = cat("https://storage.googleapis.com/download.tensorflow.org/data/", kFile),
                                                          .md5 = "c2c37ea517e94d9795004a39431a14cb"})));
}

}  // namespace

std::vector<std::vector<Prediction>> decode_predictions(const Tensor& predictions, int64_t top) {
  Shape shape = predictions.shape();
  if (shape.rank() != 2 || shape[1] != 1000)
    fail<ValueError>("", cat("`decode_predictions` expects a batch of predictions (i.e. a 2D array of shape (samples, 1000)). Received array with shape: ", to_text(shape)));
  Config names = class_index();
  Tensor scores = cast(predictions, float64);
  std::vector<std::vector<Prediction>> out;
  for (int64_t row = 0; row < shape[0]; ++row) {
    const double* score = scores.values<double>().data() + row * 1000;
    std::vector<int> order(1000);
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return score[a] > score[b]; });
    std::vector<Prediction>& best = out.emplace_back();
    for (int64_t i = 0; i < std::min<int64_t>(top, 1000); ++i) {
      const Config::List& name = names.at(to_text(order[size_t(i)])).as_list();
      best.push_back({name.at(0).as_string(), name.at(1).as_string(), score[order[size_t(i)]]});
    }
  }
  return out;
}

}  // namespace runnel::inline v0::keras::applications
