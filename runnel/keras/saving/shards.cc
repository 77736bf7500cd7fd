#include "runnel/keras/saving/shards.h"

#include <algorithm>

#include "runnel/base/error.h"
#include "runnel/base/files.h"
#include "runnel/keras/config.h"

namespace runnel::inline v0::keras {

namespace {

std::string folder_of(const std::string& path) { return path.find('/') == std::string::npos ? "" : path.substr(0, path.rfind('/') + 1); }

class ShardWriter {
 public:
  ShardWriter(const std::string& json_path, double most_bytes) : json_path_(json_path), folder_(folder_of(json_path)), most_bytes_(most_bytes) {
    std::string name = json_path.substr(folder_.size());
    stem_ = name.substr(0, name.find(".weights"));
  }

  void add(const std::string& path, const hdf5::Group& group) {
    for (const auto& [name, dataset] : group.datasets) add_dataset(path, name, dataset.read(), group);
    for (const auto& [name, inner] : group.groups) add(cat(path, "/", name), *inner);
  }
  void finish() {
    write_shard();
    Config map = Config::dict();
    for (const auto& [path, files] : files_) map.set(path, files.size() == 1 ? Config(files[0]) : Config(Config::List(files.begin(), files.end())));
    Config index = Config::Dict{{"metadata", Config::Dict{{"total_size", total_}}}, {"weight_map", map}};
    write_file(json_path_, index.to_json(4));
  }

 private:
  std::string shard_name() const {
    std::string number = to_text(number_);
    return cat(stem_, "_", std::string(5 - std::min<size_t>(number.size(), 5), '0'), number, ".weights.h5");
  }
  void add_dataset(const std::string& path, const std::string& name, const Tensor& value, const hdf5::Group& from) {
    const double bytes = double(value.nbytes());
    if (bytes > most_bytes_)
      fail<ValueError>("", cat("The size of ", name, " is ", bytes, " bytes which exceeds the maximum shard size of ", most_bytes_,
                               " bytes. You can increase the `max_shard_size` parameter to accommodate the size."));
    if (size_ + bytes > most_bytes_) write_shard();
    size_ += bytes;
    total_ += bytes;
    hdf5::Group& group = shard_->create_group(path.substr(1));
    for (const hdf5::Attribute& a : from.attributes()) group.set_attribute(a.name, a.value, a.charset);
    group.create_dataset(name, value);
    if (files_.empty() || files_.back().first != path) files_.push_back({path, {}});
    if (files_.back().second.empty() || files_.back().second.back() != shard_name()) files_.back().second.push_back(shard_name());
  }
  void write_shard() {
    write_file(folder_ + shard_name(), hdf5::write(*shard_));
    shard_ = make_ref<hdf5::Group>();
    ++number_;
    size_ = 0;
  }

  std::string json_path_, folder_, stem_;
  double most_bytes_, size_ = 0, total_ = 0;
  int64_t number_ = 0;
  Ref<hdf5::Group> shard_ = make_ref<hdf5::Group>();
  std::vector<std::pair<std::string, std::vector<std::string>>> files_;  // of each group
};

void merge(const hdf5::Group& from, hdf5::Group& to) {
  for (const hdf5::Attribute& a : from.attributes()) to.set_attribute(a.name, a.value, a.charset);
  for (const auto& [name, dataset] : from.datasets)
    if (!to.find_dataset(name)) to.datasets.emplace(name, dataset);
  for (const auto& [name, group] : from.groups) merge(*group, to.create_group(name));
}

// A name in the index is a file beside it, never a path to elsewhere.
void add_name(const Config& name, std::vector<std::string>& out) {
  if (name.as_string().find('/') != std::string::npos) fail<ValueError>("", cat("a file outside the folder is named in the index: ", name.as_string()));
  if (std::find(out.begin(), out.end(), name.as_string()) == out.end()) out.push_back(name.as_string());
}

}  // namespace

void write_shards(const hdf5::Group& root, const std::string& json_path, double most_bytes) {
  ShardWriter writer(json_path, most_bytes);
  writer.add("", root);
  writer.finish();
}

Ref<hdf5::Group> read_shards(const std::string& json_path) {
  std::vector<std::string> files;
  const Config index = Config::from_json(read_file(json_path));
  for (const auto& [path, names] : index.at("weight_map").as_dict())
    for (const Config& name : names.is_list() ? names.as_list() : Config::List{names}) add_name(name, files);
  Ref<hdf5::Group> root = make_ref<hdf5::Group>();
  for (const std::string& file : files) merge(*hdf5::read(read_file(folder_of(json_path) + file)), *root);
  return root;
}

}  // namespace runnel::inline v0::keras
