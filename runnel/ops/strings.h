// tf.strings: tensors of text. A text is bytes; "UTF8_CHAR" counts the characters of UTF-8.
#pragma once

#include "runnel/op/operand.h"

namespace runnel::inline v0 {

/// The fingerprint of each row of `data` (first axis) as eight bytes: (rows, 8) of uint8. method: "farmhash64".
/// InvalidArgumentError for a scalar, or another method.
/// python: fingerprint
Tensor fingerprint(const Tensor& data, const std::string& method = "farmhash64");

/// Numbers in text: "3.000000", or as precision, scientific ("3e+00"), shortest, width and fill ("", " ", "+", "-", "0", "#") want it;
/// bools as "true" and "false", complex numbers as "(1.000000,2.000000)". InvalidArgumentError for options that do not go together.
/// python: as_string, strings.as_string
Tensor as_string(const Tensor& input, int64_t precision = -1, bool scientific = false, bool shortest = false, int64_t width = -1,
                 const std::string& fill = "");

namespace strings {

using runnel::as_string;

/// Spreads texts over [0, num_buckets) by FarmHash's Fingerprint64, int64. The same on every machine.
/// python: strings.to_hash_bucket_fast
Tensor to_hash_bucket_fast(const Tensor& input, int64_t num_buckets);

/// The same by SipHash-2-4 with two integers as the key: nobody without it can choose texts that fall into one bucket.
/// InvalidArgumentError where the key has another size.
/// python: strings.to_hash_bucket_strong
Tensor to_hash_bucket_strong(const Tensor& input, int64_t num_buckets, const std::vector<int64_t>& key);

/// The same by MurmurHash64A: TensorFlow's first hash, which it may change.
/// python: strings.to_hash_bucket
Tensor to_hash_bucket(const Tensor& input, int64_t num_buckets);

/// Numbers from texts: float32, float64, int32, int64, uint32 or uint64. InvalidArgumentError where a text is none.
/// python: strings.to_number
Tensor to_number(const Tensor& input, DType out_type = float32);

/// The texts of all inputs, element by element, with the separator between them. Scalars join every element.
/// InvalidArgumentError where the shapes differ.
/// python: strings.join
Tensor join(const std::vector<Tensor>& inputs, const std::string& separator = "");

/// The length in bytes, or in characters (unit "UTF8_CHAR"): int32.
/// python: strings.length
Tensor length(const Tensor& input, const std::string& unit = "BYTE");

/// Small letters: A to Z, or with encoding "utf-8" those of all alphabets.
/// python: strings.lower
Tensor lower(const Tensor& input, const std::string& encoding = "");

/// Capital letters: a to z, or with encoding "utf-8" those of all alphabets.
/// python: strings.upper
Tensor upper(const Tensor& input, const std::string& encoding = "");

/// Without the white space at both ends.
/// python: strings.strip
Tensor strip(const Tensor& input);

/// `len` bytes (or characters) from `pos` on, counted from the end where it is negative; pos and len broadcast with the input.
/// InvalidArgumentError where pos lies outside of a text.
/// python: strings.substr
Tensor substr(const Tensor& input, const Operand& pos, const Operand& len, const std::string& unit = "BYTE");

}  // namespace strings

}  // namespace runnel::inline v0
