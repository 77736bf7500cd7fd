// KerasObject: the base of every body that has a class name and a config (layers, losses, optimizers, ...).
//
// A thing of Keras is a *body* behind a *handle*. Users subclass bodies and pass handles around:
//   Handle<InitializerBody>      any initializer:  Initializer i = "he_normal";
//   ObjectOf<HeNormalBody>       a concrete one:   initializers::HeNormal({.seed = 42})
#pragma once

#include <concepts>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "runnel/base/ref.h"
#include "runnel/keras/fields.h"

namespace runnel::inline v0::keras {

struct SavedVariable;  // keras/saving/saveable.h
struct SavedMember;
class Function;  // keras/function.h
/// The class of an object whose class is written in another language.
struct ForeignClass {
  std::string name, module;
  std::string registered_name{};  ///< "package>Name", where it was registered.
  uint32_t overridden = 0;        ///< Bit i: the class overrides the i-th method of its kind (kMethods).
};

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
  /// {"module", "class_name", "config", "registered_name"}
  virtual Config serialized() const;

  /// One of the arguments that it was made with, as it is now; objects are live ones. Nothing where there is none of that name.
  virtual std::optional<Config> argument(std::string_view name) const { return {}; }
  virtual bool set_argument(std::string_view name, const Config& value) { return false; }
  /// Lets go of the references that visit_owned() names; the object is not used afterwards.
  virtual void clear_owned() {}

  /// Set where the class is written in another language: overrides.h.
  const ForeignClass* foreign_class() const { return foreign_class_.get(); }
  void set_foreign_class(std::shared_ptr<const ForeignClass> type) { foreign_class_ = std::move(type); }

  /// What the handles of a kind offer beside a call; Self has body(). Kinds with such methods hide this.
  template <class Self>
  class Methods {};

 private:
  std::shared_ptr<const ForeignClass> foreign_class_;
};

template <class Body, class Options>
Ref<Body> make_object(const Options& options) {
  Ref<Body> body = make_ref<Body>(options);
  body->constructed();
  return body;
}

/// A class that can be made by name, or a function that can be found. Files of classes say RUNNEL_KERAS_CLASS(layers, Dense, DenseBody),
/// and the build lists them.
struct KerasClass {
  const char* kind;  ///< "layers", "losses", ...
  const char* name;  ///< "Dense"
  Ref<KerasObject> (*make)(const Config& config);
  Config (*defaults)() = nullptr;  ///< The arguments in order, with their defaults.
  std::span<const char* const> methods{};  ///< What a subclass in another language may override ...
  Ref<KerasObject> (*make_foreign)(const Config& config, std::shared_ptr<const ForeignClass> type) = nullptr;  ///< ... and its body.
  bool (*accepts)(std::string_view argument) = nullptr;  ///< Also names that mean nothing here, which Keras's code and files hold.
  Ref<Function> (*function)(const char* name) = nullptr;  ///< Of a function: own_function() in keras/function.h.
};
/// All classes of the library.
std::span<const KerasClass* const> all_classes();

/// Makes an object from its class name or alias ("Dense", "glorot_uniform", "mse"). ValueError for an unknown one.
Ref<KerasObject> make_by_name(const char* kind, const std::string& name, const Config& config = Config::dict());
inline Config serialize_object(const KerasObject& object) { return object.serialized(); }
Ref<KerasObject> deserialize_object(const char* kind, const Config& config);
/// Adds a class or function of one's own for good, so that files that name it can be loaded, and a function can be given by its name:
/// register_class(own_class<ScaleBody>("my>Scale")), register_class(own_function<huber>("huber")).
void register_class(const KerasClass& added);
/// While it lives, these classes are known on this thread, before all others. The list must outlive it.
class CustomObjectScope {
 public:
  explicit CustomObjectScope(std::span<const KerasClass> classes);
  ~CustomObjectScope();
  CustomObjectScope(const CustomObjectScope&) = delete;
  CustomObjectScope& operator=(const CustomObjectScope&) = delete;
};
/// "losses" -> "loss": a kind's name in messages.
std::string singular(const std::string& kind);
/// "GlorotUniform" -> "glorot_uniform", "Conv2D" -> "conv2d", as Keras names layers after their classes.
std::string to_snake_case(const std::string& name);
/// "dense", "dense_1", ...: a name not used since the last clear_session().
std::string unique_name(const std::string& prefix);
/// keras.utils.clear_session: names start again.
void clear_session();

