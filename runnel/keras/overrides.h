// Classes written in another language: a body of such a class asks the binding for the methods that the class overrides.
//
//   template <class Body>
//   class OverridableRegularizer : public Overridable<Body> {       // Regularizer's, beside RegularizerBody
//    public:
//     static constexpr const char* kMethods[] = {"__call__"};
//     using Overridable<Body>::Overridable;
//     Tensor call(const Tensor& x) override { return this->overridden(0) ? this->call_foreign("__call__", {x}) : Body::call(x); }
//   };
#pragma once

#include <memory>

#include "runnel/base/rethrow.h"
#include "runnel/keras/function.h"
#include "runnel/keras/object.h"
#include "runnel/keras/saving/saveable.h"

namespace runnel::inline v0::keras {

class LayerBody;
struct CallArgs;

/// The other language's side, implemented once by its binding.
class Binding {
 public:
  virtual ~Binding() = default;
  /// self.method(*arguments), where self is the object's instance.
  virtual Value call(const KerasObject& self, const char* method, std::span<const Value> arguments, Wanted wanted) = 0;
  /// self.call(inputs, ...): which of the arguments the method takes is the binding's to find out.
  virtual Nest call_layer(LayerBody& self, const Nest& inputs, const CallArgs& args) = 0;
  /// self.build() or self.compute_output_shape() with the shapes of a call's arguments, as many as the method names.
  virtual Value call_with_shapes(LayerBody& self, const char* method, const Nest& inputs, const CallArgs& args, Wanted wanted) = 0;
  /// self.name, where the instance has it as a number, a text or a list of them.
  virtual std::optional<Config> attribute(const KerasObject& self, std::string_view name) = 0;
  /// The object or Function that a name or a serialized dict stands for, where the other language knows it; or nothing.
  virtual Ref<RefCounted> find(const char* kind, const Config& identifier) = 0;
  /// The attributes of the object's instance that hold objects of Keras's, or lists of such.
  virtual std::vector<SavedMember> saved_members(const KerasObject& self) = 0;
  /// Where the exception that is being handled is the other language's own: gives it the text that `text` makes of its text.
  virtual void explain_error(const ErrorText& text) = 0;
};
void set_binding(Binding* binding);
bool has_binding();
Binding& binding();

/// While it lives, calls of that method of that object go to the C++ class: what super().method() means.
class SuperCall {
 public:
  SuperCall(const KerasObject* object, int method);
  ~SuperCall();
  SuperCall(const SuperCall&) = delete;
  SuperCall& operator=(const SuperCall&) = delete;
  /// True for the call that was announced.
  static bool take(const KerasObject* object, int method);

 private:
  std::pair<const KerasObject*, int> outer_;
};

/// A body whose class is written in another language.
template <class Body>
class Overridable : public Body {
 public:
  using Body::Body;
  std::string class_name() const override { return this->foreign_class()->name; }
  std::string module() const override { return this->foreign_class()->module; }
  /// What the C++ class has no argument for, the instance may have as an attribute.
  std::optional<Config> argument(std::string_view name) const override {
    std::optional<Config> own = Body::argument(name);
    return own ? own : binding().attribute(*this, name);
  }

 protected:
  /// True where the i-th of kMethods shall be called in the other language.
  bool overridden(int method) const { return (this->foreign_class()->overridden >> method & 1) && !SuperCall::take(this, method); }
  Value ask(const char* method, std::initializer_list<Value> arguments, Wanted wanted) const {
    return binding().call(*this, method, {arguments.begin(), arguments.size()}, wanted);
  }
  void tell(const char* method, std::initializer_list<Value> arguments) const { ask(method, arguments, Wanted::kNothing); }
  Tensor call_foreign(const char* method, std::initializer_list<Value> arguments) const {
    return std::get<Nest>(ask(method, arguments, Wanted::kNest).held()).tensor();
  }
  Config config_of_foreign() const { return std::get<Config>(ask("get_config", {}, Wanted::kConfig).held()); }
};

}  // namespace runnel::inline v0::keras
