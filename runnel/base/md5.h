// MD5 (RFC 1321): only to check downloads whose publishers name no better digest.
#pragma once

#include <string>
#include <string_view>

namespace runnel::inline v0 {

/// 32 lowercase hexadecimal digits.
std::string md5(std::string_view bytes);

}  // namespace runnel::inline v0
