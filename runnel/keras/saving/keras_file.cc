#include "runnel/keras/saving/keras_file.h"

#include <ctime>

#include "runnel/base/error.h"
#include "runnel/base/zip.h"
#include "runnel/keras/saving/serialization.h"
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

}  // namespace

std::string keras_archive(const ModelBody& model, bool include_optimizer) {
  ZipWriter zip;
  zip.add(kMetadata, Config(Config::Dict{{"keras_version", kKerasVersion}, {"date_saved", date_now()}}).to_json());
  zip.add(kConfig, serialize_keras_object(model).to_json());
  zip.add(kWeights, weights_file(model, include_optimizer));
  return zip.take();
}

std::string weights_of_archive(std::string bytes, const std::string& path) {
  ZipReader zip(std::move(bytes));
  if (!zip.contains(kWeights)) fail<ValueError>("", cat("Expected a ", kWeights, " file in ", path), {.got = to_text(zip.names())});
  return zip.read(kWeights);
}

Ref<ModelBody> model_from_config(const Config& config) {
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
  return model;
}

}  // namespace runnel::inline v0::keras
