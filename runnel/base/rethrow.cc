#include "runnel/base/rethrow.h"

#include <typeinfo>

#include "runnel/base/error.h"

namespace runnel::inline v0 {

namespace {

/// Throws where the error is of just this class: a subclass would lose what it knows.
template <class E>
void throw_if(const Error& error, const ErrorText& text) {
  if (typeid(error) == typeid(E)) throw E(text(error.what()));
}
template <class... Es>
void throw_first_of(const Error& error, const ErrorText& text) {
  (throw_if<Es>(error, text), ...);
}

}  // namespace

void rethrow_with(const ErrorText& text) {
  try {
    throw;
  } catch (const OpError& error) {
    throw_first_of<errors::InvalidArgumentError, errors::UnimplementedError, errors::OutOfRangeError, errors::NotFoundError, errors::FailedPreconditionError,
                   errors::ResourceExhaustedError, errors::InternalError>(error, text);
    throw;
  } catch (const Error& error) {
    throw_first_of<ValueError, TypeError, RuntimeError, IndexError, KeyError, AttributeError, NotImplementedError>(error, text);
    throw;
  }
}

}  // namespace runnel::inline v0
