// Hashes of 64 bits, the same on every machine: TensorFlow's hash buckets, tables and fingerprints are made of them.
#pragma once

#include <cstdint>
#include <string_view>

namespace runnel::inline v0 {

/// FarmHash's Fingerprint64 (G. Pike, 2014).
uint64_t fingerprint64(std::string_view bytes);

/// MurmurHash64A (A. Appleby, 2008) with TensorFlow's seed.
uint64_t hash64(std::string_view bytes, uint64_t seed = 0xDECAFCAFFE);

/// How TensorFlow adds a hash to that of what comes before.
constexpr uint64_t hash64_combine(uint64_t a, uint64_t b) { return a ^ (b + 0x9e3779b97f4a7800 + (a << 10) + (a >> 4)); }

/// SipHash-2-4 (J.-P. Aumasson, D. J. Bernstein, 2012): nobody without the key can make texts collide.
uint64_t siphash(std::string_view bytes, uint64_t key0, uint64_t key1);

}  // namespace runnel::inline v0
