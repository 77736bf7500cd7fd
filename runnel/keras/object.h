// KerasObject: the base of every body that has a class name and a config (layers, losses, optimizers, ...).
//
// A thing of Keras is a *body* behind a *handle*. Users subclass bodies and pass handles around:
//   Handle<InitializerBody>      any initializer:  Initializer i = "he_normal";
//   ObjectOf<HeNormalBody>       a concrete one:   initializers::HeNormal({.seed = 42})
#pragma once

#include <concepts>
#include <string>
#include <vector>

#include "runnel/base/ref.h"
#include "runnel/keras/fields.h"

namespace runnel::inline v0::keras {

struct SavedVariable;  // keras/saving/saveable.h
struct SavedMember;

class KerasObject : public RefCounted {
 public:
  /// "Dense": the name under which the class is saved.
  virtual std::string class_name() const = 0;
  /// "keras.layers": where Keras exports the class.
  virtual std::string module() const = 0;
  /// Everything that from_config() needs to make an equal object (without weights).
  virtual Config get_config() const { return Config::dict(); }
  /// Called once, after the constructors: here class_name() is the final class's.
  virtual void constructed() {}

  /// Its own state: what is saved under its path. Nothing is saved, not even a name, where has_saved_state() is false.
  virtual bool has_saved_state() const { return false; }
  virtual std::vector<SavedVariable> saved_variables() const;
  /// The objects inside of it that are saved below its path.
  virtual std::vector<SavedMember> saved_members() const;
};

template <class Body, class Options>
Ref<Body> make_object(const Options& options) {
  Ref<Body> body = make_ref<Body>(options);
  body->constructed();
  return body;
}

/// A class that can be made by name. Files of classes say RUNNEL_KERAS_CLASS(layers, Dense, DenseBody), and the build lists them.
struct KerasClass {
  const char* kind;  ///< "layers", "losses", ...
  const char* name;  ///< "Dense"
  Ref<KerasObject> (*make)(const Config& config);
  Config (*defaults)() = nullptr;  ///< The arguments in order, with their defaults.
};

/// Makes an object from its class name or alias ("Dense", "glorot_uniform", "mse"). ValueError for an unknown one.
Ref<KerasObject> make_by_name(const char* kind, const std::string& name, const Config& config = Config::dict());
/// {"module", "class_name", "config", "registered_name"}, and back.
Config serialize_object(const KerasObject& object);
Ref<KerasObject> deserialize_object(const char* kind, const Config& config);
/// Adds a class of one's own under "package>Name": register_class({"layers", "my>Scale", &make_scale}).
void register_class(const KerasClass& added);
/// "GlorotUniform" -> "glorot_uniform", "Conv2D" -> "conv2d", as Keras names layers after their classes.
std::string to_snake_case(const std::string& name);
/// "dense", "dense_1", ...: a name not used since the last clear_session().
std::string unique_name(const std::string& prefix);
/// keras.utils.clear_session: names start again.
void clear_session();

/// A body made from an options struct. Body::Options lists its fields, so the config comes for free.
template <class Base, class OptionsT>
class BodyWith : public Base {
 public:
  using Options = OptionsT;
  explicit BodyWith(const Options& options) : options_(options) {}
  Config get_config() const override { return fields_to_config(options_); }
  const Options& options() const { return options_; }

 protected:
  Options options_;
};

template <class Body>
class ObjectOf;

/// Any object of a kind; cheap to copy; may be empty (Python's None).
template <class Base>
class Handle final {
 public:
  Handle() = default;
  Handle(std::nullptr_t) {}
  Handle(const char* name) : Handle(std::string(name)) {}
  Handle(const std::string& name) {
    if (!name.empty()) body_ = Ref<Base>(&dynamic_cast<Base&>(*make_by_name(Base::kKind, name)));
  }
  explicit Handle(Ref<Base> body) : body_(std::move(body)) {}
  template <class Body>
    requires std::derived_from<Body, Base>
  Handle(const ObjectOf<Body>& object) : body_(object.body()) {}

  explicit operator bool() const { return bool(body_); }
  template <class... Args, class B = Base>
    requires requires(B& body, Args&&... args) { body.call(std::forward<Args>(args)...); }
  decltype(auto) operator()(Args&&... args) const {
    return body_->call(std::forward<Args>(args)...);
  }
  const Ref<Base>& body() const { return body_; }

 private:
  Ref<Base> body_;
};

/// A concrete object, made from its options.
template <class Body>
class ObjectOf final {
 public:
  ObjectOf() : ObjectOf(typename Body::Options()) {}
  explicit ObjectOf(const typename Body::Options& options) : body_(make_object<Body>(options)) {}
  template <class... Args>
    requires requires(Body& body, Args&&... args) { body.call(std::forward<Args>(args)...); }
  decltype(auto) operator()(Args&&... args) const {
    return body_->call(std::forward<Args>(args)...);
  }
  const Ref<Body>& body() const { return body_; }

 private:
  Ref<Body> body_;
};

template <class Base>
Config to_config(const Handle<Base>& handle) {
  return handle ? serialize_object(*handle.body()) : Config();
}
template <class Base>
void from_config(const Config& c, Handle<Base>& out) {
  if (c.is_null()) out = Handle<Base>();
  else if (c.is_string()) out = Handle<Base>(c.as_string());
  else out = Handle<Base>(Ref<Base>(&dynamic_cast<Base&>(*deserialize_object(Base::kKind, c))));
}

template <class Body>
Ref<KerasObject> make_from_config(const Config& config) {
  return make_object<Body>(fields_from_config<typename Body::Options>(config, Body::kName));
}

template <class Body>
Config default_fields() {
  return fields_to_config(typename Body::Options());
}

#define RUNNEL_KERAS_CLASS(KIND, NAME, BODY)                                          \
  namespace classes {                                                                 \
  extern const KerasClass KIND##_##NAME;                                              \
  constinit const KerasClass KIND##_##NAME{#KIND, #NAME, &make_from_config<BODY>, &default_fields<BODY>};    \
  }

}  // namespace runnel::inline v0::keras
