#include "runnel/keras/saving/keras_file.h"

#include <ctime>

#include "runnel/base/error.h"
#include "runnel/base/files.h"
#include "runnel/base/zip.h"
#include "runnel/keras/saving/hooks.h"
#include "runnel/keras/saving/serialization.h"
#include "runnel/keras/saving/sharing.h"
#include "runnel/keras/saving/state.h"

namespace runnel::inline v0::keras {

namespace {

constexpr const char* kMetadata = "metadata.json";
constexpr const char* kConfig = "config.json";
constexpr const char* kWeights = "model.weights.h5";

std::string date_now() {
  std::time_t now = std::time(nullptr);
  std::tm local{};
  localtime_r(&now, &local);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%d@%H:%M:%S", &local);
  return text;
}

std::string weights_file(const ModelBody& model, bool include_optimizer) {
  hdf5::Group root;
  write_state(Ref<KerasObject>(const_cast<ModelBody*>(&model)), root, include_optimizer);
  return hdf5::write(root);
}

std::string assets_path(const SavedObject& saved) { return join_path("assets", saved.path); }

// The files that layers of another language keep beside their weights: a vocabulary.
void write_assets(const Ref<KerasObject>& root, ZipWriter& zip) {
  for (const SavedObject& saved : saved_objects(root))
    if (auto files = hooks::stored(*saved.object, "save_assets"))
      for (const auto& [name, bytes] : files->dict()) zip.add(join_path(assets_path(saved), name), bytes.tensor().item<std::string>());
}

void read_assets(const Ref<KerasObject>& root, const ZipReader& zip) {
  for (const SavedObject& saved : saved_objects(root)) {
    const std::string folder = assets_path(saved) + "/";
    Nest::Dict files;
    for (const std::string& name : zip.names())
      if (name.starts_with(folder) && name.find('/', folder.size()) == std::string::npos) files.emplace_back(name.substr(folder.size()), Tensor::scalar(zip.read(name)));
    if (!files.empty() && hooks::overrides(*saved.object, "load_assets")) hooks::restore(*saved.object, "load_assets", files);
  }
}

}  // namespace

std::string keras_archive(const ModelBody& model, bool include_optimizer) {
  ZipWriter zip;
  zip.add(kMetadata, Config(Config::Dict{{"keras_version", kKerasVersion}, {"date_saved", date_now()}}).to_json());
  SharedWriting shared;
  zip.add(kConfig, shared.finished(serialize_keras_object(model)).to_json());
  zip.add(kWeights, weights_file(model, include_optimizer));
  write_assets(Ref<KerasObject>(const_cast<ModelBody*>(&model)), zip);
  return zip.take();
}

std::string weights_of_archive(std::string bytes, const std::string& path) {
  ZipReader zip(std::move(bytes));
  if (!zip.contains(kWeights)) fail<ValueError>("", cat("Expected a ", kWeights, " file in ", path), {.got = to_text(zip.names())});
  return zip.read(kWeights);
}

Ref<ModelBody> model_from_config(const Config& config) {
  SharedReading shared;
  Ref<LayerBody> layer = deserialize_layer(config);
  if (auto* model = dynamic_cast<ModelBody*>(layer.get())) return Ref<ModelBody>(model);
  fail<ValueError>("", cat("the file holds a ", layer->class_name(), ", which is no model"));
}

Ref<ModelBody> model_from_archive(std::string bytes, const std::string& path) {
  ZipReader zip(std::move(bytes));
  if (!zip.contains(kConfig)) fail<ValueError>("", cat("Expected a ", kConfig, " file in ", path), {.got = to_text(zip.names())});
  Ref<ModelBody> model = model_from_config(Config::from_json(zip.read(kConfig)));
  if (!zip.contains(kWeights)) fail<ValueError>("", cat("Expected a ", kWeights, " file in ", path), {.got = to_text(zip.names())});
  assign_all(read_state(model, *hdf5::read(zip.read(kWeights))));
  read_assets(model, zip);
  return model;
}

}  // namespace runnel::inline v0::keras
