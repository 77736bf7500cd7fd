// Objects as JSON, in the form of Keras 3:
//   {"module": "keras.layers", "class_name": "Dense", "config": {...}, "registered_name": null, "build_config": {"input_shape": [null, 8]}}
#pragma once

#include <vector>

#include "runnel/keras/layer.h"
#include "runnel/keras/object.h"

namespace runnel::inline v0::keras {

/// With the shapes it was built for, where it is a layer, and the arguments of compile(), where it is a compiled model.
Config serialize_keras_object(const KerasObject& object);

/// Any object of Keras's or of one's own. ValueError for an unknown class, and for Python's lambdas in safe mode.
Ref<KerasObject> deserialize_keras_object(const Config& config);
/// A layer or model, built if the config says so. Also reads the form of Keras 2: {"class_name", "config"}.
Ref<LayerBody> deserialize_layer(const Config& config);

/// Whether a class of one's own, registered in C++, is of that kind and has the name that a serialized dict says.
bool is_registered(const char* kind, const Config& config);

/// ValueError where the config holds the bytecode of a Python lambda, in safe mode; nothing of the config may be made before.
void check_safe(const Config& config);

/// How load_model() reads on this thread, while it lives.
class LoadScope {
 public:
  LoadScope(bool safe_mode, bool compile);
  ~LoadScope();
  LoadScope(const LoadScope&) = delete;
  LoadScope& operator=(const LoadScope&) = delete;

 private:
  bool outer_safe_, outer_compile_;
};

}  // namespace runnel::inline v0::keras
