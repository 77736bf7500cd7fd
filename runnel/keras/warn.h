// Warnings: Python's warnings.warn where a binding has set it, otherwise lines on standard error.
#pragma once

#include <functional>
#include <string>

namespace runnel::inline v0::keras {

void warn(const std::string& message);
/// Where warnings go from now on.
void set_warner(std::function<void(const std::string&)> warner);

}  // namespace runnel::inline v0::keras
