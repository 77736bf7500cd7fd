// What messages say about classes and functions of one's own that nobody knows.
#pragma once

#include <string>

namespace runnel::inline v0::keras {

/// How one's own class or function becomes known, in the words of the language that is used.
std::string registration_hint();

}  // namespace runnel::inline v0::keras
