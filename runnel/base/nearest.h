// "Did you mean": the known name that is nearest to a misspelt one.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace runnel::inline v0 {

/// Empty where none of them is near.
std::string nearest_name(std::string_view given, const std::vector<std::string>& known);

}  // namespace runnel::inline v0
