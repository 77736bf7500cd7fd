#include "runnel/keras/callbacks/tensorboard.h"

#include <algorithm>
#include <utility>

#include "runnel/base/error.h"
#include "runnel/base/files.h"
#include "runnel/keras/layers/embedding.h"
#include "runnel/keras/model.h"
#include "runnel/keras/optimizers/multi.h"
#include "runnel/keras/settings.h"
#include "runnel/ops/array.h"

namespace runnel::inline v0::keras {

UpdateFreq::UpdateFreq(const std::string& word) : batches_(word == "batch") {
  if (word != "batch" && word != "epoch")
    fail<ValueError>("TensorBoard", "the update_freq is unknown", {.got = word, .expected = "'batch', 'epoch' or a number of batches"});
}
Config to_config(const UpdateFreq& freq) { return freq.each_epoch() ? Config("epoch") : Config(freq.batches()); }
void from_config(const Config& config, UpdateFreq& out) {
  if (config.is_int() && config.as_int() < 1) fail<ValueError>("TensorBoard", "update_freq must be positive", {.got = to_text(config.as_int())});
  out = config.is_int() ? UpdateFreq(config.as_int()) : UpdateFreq(config.as_string());
}

namespace callbacks {

namespace {

double item(const Tensor& t) { return cast(t, float64).item<double>(); }

// Keras's logs stand in the order of their names.
Logs sorted(Logs logs) {
  std::sort(logs.begin(), logs.end());
  return logs;
}

void check_profile(const Config& given) {
  Config::List range = given.is_list() ? given.as_list() : Config::List{given};
  if (given.is_string()) {
    range.clear();
    std::string rest = given.as_string();
    for (size_t comma = 0; comma != std::string::npos; rest = rest.substr(std::min(rest.size(), comma + 1))) {
      comma = rest.find(',');
      std::string number = rest.substr(0, comma);
      if (number.empty() || number.size() > 18 || number.find_first_not_of("0123456789") != std::string::npos) number = "-1";
      range.push_back(int64_t(std::stoll(number)));
    }
  }
  bool whole = std::all_of(range.begin(), range.end(), [](const Config& c) { return c.is_int(); });
  if (!whole || range.empty() || range.size() > 2 || range[0].as_int() < 0 || range.back().as_int() < range[0].as_int())
    fail<ValueError>("", cat("profile_batch must be a non-negative integer or 2-tuple of positive integers. A pair of positive integers signifies a range "
                             "of batches to profile. Found: ", given.to_json()));
  if (range.back().as_int() > 0)
    fail<NotImplementedError>("TensorBoard", "Runnel has no profiler that TensorBoard reads",
                              {.got = cat("profile_batch=", given.to_json()), .hint = "profile_batch=0; write_steps_per_second=True tells the speed"});
}

// A weight as images (k, height, width, channels), or nothing where it is none.
Tensor as_images(const Tensor& weight) {
  Tensor w = squeeze(weight);
  if (w.rank() == 2 && w.dim(0) > w.dim(1)) w = transpose(w);
  if (w.rank() == 3 && config::image_data_format() == "channels_last") w = transpose(w, {2, 0, 1});
  if (w.rank() == 1) w = reshape(w, {1, w.dim(0), 1, 1});
  else if (w.rank() == 2) w = reshape(w, {1, w.dim(0), w.dim(1), 1});
  else if (w.rank() == 3) w = reshape(w, {w.dim(0), w.dim(1), w.dim(2), 1});
  bool fits = w.rank() == 4 && (w.dim(3) == 1 || w.dim(3) == 3 || w.dim(3) == 4);
  return fits ? w : Tensor();
}

std::string path_of(const Variable& weight) {
  std::string path = weight.name();
  if (path.ends_with(":0")) path.resize(path.size() - 2);
  std::replace(path.begin(), path.end(), ':', '_');
  return path;
}

}  // namespace

TensorBoardBody::TensorBoardBody(const TensorBoardOptions& options) : BodyWith(options) { check_profile(options.profile_batch.value); }

// --- where it is written

const summary::SummaryWriter& TensorBoardBody::writer(Part part) {
  summary::SummaryWriter& found = writers_[part];
  if (found.is_noop()) found = summary::create_file_writer(join_path(options_.log_dir, part == kTrain ? "train" : "validation"));
  return found;
}

void TensorBoardBody::push(Part part, int64_t step) {
  if (options_.update_freq.each_epoch()) return;
  pushed_.push_back(std::make_unique<Default>(writer(part), step, options_.update_freq.due(step)));
}
void TensorBoardBody::pop() {
  if (pushed_.empty()) return;
  std::unique_ptr<Default> last = std::move(pushed_.back());
  pushed_.pop_back();
  last->scope.leave();
}

// Batches are told where somebody reads them: here, or the writer that the program has made the default one.
bool TensorBoardBody::wants_batches() const { return !options_.update_freq.each_epoch() || !summary::default_writer().is_noop(); }

// --- what

void TensorBoardBody::set_params(const Config& params) {
  while (!pushed_.empty()) pop();  // training that was interrupted
  writers_.clear();
  begun_ = false;
}

// At the first hook, when the model is known.
void TensorBoardBody::begin() {
  if (std::exchange(begun_, true)) return;
  if (!model) fail<ValueError>("TensorBoard", "it has no model", {.hint = "set_model(), where no fit() does it"});
  if (options_.write_graph) write_model();
  if (options_.embeddings_freq > 0) configure_embeddings();
}

void TensorBoardBody::write_model() {
  const std::string kind = model->class_name();
  auto scope = writer(kTrain).as_default();
  if (kind != "Functional" && kind != "Sequential") return;
  summary::SummaryMetadata metadata{.plugin_name = "graph_keras_model", .plugin_content = "1"};
  summary::write("keras", [&] { return Tensor::scalar(model->to_json()); }, 0, metadata.bytes());
  scope.leave();
}

// The file that tells TensorBoard's projector where the embeddings are, in the text form of protocol buffers.
void TensorBoardBody::configure_embeddings() {
  const Config& metadata = options_.embeddings_metadata.value;
  Config::Dict by_layer = metadata.is_dict() ? metadata.as_dict() : Config::Dict{};
  std::string text;
  for (const Ref<LayerBody>& layer : model->layers()) {
    if (!dynamic_cast<EmbeddingBody*>(layer.get())) continue;
    std::string path = metadata.is_string() ? metadata.as_string() : "";
    auto found = std::find_if(by_layer.begin(), by_layer.end(), [&](const auto& entry) { return entry.first == layer->name(); });
    if (found != by_layer.end()) path = found->second.as_string(), by_layer.erase(found);
    text += "embeddings {\n  tensor_name: \"layer_with_weights-0/embeddings/.ATTRIBUTES/VARIABLE_VALUE\"\n";
    if (!path.empty()) text += cat("  metadata_path: \"", path, "\"\n");
    text += "}\n";
  }
  if (!by_layer.empty())
    fail<ValueError>("", cat("Unrecognized `Embedding` layer names passed to `keras.callbacks.TensorBoard` `embeddings_metadata` argument: ",
                             by_layer[0].first));
  write_file(join_path(options_.log_dir, "projector_config.pbtxt"), text);
}

void TensorBoardBody::on_train_begin() {
  begin();
  train_batch_ = 0;
  iterations_before_ = 0;
  push(kTrain, train_batch_);
}

void TensorBoardBody::on_train_end() {
  pop();
  for (auto& [part, writer] : writers_) writer.close();
}

void TensorBoardBody::on_train_batch_begin(int64_t) {
  ++train_batch_;
  pop();
  push(kTrain, train_batch_);
  batch_began_ = summary::wall_time();
}

void TensorBoardBody::on_train_batch_end(int64_t, const Logs& logs) {
  if (options_.write_steps_per_second) summary::scalar("batch_steps_per_second", 1 / (summary::wall_time() - batch_began_), {.step = train_batch_});
  for (const auto& [name, value] : sorted(logs)) summary::scalar("batch_" + name, value, {.step = train_batch_});
}

void TensorBoardBody::on_test_begin() {
  begin();
  push(kValidation, test_batch_);
}

void TensorBoardBody::on_test_batch_begin(int64_t) {
  ++test_batch_;
  if (options_.update_freq.each_epoch()) return;
  pop();
  push(kValidation, test_batch_);
}

void TensorBoardBody::on_test_end(const Logs& logs) {
  if (model->optimizer()) {
    auto scope = writer(kValidation).as_default();
    Tensor step = model->optimizer().body()->iterations();
    for (const auto& [name, value] : sorted(logs)) summary::scalar(cat("evaluation_", name, "_vs_iterations"), value, {.step = step});
    scope.leave();
  }
  pop();
}

void TensorBoardBody::on_epoch_begin(int64_t) {
  if (!options_.write_steps_per_second) return;
  iterations_before_ = item(model->optimizer().body()->iterations());
  epoch_began_ = summary::wall_time();
}

void TensorBoardBody::add_rates(Logs& logs) const {
  const Optimizer optimizer = model->optimizer();
  if (auto* several = dynamic_cast<optimizers::MultiOptimizerBody*>(optimizer.body().get())) {
    for (const Optimizer& one : several->optimizers()) logs.emplace_back("learning_rate_" + one.body()->name(), item(one.learning_rate()));
    return;
  }
  std::erase_if(logs, [](const auto& log) { return log.first == "learning_rate"; });
  logs.emplace_back("learning_rate", item(optimizer.learning_rate()));
}

void TensorBoardBody::write_epoch(Part part, int64_t epoch, const Logs& logs) {
  if (logs.empty()) return;
  auto scope = writer(part).as_default();
  for (const auto& [name, value] : logs) summary::scalar("epoch_" + name, value, {.step = epoch});
  scope.leave();
}

void TensorBoardBody::on_epoch_end(int64_t epoch, const Logs& logs) {
  Logs train, validation;
  for (const auto& [name, value] : sorted(logs)) {
    if (name.starts_with("val_")) validation.emplace_back(name.substr(4), value);
    else train.emplace_back(name, value);
  }
  if (!logs.empty()) {
    add_rates(train);
    if (options_.write_steps_per_second)
      train.emplace_back("steps_per_second", (item(model->optimizer().body()->iterations()) - iterations_before_) / (summary::wall_time() - epoch_began_));
    write_epoch(kTrain, epoch, train);
    write_epoch(kValidation, epoch, validation);
  }
  if (options_.histogram_freq > 0 && epoch % options_.histogram_freq == 0) write_weights(epoch);
  if (options_.embeddings_freq > 0 && epoch % options_.embeddings_freq == 0) {
    const std::string folder = join_path(options_.log_dir, "train");
    make_folders(folder);
    model->save_weights(join_path(folder, cat("keras_embedding.ckpt-", epoch, ".weights.h5")));
  }
}

void TensorBoardBody::write_weights(int64_t epoch) {
  auto scope = writer(kTrain).as_default();
  for (const Ref<LayerBody>& layer : model->layers())
    for (const Variable& weight : layer->weights()) {
      const std::string name = path_of(weight);
      summary::histogram(name + "/histogram", weight, {.step = epoch});
      if (!options_.write_images) continue;
      if (Tensor images = as_images(weight)) summary::image(name + "/image", images, {.step = epoch});
    }
  scope.leave();
}

}  // namespace callbacks

RUNNEL_KERAS_CLASS(callbacks, TensorBoard, callbacks::TensorBoardBody)

}  // namespace runnel::inline v0::keras
