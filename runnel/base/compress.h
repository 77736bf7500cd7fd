// Decompression of zlib and gzip streams.
#pragma once

#include <string>
#include <string_view>

namespace runnel::inline v0 {

/// Unpacks a zlib or gzip stream (told apart by its header). Throws errors::DataLossError where it is damaged or cut
/// short; `what` names the data in that message.
std::string decompress(std::string_view packed, std::string_view what = "the data");

}  // namespace runnel::inline v0
