#include "runnel/keras/saving/saving.h"

#include "runnel/base/error.h"
#include "runnel/base/files.h"
#include "runnel/keras/saving/keras_file.h"
#include "runnel/keras/saving/legacy_h5.h"
#include "runnel/keras/saving/serialization.h"
#include "runnel/keras/saving/shards.h"
#include "runnel/keras/saving/state.h"

namespace runnel::inline v0::keras {

namespace {

bool is_keras_file(const std::string& path) { return path.ends_with(".keras"); }
bool is_weights_file(const std::string& path) { return path.ends_with(".weights.h5"); }
bool is_sharded_file(const std::string& path) { return path.ends_with(".weights.json"); }
constexpr double kGigabyte = 1024.0 * 1024 * 1024, kShardGigabytes = 5;
bool is_hdf5_file(const std::string& path) { return path.ends_with(".h5") || path.ends_with(".hdf5"); }

void check_overwrite(const std::string& path, const SaveOptions& options) {
  if (!options.overwrite && file_exists(path)) fail<ValueError>("", cat("The file ", path, " exists already, and `overwrite` is false."));
}

void check_folder(const std::string& path) {
  if (size_t end = path.rfind('/'); end != std::string::npos && end > 0 && !file_exists(path.substr(0, end)))
    fail<FileNotFoundError>("", cat("[Errno 2] No such file or directory: '", path, "'"));
}

std::string read_existing(const std::string& path) {
  if (file_exists(path)) return read_file(path);
  if (is_keras_file(path)) fail<ValueError>("", cat("File not found: filepath=", path, ". Please ensure the file is an accessible `.keras` zip file."));
  fail<FileNotFoundError>("", cat("Unable to open file (unable to open file: name = '", path, "', errno = 2, error message = 'No such file or directory')"));
}

Ref<KerasObject> itself(const ModelBody* model) { return Ref<KerasObject>(const_cast<ModelBody*>(model)); }

void check_built(const ModelBody& model) {
  if (!model.built())
    fail<ValueError>("", "You are loading weights into a model that has not yet been built. Try building the model first by calling it on some data or by using `build()`.");
}

Ref<ModelBody> load(const std::string& path, bool compile) {
  if (is_keras_file(path)) return model_from_archive(read_existing(path), path);
  if (is_hdf5_file(path)) return read_legacy_model(*hdf5::read(read_existing(path)), path, compile);
  fail<ValueError>("", cat("File format not supported: filepath=", path, ". Keras 3 only supports V3 `.keras` files, legacy H5 format files (`.h5` extension)."));
}

}  // namespace

void ModelBody::save(const std::string& path, const SaveOptions& options) const {
  check_overwrite(path, options);
  if (is_keras_file(path)) {
    check_folder(path);
    return write_file(path, keras_archive(*this, options.include_optimizer));
  }
  if (!is_hdf5_file(path))
    fail<ValueError>("", cat("Invalid filepath extension for saving. Please add either a `.keras` extension for the native Keras format (recommended) or a "
                             "`.h5` extension. Received: filepath=", path, "."));
  hdf5::Group root;
  write_legacy_model(*this, root, options.include_optimizer);
  write_file(path, hdf5::write(root));
}

void ModelBody::save_weights(const std::string& path, const SaveOptions& options) const {
  check_overwrite(path, options);
  if (options.max_shard_size > 0 && !is_sharded_file(path)) fail<ValueError>("", cat("The filename must end in `.weights.json` when `max_shard_size` is specified. Received: filepath=", path));
  if (!is_hdf5_file(path) && !is_sharded_file(path)) fail<ValueError>("", cat("The filename must end in `.weights.h5`. Received: filepath=", path));
  if (is_weights_file(path)) check_folder(path);
  hdf5::Group root;
  if (is_sharded_file(path)) {
    write_state(itself(this), root, options.include_optimizer);
    return write_shards(root, path, (options.max_shard_size > 0 ? options.max_shard_size : kShardGigabytes) * kGigabyte);
  }
  if (is_weights_file(path)) write_state(itself(this), root, options.include_optimizer);
  else write_legacy_weights(*this, root);
  write_file(path, hdf5::write(root));
}

void ModelBody::load_weights(const std::string& path, const LoadWeightsOptions& options) {
  const bool legacy = is_hdf5_file(path) && !is_weights_file(path);
  if (options.by_name && !legacy) fail<ValueError>("", cat("`by_name` only supports loading legacy '.h5' or '.hdf5' files. Received: ", path));
  if (!is_keras_file(path) && !is_hdf5_file(path) && !is_sharded_file(path))
    fail<ValueError>("", cat("File format not supported: filepath=", path, ". Keras 3 only supports V3 `.keras` files, `.weights.h5` files, or legacy H5 format files "
                             "(`.h5` extension)."));
  check_built(*this);
  if (is_sharded_file(path)) {
    read_existing(path);
    return assign_all(read_state(itself(this), *read_shards(path), options.skip_mismatch));
  }
  std::string bytes = is_keras_file(path) ? weights_of_archive(read_existing(path), path) : read_existing(path);
  Ref<hdf5::Group> root = hdf5::read(std::move(bytes));
  assign_all(legacy ? read_legacy_weights(*this, *root, options) : read_state(itself(this), *root, options.skip_mismatch));
}

Model load_model(const std::string& path, const LoadModelOptions& options) {
  LoadScope scope(options.safe_mode, options.compile);
  CustomObjectScope custom(options.custom_objects);
  return Model(load(path, options.compile));
}

Model model_from_json(const std::string& json, const LoadModelOptions& options) {
  LoadScope scope(options.safe_mode, options.compile);
  CustomObjectScope custom(options.custom_objects);
  return Model(model_from_config(Config::from_json(json)));
}

}  // namespace runnel::inline v0::keras
