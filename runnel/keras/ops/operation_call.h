// How a row of a table calls a C++ function with arguments that are known at run time only.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "runnel/keras/ops/operations.h"
#include "runnel/op/results.h"
#include "runnel/op/operand.h"

namespace runnel::inline v0::keras::ops {

// From an argument to each type of parameter.
void read(const CallArgument& argument, Operand& out);
void read(const CallArgument& argument, Operands& out);
void read(const CallArgument& argument, Tensor& out);
void read(const CallArgument& argument, std::vector<Tensor>& out);
void read(const CallArgument& argument, Axes& out);
void read(const CallArgument& argument, Ints& out);
void read(const CallArgument& argument, DType& out);
void read(const CallArgument& argument, int64_t& out);
void read(const CallArgument& argument, double& out);
void read(const CallArgument& argument, bool& out);
void read(const CallArgument& argument, std::string& out);
void read(const CallArgument& argument, std::vector<int64_t>& out);
void read(const CallArgument& argument, std::vector<double>& out);

template <class T>
struct Taken {
  static T from(const CallArgument& argument) {
    T out{};
    read(argument, out);
    return out;
  }
};
template <>
struct Taken<Operand> {
  static Operand from(const CallArgument& argument) {
    Operand out(0);
    read(argument, out);
    return out;
  }
};
template <class T>
struct Taken<std::optional<T>> {
  static std::optional<T> from(const CallArgument& argument) {
    if (argument.is_none()) return std::nullopt;
    return Taken<T>::from(argument);
  }
};

inline Nest to_nest(const Tensor& tensor) { return tensor; }
inline Nest to_nest(const std::vector<Tensor>& tensors) { return tensors; }
Nest to_nest(const Results& results);

template <class R, class... P, size_t... I>
Nest apply(R (*function)(P...), std::span<const CallArgument> arguments, std::index_sequence<I...>) {
  return to_nest(function(Taken<std::remove_cvref_t<P>>::from(arguments[I])...));
}
template <class R, class... P>
[[gnu::noinline]] Nest apply(R (*function)(P...), std::span<const CallArgument> arguments) {
  return apply(function, arguments, std::index_sequence_for<P...>());
}
/// What a row holds: call<mean>.
template <auto function>
Nest call(std::span<const CallArgument> arguments) {
  return apply(function, arguments);
}

}  // namespace runnel::inline v0::keras::ops
