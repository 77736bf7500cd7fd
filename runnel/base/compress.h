// Decompression of zlib and gzip streams.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace runnel::inline v0 {

/// Unpacks a zlib or gzip stream (told apart by its header). Throws errors::DataLossError where it is damaged or cut
/// short, or would give more than `limit` bytes; `what` names the data in that message.
std::string decompress(std::string_view packed, std::string_view what = "the data", size_t limit = size_t(1) << 48);

}  // namespace runnel::inline v0
