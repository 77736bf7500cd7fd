// Tensors in text, now or whenever a graph runs: tf.print and tf.strings.format.
#pragma once

#include <functional>
#include <string>
#include <type_traits>
#include <variant>
#include <vector>

#include "runnel/base/text.h"
#include "runnel/core/nest.h"
#include "runnel/op/operand.h"

namespace runnel::inline v0 {

class Variable;

struct PrintOptions {
  std::string output_stream = "stderr";  ///< Or "stdout", "log(info)", "log(warning)", "log(error)", "file:///tmp/lines.txt".
  int64_t summarize = 3;                 ///< Elements shown at either end of each axis; all where negative.
  std::string sep = " ", end = "\n";
};

/// A text, a number, a Variable, or tensors in lists, tuples and dicts.
class Printable : public std::variant<std::string, Nest> {
 public:
  using variant::variant;
  Printable(const Variable& variable);
  template <class Number>
    requires std::is_arithmetic_v<Number>
  Printable(Number number) : variant(to_text(number)) {}
};

/// Prints: print({"loss:", loss}, {.output_stream = "stdout"}). In a traced function, whenever it runs.
/// InvalidArgumentError for another stream, or a file that cannot be written.
void print(const std::vector<Printable>& inputs, const PrintOptions& options = {});

/// Gives what is printed to another language's streams: told the stream's name and the text, it returns false to leave the rest to C++.
void set_print_listener(std::function<bool(const std::string& stream, const std::string& text)> listener);

namespace strings {
/// `template_` with each `placeholder` replaced by the text of one input, a string scalar. ValueError where their numbers differ.
/// python: strings.format
Tensor format(const std::string& template_, const std::vector<Tensor>& inputs, const std::string& placeholder = "{}",
              int64_t summarize = 3);
}  // namespace strings

}  // namespace runnel::inline v0