// A field as a live value: of a handle, the object itself.
template <class T>
Config live(const T& value) {
  return to_config(value);
}
template <class T>
void visit_field(const T& value, OwnedVisitor& visitor) {}

/// What BodyWith and its like answer for argument(), set_argument() and visit_owned().
template <class Options>
std::optional<Config> field_of(const Options& options, std::string_view wanted) {
  std::optional<Config> out;
  Options::fields(options, [&](const char* name, const auto& value) {
    if (wanted == name) out = live(value);
  });
  return out;
}
template <class Options>
bool set_field_of(Options& options, std::string_view wanted, const Config& config) {
  bool found = false;
  Options::fields(options, [&](const char* name, auto& place) {
    if (wanted != name) return;
    from_config(config, place);
    found = true;
  });
  return found;
}
template <class Options>
void visit_fields(const Options& options, OwnedVisitor& visitor) {
  Options::fields(options, [&](const char*, const auto& value) { visit_field(value, visitor); });
}

/// A body made from an options struct. Body::Options lists its fields, so the config comes for free.
template <class Base, class OptionsT>
class BodyWith : public Base {
 public:
  using Options = OptionsT;
  explicit BodyWith(const Options& options) : options_(options) {}
  Config get_config() const override { return fields_to_config(options_); }
  const Options& options() const { return options_; }
  std::optional<Config> argument(std::string_view name) const override { return field_of(options_, name); }
  bool set_argument(std::string_view name, const Config& value) override { return set_field_of(options_, name, value); }
  void visit_owned(OwnedVisitor& visitor) const override {
    Base::visit_owned(visitor);
    visit_fields(options_, visitor);
  }

 protected:
  Options options_;
};

/// The live object of a config; TypeError where it is of another kind. A function becomes an object of the kind.
Ref<KerasObject> object_of_kind(const char* kind, const Ref<RefCounted>& object, Ref<KerasObject> (*from_function)(const Ref<Function>&));
/// The object or function that a name or a serialized dict stands for, the other language's own ones first.
Ref<RefCounted> resolve(const char* kind, const Config& identifier);
template <class Base>
Ref<Base> object_of_kind(const Ref<RefCounted>& object) {
  Ref<KerasObject> (*from_function)(const Ref<Function>&) = nullptr;
  if constexpr (requires { &Base::from_function; }) from_function = &Base::from_function;
  Ref<KerasObject> found = object_of_kind(Base::kKind, object, from_function);
  if (auto* body = dynamic_cast<Base*>(found.get())) return Ref<Base>(body);
  fail<ValueError>("", cat("Could not interpret ", singular(Base::kKind), " identifier: an object of keras.", found->module()));
}
// A body is called by its operator() where it has one, otherwise by call().
template <class Body, class... Args>
concept CallOperator = requires(Body& body, Args&&... args) { body(std::forward<Args>(args)...); };
template <class Body, class... Args>
concept Callable = CallOperator<Body, Args...> || requires(Body& body, Args&&... args) { body.call(std::forward<Args>(args)...); };
template <class Body, class... Args>
decltype(auto) call_body(Body& body, Args&&... args) {
  if constexpr (CallOperator<Body, Args...>) return body(std::forward<Args>(args)...);
  else return body.call(std::forward<Args>(args)...);
}

template <class Body>
class ObjectOf;

