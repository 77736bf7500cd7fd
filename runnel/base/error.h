// Typed errors with one grammar:  "<where>: <what>. Got <got>. Expected <expected>. Hint: <hint>".
// The classes are TensorFlow's (tf.errors.*) and Python's (ValueError, TypeError, ...); Python sees them under those names.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include "runnel/base/text.h"

namespace runnel::inline v0 {

/// TensorFlow's status codes (the numbers are those of absl::StatusCode).
enum class Code {
  kOk = 0, kCancelled = 1, kUnknown = 2, kInvalidArgument = 3, kDeadlineExceeded = 4, kNotFound = 5, kAlreadyExists = 6,
  kPermissionDenied = 7, kResourceExhausted = 8, kFailedPrecondition = 9, kAborted = 10, kOutOfRange = 11,
  kUnimplemented = 12, kInternal = 13, kUnavailable = 14, kDataLoss = 15, kUnauthenticated = 16,
};

/// The base of every exception that Runnel throws.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Errors of operators: tf.errors.OpError.
class OpError : public Error {
 public:
  OpError(Code code, const std::string& message) : Error(message), code_(code) {}
  Code code() const { return code_; }

 private:
  Code code_;
};

namespace errors {
#define RUNNEL_OP_ERROR(NAME)                                                        \
  class NAME##Error : public OpError {                                               \
   public:                                                                           \
    explicit NAME##Error(const std::string& message) : OpError(Code::k##NAME, message) {} \
  };
RUNNEL_OP_ERROR(Cancelled)
RUNNEL_OP_ERROR(Unknown)
RUNNEL_OP_ERROR(InvalidArgument)
RUNNEL_OP_ERROR(DeadlineExceeded)
RUNNEL_OP_ERROR(NotFound)
RUNNEL_OP_ERROR(AlreadyExists)
RUNNEL_OP_ERROR(PermissionDenied)
RUNNEL_OP_ERROR(ResourceExhausted)
RUNNEL_OP_ERROR(FailedPrecondition)
RUNNEL_OP_ERROR(Aborted)
RUNNEL_OP_ERROR(OutOfRange)
RUNNEL_OP_ERROR(Unimplemented)
RUNNEL_OP_ERROR(Internal)
RUNNEL_OP_ERROR(Unavailable)
RUNNEL_OP_ERROR(DataLoss)
RUNNEL_OP_ERROR(Unauthenticated)
#undef RUNNEL_OP_ERROR
}  // namespace errors

/// Python's built-in errors, raised where TensorFlow and Keras raise them.
#define RUNNEL_PYTHON_ERROR(NAME) \
  class NAME : public Error {     \
   public:                        \
    using Error::Error;           \
  };
RUNNEL_PYTHON_ERROR(ValueError)
RUNNEL_PYTHON_ERROR(TypeError)
RUNNEL_PYTHON_ERROR(IndexError)
RUNNEL_PYTHON_ERROR(KeyError)
RUNNEL_PYTHON_ERROR(AttributeError)
RUNNEL_PYTHON_ERROR(RuntimeError)
RUNNEL_PYTHON_ERROR(NotImplementedError)
RUNNEL_PYTHON_ERROR(FileNotFoundError)
#undef RUNNEL_PYTHON_ERROR

/// The parts of a message that follow its first sentence; leave out what does not apply. They refer to text that lives as long as
/// the expression that fails.
struct Details {
  std::string_view got{};
  std::string_view expected{};
  std::string_view hint{};
};

/// Composes a message by the grammar above.
std::string message(std::string_view where, std::string_view what, const Details& details = {});

/// Throws E with a message composed by the grammar:
///   fail<errors::InvalidArgumentError>("MatMul", "inner dimensions differ", {.got = ..., .expected = ...});
template <class E>
[[noreturn]] void fail(std::string_view where, std::string_view what, const Details& details = {}) {
  throw E(message(where, what, details));
}

/// For what users can never cause. A failure is a bug in Runnel: errors::InternalError with the place.
#define RUNNEL_ASSERT(condition) \
  ((condition) ? void(0) : ::runnel::assertion_failed(#condition, __FILE__, __LINE__))
[[noreturn]] void assertion_failed(const char* condition, const char* file, int line);

}  // namespace runnel::inline v0
