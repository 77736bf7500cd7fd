#include "runnel/base/compress.h"

#include <zlib.h>

#include <algorithm>

#include "runnel/base/error.h"

namespace runnel::inline v0 {
namespace {

constexpr int kEitherHeader = 32 + MAX_WBITS;  // zlib's way to say: zlib or gzip, look at the header
constexpr size_t kBlock = size_t(1) << 20;

struct Inflater {
  z_stream stream{};
  Inflater() { RUNNEL_ASSERT(inflateInit2(&stream, kEitherHeader) == Z_OK); }
  ~Inflater() { inflateEnd(&stream); }
};

}  // namespace

std::string decompress(std::string_view packed, std::string_view what, size_t limit) {
  Inflater inflater;
  z_stream& stream = inflater.stream;
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = uInt(packed.size());
  std::string out;
  int status = Z_OK;
  while (status == Z_OK) {
    const size_t used = out.size();
    out.resize(used + std::min(std::max(kBlock, used), limit - used + 1));
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + used);
    stream.avail_out = uInt(out.size() - used);
    status = inflate(&stream, Z_NO_FLUSH);
    out.resize(out.size() - stream.avail_out);
    if (out.size() > limit) fail<errors::DataLossError>("decompress", cat(what, " unpacks to more than the expected ", limit, " bytes"));
  }
  if (status != Z_STREAM_END) {
    fail<errors::DataLossError>("decompress", cat(what, " is damaged or cut short"),
                                {.got = stream.msg ? stream.msg : "an early end"});
  }
  return out;
}

}  // namespace runnel::inline v0