/// Any object of a kind; cheap to copy; may be empty (Python's None).
template <class Base>
class Handle final : public Base::template Methods<Handle<Base>> {
 public:
  Handle() = default;
  Handle(std::nullptr_t) {}
  Handle(const char* name) : Handle(std::string(name)) {}
  Handle(const std::string& name) {
    if (name.empty()) return;
    body_ = object_of_kind<Base>(resolve(Base::kKind, name));
    if constexpr (requires { body_->given_as; }) body_->given_as = name;
  }
  explicit Handle(Ref<Base> body) : body_(std::move(body)) {}
  template <class Body>
    requires std::derived_from<Body, Base>
  Handle(const ObjectOf<Body>& object) : body_(object.body()) {}

  explicit operator bool() const { return bool(body_); }
  template <class... Args, class B = Base>
    requires Callable<B, Args...>
  decltype(auto) operator()(Args&&... args) const {
    return call_body(*body_, std::forward<Args>(args)...);
  }
  const Ref<Base>& body() const { return body_; }

 private:
  Ref<Base> body_;
};

/// A concrete object, made from its options.
template <class Body>
class ObjectOf final : public Body::template Methods<ObjectOf<Body>> {
 public:
  ObjectOf() : ObjectOf(typename Body::Options()) {}
  explicit ObjectOf(const typename Body::Options& options) : body_(make_object<Body>(options)) {}
  template <class... Args>
    requires Callable<Body, Args...>
  decltype(auto) operator()(Args&&... args) const {
    return call_body(*body_, std::forward<Args>(args)...);
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
Config live(const Handle<Base>& handle) {
  return Config(Ref<RefCounted>(handle.body()));
}
template <class Base>
void visit_field(const Handle<Base>& handle, OwnedVisitor& visitor) {
  visitor.owned(handle.body().get());
}

template <class Base>
void from_config(const Config& c, Handle<Base>& out) {
  if (c.is_null()) out = Handle<Base>();
  else out = Handle<Base>(object_of_kind<Base>(c.is_object() ? c.as_object() : resolve(Base::kKind, c)));
}

template <class Body>
Ref<KerasObject> make_from_config(const Config& config) {
  return make_object<Body>(fields_from_config<typename Body::Options>(config, Body::kName));
}

template <class Body>
Config default_fields() {
  return fields_to_config(typename Body::Options());
}

template <class Body>
bool accepts_field(std::string_view argument) {
  bool found = false;
  typename Body::Options options;
  Body::Options::fields(options, [&](const char* name, auto&) { found |= argument == name; });
  return found;
}

/// The body of a class of another language that is derived from Body.
template <class Open>
Ref<KerasObject> make_foreign(const Config& config, std::shared_ptr<const ForeignClass> type) {
  auto body = make_ref<Open>(fields_from_config<typename Open::Options>(config, Open::kName));
  body->set_foreign_class(std::move(type));
  body->constructed();
  return body;
}

template <class Body>
constexpr KerasClass keras_class(const char* kind, const char* name) {
  KerasClass out{kind, name, &make_from_config<Body>, &default_fields<Body>};
  if constexpr (requires { Body::arguments(); }) out.defaults = &Body::arguments;  // in an order of its own
  out.accepts = &accepts_field<Body>;
  if constexpr (!std::is_final_v<Body> && requires { typename Body::template Open<Body>; }) {
    out.methods = Body::template Open<Body>::kMethods;
    out.make_foreign = &make_foreign<typename Body::template Open<Body>>;
  }
  return out;
}

/// The row of a class of one's own, for register_class() and load_model(). Files name the class as "Name" or "package>Name".
template <class Body>
constexpr KerasClass own_class(const char* name = Body::kName) {
  return {Body::kKind, name, &make_from_config<Body>, &default_fields<Body>};
}

#define RUNNEL_KERAS_CLASS(KIND, NAME, BODY)                                     \
  namespace classes {                                                            \
  extern const KerasClass KIND##_##NAME;                                         \
  constinit const KerasClass KIND##_##NAME = keras_class<BODY>(#KIND, #NAME);    \
  }

}  // namespace runnel::inline v0::keras
