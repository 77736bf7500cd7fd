// Objects that stand in several places of one file are one object again: Keras's "shared_object_id".
#pragma once

#include <functional>
#include <map>

#include "runnel/keras/object.h"

namespace runnel::inline v0::keras {

/// While it lives on a thread, serialized() numbers the objects.
class SharedWriting {
 public:
  SharedWriting();
  ~SharedWriting();
  /// The config with the numbers of only those objects that come again.
  Config finished(const Config& config) const;
  static void number(const KerasObject& object, Config& config);

 private:
  std::map<const KerasObject*, int64_t> ids_;
  SharedWriting* outer_;
};

/// While it lives on a thread, the configs with one number stand for one object.
class SharedReading {
 public:
  SharedReading();
  ~SharedReading();
  /// The object that was read for the config's number; otherwise what `make` makes.
  static Ref<RefCounted> object(const Config& config, const std::function<Ref<RefCounted>()>& make);

 private:
  std::map<int64_t, Ref<RefCounted>> objects_;
  SharedReading* outer_;
};

}  // namespace runnel::inline v0::keras
