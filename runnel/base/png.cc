#include "runnel/base/png.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "runnel/base/error.h"

namespace runnel::inline v0 {
namespace {

using Bytes = std::vector<uint8_t>;
constexpr size_t kPart = 8192;  // of the packed pixels in one chunk

std::string big_endian(uint32_t value) { return {char(value >> 24), char(value >> 16), char(value >> 8), char(value)}; }

void append_chunk(std::string& file, const char* kind, std::string_view data) {
  file += big_endian(uint32_t(data.size()));
  const size_t begin = file.size();
  file += kind;
  file += data;
  file += big_endian(uint32_t(crc32(0, reinterpret_cast<const Bytef*>(file.data() + begin), uInt(file.size() - begin))));
}

int nearest_of(int left, int up, int corner) {
  const int p = left + up - corner, to_left = std::abs(p - left), to_up = std::abs(p - up), to_corner = std::abs(p - corner);
  if (to_left <= to_up && to_left <= to_corner) return left;
  return to_up <= to_corner ? up : corner;
}

// The row as differences from what filter `kind` foretells, behind the filter's number.
void filter_row(int kind, const Bytes& row, const Bytes& above, size_t pixel, Bytes& out) {
  out[0] = uint8_t(kind);
  for (size_t i = 0; i < row.size(); ++i) {
    const int left = i < pixel ? 0 : row[i - pixel], up = above[i], corner = i < pixel ? 0 : above[i - pixel];
    const int foretold[] = {0, left, up, (left + up) / 2, nearest_of(left, up, corner)};
    out[i + 1] = uint8_t(row[i] - foretold[kind]);
  }
}

int64_t cost_of(const Bytes& filtered) {
  int64_t sum = 0;
  for (size_t i = 1; i < filtered.size(); ++i) sum += std::min<int>(filtered[i], 256 - filtered[i]);
  return sum;
}

// All rows, each with the filter whose differences are smallest. A row of one pixel has no left, a single row nothing above.
std::string filtered_rows(const Picture& p, size_t pixel, size_t row_bytes) {
  std::string out;
  Bytes row(row_bytes), above(row_bytes), best(row_bytes + 1), tried(row_bytes + 1);
  const auto* pixels = static_cast<const uint8_t*>(p.pixels);
  for (int64_t y = 0; y < p.height; ++y, pixels += row_bytes) {
    row.assign(pixels, pixels + row_bytes);
    if (p.bits == 16)
      for (size_t i = 0; i < row_bytes; i += 2) std::swap(row[i], row[i + 1]);
    filter_row(0, row, above, pixel, best);
    int64_t least = cost_of(best);
    for (int kind = 1; kind < 5; ++kind) {
      if ((p.width == 1 && kind != 2) || (p.height == 1 && kind != 1)) continue;
      filter_row(kind, row, above, pixel, tried);
      if (int64_t cost = cost_of(tried); cost < least) least = cost, std::swap(best, tried);
    }
    out.append(reinterpret_cast<const char*>(best.data()), best.size());
    std::swap(row, above);
  }
  return out;
}

// A window no larger than the data: decoders allocate by it.
int window_bits(size_t size) {
  int bits = 15;
  if (size > 16384) return bits;
  for (size_t half = size_t(1) << 14; size + 262 <= half; half >>= 1) --bits;
  return bits;
}

// The header of zlib's stream tells decoders the smallest window that holds all of the data.
void narrow_window(std::string& stream, size_t size) {
  if (size > 16384) return;
  unsigned bits = uint8_t(stream[0]) >> 4;
  for (size_t half = size_t(1) << (bits + 7); half >= size && bits > 0; half >>= 1) --bits;
  const unsigned head = bits << 4 | (uint8_t(stream[0]) & 15), flags = uint8_t(stream[1]) & 0xe0;
  stream[0] = char(head);
  stream[1] = char(flags + 31 - (head * 256 + flags) % 31);
}

std::string packed(const std::string& rows, int compression) {
  z_stream stream{};
  RUNNEL_ASSERT(deflateInit2(&stream, compression, Z_DEFLATED, window_bits(rows.size()), 8, Z_FILTERED) == Z_OK);
  std::string out;
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(rows.data()));
  stream.avail_in = uInt(rows.size());
  for (int status = Z_OK; status != Z_STREAM_END;) {
    out.resize(out.size() + deflateBound(&stream, stream.avail_in) + 64);  // the bound is too small for stored blocks of small windows
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + stream.total_out);
    stream.avail_out = uInt(out.size() - stream.total_out);
    status = deflate(&stream, Z_FINISH);
    RUNNEL_ASSERT(status == Z_OK || status == Z_STREAM_END);
  }
  out.resize(stream.total_out);
  deflateEnd(&stream);
  narrow_window(out, rows.size());
  return out;
}

}  // namespace

std::string encode_png(const Picture& p, int compression) {
  constexpr std::array<char, 5> kColours{0, 0, 4, 2, 6};  // by the number of channels
  const size_t pixel = size_t(p.channels * p.bits / 8), row_bytes = pixel * size_t(p.width);
  std::string file = "\x89PNG\r\n\x1a\n";
  std::string head = big_endian(uint32_t(p.width)) + big_endian(uint32_t(p.height));
  head += {char(p.bits), kColours[size_t(p.channels)], 0, 0, 0};
  append_chunk(file, "IHDR", head);
  const std::string data = packed(filtered_rows(p, pixel, row_bytes), compression);
  for (size_t at = 0; at < data.size(); at += kPart) append_chunk(file, "IDAT", std::string_view(data).substr(at, kPart));
  append_chunk(file, "IEND", "");
  return file;
}

}  // namespace runnel::inline v0
