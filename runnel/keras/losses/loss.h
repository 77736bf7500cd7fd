// LossBody: what one subclasses for a loss of one's own.
//
//   struct AbsoluteBody : LossWith<LossBody, losses::Options> {
//     using LossWith::LossWith;
//     std::string class_name() const override { return "Absolute"; }
//     Tensor call(const Tensor& y_true, const Tensor& y_pred) override { return reduce_mean(abs(y_true - y_pred), -1); }
//   };
#pragma once

#include <functional>
#include <utility>

#include "runnel/core/tensor.h"
#include "runnel/keras/overrides.h"
#include "runnel/keras/tensor_notes.h"

namespace runnel::inline v0::keras {

template <class Body>
class OverridableLoss;

/// What training makes small: call(y_true, y_pred) gives a value for each sample, `reduction` makes one number of them.
class LossBody : public KerasObject {
 public:
  template <class Body>
  using Open = OverridableLoss<Body>;
  static Ref<KerasObject> from_function(const Ref<Function>& function);  ///< function(y_true, y_pred)
  static constexpr const char* kKind = "losses";
  /// An empty name means default_name(); no dtype means float32. ValueError for an unknown reduction.
  explicit LossBody(const std::string& name = "", const std::string& reduction = "sum_over_batch_size", DType dtype = {});
  std::string module() const override { return "keras.losses"; }
  void constructed() override;
  Config get_config() const override;

  /// What a loss defines: the losses before reduction, y_pred's shape without its last axis (batch, ...).
  virtual Tensor call(const Tensor& y_true, const Tensor& y_pred) = 0;
  /// The reduced loss: a scalar, unless the reduction is "none". `sample_weight` is broadcast to the losses; positions that the
  /// mask of y_pred or of the losses leaves out do not count.
  virtual Tensor operator()(const Tensor& y_true, const Tensor& y_pred, const Tensor& sample_weight = Tensor());

  const std::string& name() const { return name_; }
  const std::string& reduction() const { return reduction_; }
  DType dtype() const { return dtype_; }
  /// The name, "mse", where that was given in place of an object: what compile()'s config says.
  std::string given_as{};

 protected:
  virtual std::string default_name() const { return unique_name(to_snake_case(class_name())); }
  /// True where call() takes class numbers as they are, not in the loss's dtype.
  virtual bool keeps_labels() const { return false; }

 private:
  std::string name_, reduction_;
  DType dtype_;
};
using Loss = Handle<LossBody>;

/// A loss of which a subclass is written in another language.
template <class Body>
class OverridableLoss : public Overridable<Body> {
 public:
  enum { kCall, kGetConfig, kReduced };
  static constexpr const char* kMethods[] = {"call", "get_config", "__call__"};
  using Overridable<Body>::Overridable;
  Tensor operator()(const Tensor& y_true, const Tensor& y_pred, const Tensor& sample_weight) override {
    if (!this->overridden(kReduced)) return Body::operator()(y_true, y_pred, sample_weight);
    return sample_weight ? this->call_foreign("__call__", {y_true, y_pred, sample_weight}) : this->call_foreign("__call__", {y_true, y_pred});
  }
  Tensor call(const Tensor& y_true, const Tensor& y_pred) override {
    return this->overridden(kCall) ? this->call_foreign("call", {y_true, y_pred}) : Body::call(y_true, y_pred);
  }
  Config get_config() const override { return this->overridden(kGetConfig) ? this->config_of_foreign() : Body::get_config(); }
};

/// A loss made from an options struct with name, reduction and dtype.
template <class Base, class OptionsT>
class LossWith : public Base {
 public:
  using Options = OptionsT;
  explicit LossWith(const OptionsT& options) : Base(options.name, options.reduction, options.dtype), options_(options) {}
  const OptionsT& options() const { return options_; }
  std::optional<Config> argument(std::string_view name) const override { return field_of(options_, name); }
  bool set_argument(std::string_view name, const Config& value) override { return set_field_of(options_, name, value); }
  Config get_config() const override { return with_fields(LossBody::get_config(), options_, "dtype"); }

 protected:
  OptionsT options_;
};

namespace losses {

/// (batch, 1) beside (batch): Keras gives both the same rank, so that nothing is broadcast by mistake.
std::pair<Tensor, Tensor> same_rank(const Tensor& a, const Tensor& b);
/// y_true in the dtype of y_pred, both of the same rank.
std::pair<Tensor, Tensor> aligned(const Tensor& y_true, const Tensor& y_pred);
/// The weights with masked positions at 0. For mean reductions the others are scaled, so that they alone make the mean.
/// Either may be empty.
Tensor with_mask(const Tensor& sample_weight, const Tensor& mask, DType dtype, const std::string& reduction);

struct Options {
  std::string reduction = "sum_over_batch_size";
  std::string name{};
  DType dtype{};
  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("reduction", s.reduction);
    v("name", s.name);
    v("dtype", s.dtype);
  }
};

struct BaseOptions {
  std::string name{};
  std::string reduction = "sum_over_batch_size";
  DType dtype{};
  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("name", s.name);
    v("reduction", s.reduction);
    v("dtype", s.dtype);
  }
};
/// What a subclass in another language is derived from.
struct LossBaseBody : LossWith<LossBody, BaseOptions> {
  static constexpr const char* kName = "Loss";
  using LossWith::LossWith;
  std::string class_name() const override { return kName; }
  Tensor call(const Tensor& y_true, const Tensor& y_pred) override;
};

struct LossFunctionWrapperOptions {
  std::function<Tensor(const Tensor& y_true, const Tensor& y_pred)> fn{};
  std::string reduction = "sum_over_batch_size";
  std::string name{};
  DType dtype{};
  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("reduction", s.reduction);
    v("name", s.name);
    v("dtype", s.dtype);
  }
};
/// A loss of a function of one's own; it cannot be saved with the model, but for its name.
class LossFunctionWrapperBody : public LossWith<LossBody, LossFunctionWrapperOptions> {
 public:
  explicit LossFunctionWrapperBody(const LossFunctionWrapperOptions& options);
  std::string class_name() const override { return "LossFunctionWrapper"; }
  Tensor call(const Tensor& y_true, const Tensor& y_pred) override;
};
using LossFunctionWrapper = ObjectOf<LossFunctionWrapperBody>;

/// A class whose call() is written in a .cc with the options at hand.
#define RUNNEL_LOSS(NAME, OPTIONS, DEFAULT_NAME)                              \
  class NAME##Body : public LossWith<LossBody, OPTIONS> {                     \
   public:                                                                    \
    using LossWith::LossWith;                                                 \
    static constexpr const char* kName = #NAME;                               \
    std::string class_name() const override { return kName; }                 \
    Tensor call(const Tensor& y_true, const Tensor& y_pred) override;         \
                                                                              \
   protected:                                                                 \
    std::string default_name() const override { return DEFAULT_NAME; }        \
    bool keeps_labels() const override { return kKeepsLabels<OPTIONS>; }      \
  };                                                                          \
  using NAME = ObjectOf<NAME##Body>;

/// Specialised for losses of class numbers.
template <class Options>
inline constexpr bool kKeepsLabels = false;

}  // namespace losses
}  // namespace runnel::inline v0::keras
