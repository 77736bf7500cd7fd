// More said about an error on its way up.
#pragma once

#include <functional>
#include <string>

namespace runnel::inline v0 {

using ErrorText = std::function<std::string(const std::string&)>;

/// Throws the exception that is being handled anew, of its own class, with the text that `text` makes of its text. Exceptions that
/// are none of Runnel's classes go on as they are.
[[noreturn]] void rethrow_with(const ErrorText& text);

}  // namespace runnel::inline v0
