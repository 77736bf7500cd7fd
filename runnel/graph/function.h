// tf::function: a callable that is traced once for each signature, and then runs as a compiled program.
//
//   auto step = tf::function([&](tf::Tensor x, tf::Tensor y) { ...; return loss; });
//   tf::Tensor loss = step(x, y);
//
// Parameters are Tensor, std::vector<Tensor>, Nest, or plain values (int, double, bool, std::string), each of which gets a
// trace of its own. Results are Tensor, std::vector<Tensor>, Nest, std::pair, std::tuple of Tensors, or void. Variables are
// used by reference, and may be created during the first call only.
#pragma once

#include <tuple>

#include "runnel/core/nest.h"
#include "runnel/graph/graph_errors.h"
#include "runnel/graph/traces.h"

namespace runnel::inline v0 {

struct FunctionOptions {
  std::string name = "function";
  std::vector<TensorSpec> input_signature{};  ///< Of all tensors among the arguments, in order: one trace serves them all.
  bool reduce_retracing = false;              ///< A second shape makes the sizes that differ unknown.
  bool jit_compile = false;                   ///< Also passes that change rounding.
};

namespace detail {

template <class T>
concept PlainValue = std::integral<T> || std::floating_point<T> || std::same_as<T, std::string>;

// The tensors of an argument, and text for the rest of it.
inline void flatten_argument(const Tensor& t, FlatArguments& out) {
  out.structure += 'T';
  out.tensors.push_back(t);
}
inline void flatten_argument(const Nest& nest, FlatArguments& out) {
  out.structure += structure_text(nest);
  for (const Tensor& t : nest.flatten()) out.tensors.push_back(t);
}
inline void flatten_argument(const std::vector<Tensor>& list, FlatArguments& out) { flatten_argument(Nest(list), out); }
template <PlainValue T>
void flatten_argument(const T& value, FlatArguments& out) {
  out.structure += cat("=", value, ";");
}

// The argument with its tensors replaced by the next ones of `from`.
inline Tensor replaced(const Tensor&, const Tensor*& from) { return *from++; }
inline Nest replaced(const Nest& nest, const Tensor*& from) {
  return nest.map([&](const Tensor&) { return *from++; });
}
inline std::vector<Tensor> replaced(const std::vector<Tensor>& list, const Tensor*& from) {
  std::vector<Tensor> out(from, from + list.size());
  from += list.size();
  return out;
}
template <PlainValue T>
T replaced(const T& value, const Tensor*&) {
  return value;
}

template <class R>
Nest to_nest(R&& result) {
  return Nest(std::forward<R>(result));
}
template <class A, class B>
Nest to_nest(std::pair<A, B> pair) {
  return Nest::tuple({to_nest(pair.first), to_nest(pair.second)});
}
template <class... Ts>
Nest to_nest(std::tuple<Ts...> tuple) {
  return std::apply([](const auto&... items) { return Nest::tuple({to_nest(items)...}); }, tuple);
}

template <class R>
struct FromNest {
  static R get(const Nest& nest) { return R(nest); }
};
template <>
struct FromNest<Tensor> {
  static Tensor get(const Nest& nest) { return nest ? nest.tensor() : Tensor(); }
};
template <>
struct FromNest<std::vector<Tensor>> {
  static std::vector<Tensor> get(const Nest& nest) { return nest.flatten(); }
};
template <class A, class B>
struct FromNest<std::pair<A, B>> {
  static std::pair<A, B> get(const Nest& nest) { return {FromNest<A>::get(nest[0]), FromNest<B>::get(nest[1])}; }
};
template <class... Ts>
struct FromNest<std::tuple<Ts...>> {
  static std::tuple<Ts...> get(const Nest& nest) {
    return [&]<size_t... I>(std::index_sequence<I...>) { return std::tuple<Ts...>(FromNest<Ts>::get(nest[I])...); }(std::index_sequence_for<Ts...>{});
  }
};

template <class F>
struct SignatureOf : SignatureOf<decltype(&F::operator())> {};
template <class C, class R, class... Args>
struct SignatureOf<R (C::*)(Args...)> {
  using type = R(std::decay_t<Args>...);
};
template <class C, class R, class... Args>
struct SignatureOf<R (C::*)(Args...) const> {
  using type = R(std::decay_t<Args>...);
};
template <class R, class... Args>
struct SignatureOf<R (*)(Args...)> {
  using type = R(std::decay_t<Args>...);
};

}  // namespace detail

template <class Signature>
class Function;

template <class R, class... Args>
class Function<R(Args...)> {
 public:
  Function(std::function<R(Args...)> callable, const FunctionOptions& options)
      : callable_(std::move(callable)), traces_(std::make_shared<Traces>(options.name, options.input_signature, options.reduce_retracing,
                                                                   options.jit_compile)) {}

  R operator()(const Args&... arguments) const {
    FlatArguments flat = flatten(arguments...);
    auto body = traced_body(arguments...);
    if constexpr (std::is_same_v<R, void>) return void(traces_->call(flat, body));
    else if constexpr (std::is_same_v<R, Tensor>) return traces_->call_for_tensor(flat, body);
    else return detail::FromNest<R>::get(traces_->call(flat, body));
  }
  /// Traces for these arguments where that has not been done, without running.
  void trace(const Args&... arguments) const {
    FlatArguments flat = flatten(arguments...);
    traces_->prepare(flat, traced_body(arguments...));
  }
  /// The graph that a call with these arguments runs, as text (graph/text.h): all passes done, fusions made.
  std::string optimised_text(const Args&... arguments) const {
    FlatArguments flat = flatten(arguments...);
    return traces_->optimised_text(flat, traced_body(arguments...));
  }
  int tracing_count() const { return traces_->count(); }
  /// For each trace: what caused it, what was fused, what was not and why, and how much memory a run holds.
  std::string explain() const { return traces_->explain(); }

 private:
  static FlatArguments flatten(const Args&... arguments) {
    FlatArguments flat;
    flat.tensors.reserve(sizeof...(Args) + 4);
    using detail::flatten_argument;  // data sets have their own
    (flatten_argument(arguments, flat), ...);
    return flat;
  }
  auto traced_body(const Args&... arguments) const {
    return [this, &arguments...](const std::vector<Tensor>& tensors) -> Nest {
      using detail::replaced;
      const Tensor* next = tensors.data();
      std::tuple<Args...> inside{replaced(arguments, next)...};
      if constexpr (std::is_same_v<R, void>) return std::apply(callable_, std::move(inside)), Nest();
      else return detail::to_nest(std::apply(callable_, std::move(inside)));
    };
  }

  std::function<R(Args...)> callable_;
  std::shared_ptr<Traces> traces_;
};

/// Compiles a callable. Copies of the result share their traces.
template <class F>
auto function(F callable, const FunctionOptions& options = FunctionOptions()) {
  return Function<typename detail::SignatureOf<F>::type>(std::move(callable), options);
}

}  // namespace runnel::inline v0
