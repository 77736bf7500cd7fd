// Equations of einsum: "...ij,jk->...ik".
#pragma once

#include <string>
#include <vector>

#include "runnel/core/shape.h"

namespace runnel::inline v0 {

/// One letter a dimension; '.' stands for an ellipsis.
struct EinsumEquation {
  std::vector<std::string> inputs;
  std::string output;

  std::string text() const;  ///< As TensorFlow writes it.
};

/// Without "->" the output is every label that occurs once, in alphabetical order, after the ellipsis.
/// InvalidArgumentError for anything that is not an equation.
EinsumEquation parse_einsum(const std::string& equation);

/// A label for every dimension of a tensor of that rank: letters as themselves, the dimensions under an ellipsis as
/// kEllipsis + their distance from its end, so that they align from the right.
inline constexpr int kEllipsis = 256;
std::vector<int> einsum_labels(const std::string& subscript, int rank, const std::string& equation);

}  // namespace runnel::inline v0
