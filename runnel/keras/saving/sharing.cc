#include "runnel/keras/saving/sharing.h"

namespace runnel::inline v0::keras {

namespace {

constexpr const char* kId = "shared_object_id";
thread_local SharedWriting* writing = nullptr;
thread_local SharedReading* reading = nullptr;

const Config* id_of(const Config& config) {
  const Config* id = config.is_dict() ? config.find(kId) : nullptr;
  return id && id->is_int() ? id : nullptr;
}

void count(const Config& config, std::map<int64_t, int>& times) {
  if (const Config* id = id_of(config)) ++times[id->as_int()];
  if (config.is_list())
    for (const Config& item : config.as_list()) count(item, times);
  if (config.is_dict())
    for (const auto& [key, value] : config.as_dict()) count(value, times);
}

Config without_singles(const Config& config, std::map<int64_t, int>& times) {
  Config out = config;
  if (config.is_list()) {
    out = Config::list();
    for (const Config& item : config.as_list()) out.push_back(without_singles(item, times));
  } else if (config.is_dict()) {
    out = Config::dict();
    for (const auto& [key, value] : config.as_dict())
      if (key != kId || !value.is_int() || times[value.as_int()] > 1) out.set(key, without_singles(value, times));
  }
  return out;
}

}  // namespace

SharedWriting::SharedWriting() : outer_(std::exchange(writing, this)) {}
SharedWriting::~SharedWriting() { writing = outer_; }

void SharedWriting::number(const KerasObject& object, Config& config) {
  if (writing) config.set(kId, writing->ids_.emplace(&object, int64_t(writing->ids_.size() + 1)).first->second);
}

Config SharedWriting::finished(const Config& config) const {
  std::map<int64_t, int> times;
  count(config, times);
  return without_singles(config, times);
}

SharedReading::SharedReading() : outer_(std::exchange(reading, this)) {}
SharedReading::~SharedReading() { reading = outer_; }

Ref<RefCounted> SharedReading::object(const Config& config, const std::function<Ref<RefCounted>()>& make) {
  const Config* id = reading ? id_of(config) : nullptr;
  if (!id) return make();
  if (auto found = reading->objects_.find(id->as_int()); found != reading->objects_.end()) return found->second;
  Ref<RefCounted> made = make();
  if (made) reading->objects_[id->as_int()] = made;
  return made;
}

}  // namespace runnel::inline v0::keras
