// For the tests *_errors_test.cc: tables of wrong calls with the class and the words that each must raise.
// They are the twins of tests/python/errors_table.py, whose words are real TensorFlow's.
#pragma once

#include <doctest/doctest.h>

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runnel/base/error.h"
#include "runnel/ops/array.h"

namespace runnel::testing {

struct WrongCall {
  const char* text;
  void (*run)();
  bool (*is_expected)(const Error&);
  const char* words;
};

template <class E>
bool is(const Error& error) {
  return dynamic_cast<const E*>(&error) != nullptr;
}

/// WRONG(class, "words", call): one row.
#define WRONG(CLASS, WORDS, ...) \
  WrongCall { #__VA_ARGS__, [] { (void)(__VA_ARGS__); }, is<CLASS>, WORDS }

inline void check_wrong(std::span<const WrongCall> table) {
  for (const WrongCall& row : table) {
    std::string call = row.text;
    CAPTURE(call);
    std::string message = "nothing was raised";
    bool right_class = false;
    try {
      row.run();
    } catch (const Error& error) {
      message = error.what();
      right_class = row.is_expected(error);
    }
    CAPTURE(message);
    CHECK(right_class);
    CHECK(std::string_view(message).find(row.words) != std::string_view::npos);
  }
}

// Short ways to say tensors.
inline Tensor ints(const std::vector<int32_t>& values) { return Tensor::from(values); }
inline Tensor longs(const std::vector<int64_t>& values) { return Tensor::from(values); }
inline Tensor floats(const std::vector<float>& values) { return Tensor::from(values); }
inline Tensor text(const char* value) { return Tensor::scalar(std::string(value)); }
inline Tensor bools(std::initializer_list<bool> values) {
  Tensor out(bool_, Shape({int64_t(values.size())}));
  std::copy(values.begin(), values.end(), out.mutable_data<bool>());
  return out;
}

using Invalid = errors::InvalidArgumentError;
using Exhausted = errors::ResourceExhaustedError;

}  // namespace runnel::testing
