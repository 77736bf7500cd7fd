// Numbers from text.
#pragma once

#include <cstdint>
#include <string_view>

namespace runnel::inline v0 {

/// The number that all of `text` is, between spaces; false where it is none, or does not fit. "1e3", "inf" and "nan" are floating numbers.
bool parse_number(std::string_view text, int32_t& out);
bool parse_number(std::string_view text, int64_t& out);
bool parse_number(std::string_view text, uint32_t& out);
bool parse_number(std::string_view text, uint64_t& out);
bool parse_number(std::string_view text, float& out);
bool parse_number(std::string_view text, double& out);

}  // namespace runnel::inline v0
