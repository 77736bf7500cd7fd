// Hashes of texts and of bytes: buckets and fingerprints.
#include <cstring>

#include "runnel/base/hash64.h"
#include "runnel/ops/strings.h"
#include "runnel/ops/strings/each.h"

namespace runnel::inline v0 {

namespace {

template <class Hash>
void to_buckets(OpContext& c, Hash hash) {
  uint64_t buckets = uint64_t(c.int_attr("num_buckets"));
  each_text<int64_t>(c, [&](const std::string& text) { return int64_t(hash(text) % buckets); });
}

void fast_kernel(OpContext& c) { to_buckets(c, fingerprint64); }
void murmur_kernel(OpContext& c) {
  to_buckets(c, [](const std::string& text) { return hash64(text); });
}
void strong_kernel(OpContext& c) {
  const std::vector<int64_t>& key = c.ints_attr("key");
  if (key.size() != 2) c.invalid("Key must have 2 elements", {.got = cat(key.size())});
  to_buckets(c, [&](const std::string& text) { return siphash(text, uint64_t(key[0]), uint64_t(key[1])); });
}

void fingerprint_shape(ShapeContext& c) {
  PartialShape data = c.input(0);
  if (data.has_rank() && data.rank() == 0) fail<errors::InvalidArgumentError>("", "`data` should have at least one dimension: []");
  c.set_output(0, {data.has_rank() ? data[0] : -1, 8});
}

// Of texts, a row's fingerprint is that of its texts' fingerprints.
uint64_t row_fingerprint(const Tensor& data, int64_t row, int64_t width) {
  if (data.dtype() != string) {
    size_t size = size_t(width * data.dtype().size());
    return fingerprint64({static_cast<const char*>(data.raw()) + size_t(row) * size, size});
  }
  const std::string* texts = data.data<std::string>() + row * width;
  if (width == 1) return fingerprint64(*texts);
  std::vector<uint64_t> parts;
  for (int64_t i = 0; i < width; ++i) parts.push_back(fingerprint64(texts[i]));
  return fingerprint64({reinterpret_cast<const char*>(parts.data()), parts.size() * sizeof(uint64_t)});
}

void fingerprint_kernel(OpContext& c) {
  const Tensor &data = c.input(0), &method = c.input(1);
  if (method.num_elements() != 1 || *method.data<std::string>() != "farmhash64")
    fail<errors::InvalidArgumentError>("", cat("Unsupported fingerprint method: ", method.num_elements() ? *method.data<std::string>() : ""));
  Tensor& out = c.output();
  int64_t rows = data.dim(0), width = rows ? data.num_elements() / rows : 0;
  for (int64_t row = 0; row < rows; ++row) {
    uint64_t found = row_fingerprint(data, row, width);
    std::memcpy(out.mutable_data<uint8_t>() + row * 8, &found, 8);
  }
}

constexpr const char *kSignature = "input: string -> output: int64", *kBuckets = "num_buckets: int >= 1";

/// StringToHashBucket: A bucket for each text, by MurmurHash64A.
/// StringToHashBucketFast: A bucket for each text, by FarmHash's Fingerprint64.
/// StringToHashBucketStrong: A bucket for each text, by SipHash-2-4 with a key.
/// Fingerprint: The fingerprint of each row, as eight bytes.
constexpr OpDef kOps[] = {
    text_op("StringToHashBucket", "string_tensor: string -> output: int64", kBuckets, murmur_kernel, kText),
    text_op("StringToHashBucketFast", kSignature, kBuckets, fast_kernel, kText),
    text_op("StringToHashBucketStrong", kSignature, "num_buckets: int >= 1; key: list(int)", strong_kernel, kText),
    {.name = "Fingerprint", .signature = "data: T, method: string -> fingerprint: uint8", .attrs = "T: type", .shape = fingerprint_shape,
     .no_gradient = "TensorFlow declares none: it gives bytes", .kernel = fingerprint_kernel},
};

}  // namespace
RUNNEL_OPS(strings_hash, kOps)

Tensor strings::to_hash_bucket_fast(const Tensor& input, int64_t num_buckets) {
  static const Op& op = get_op("StringToHashBucketFast");
  return run(op, {input}, {{"num_buckets", num_buckets}});
}
Tensor strings::to_hash_bucket_strong(const Tensor& input, int64_t num_buckets, const std::vector<int64_t>& key) {
  return run(get_op("StringToHashBucketStrong"), {input}, {{"num_buckets", num_buckets}, {"key", key}});
}
Tensor strings::to_hash_bucket(const Tensor& input, int64_t num_buckets) {
  return run(get_op("StringToHashBucket"), {input}, {{"num_buckets", num_buckets}});
}
Tensor fingerprint(const Tensor& data, const std::string& method) { return run(get_op("Fingerprint"), {data, Tensor::scalar(method)}); }

}  // namespace runnel::inline v0
