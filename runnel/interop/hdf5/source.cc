#include "runnel/interop/hdf5/source.h"

#include "runnel/base/error.h"

namespace runnel::inline v0::hdf5 {

void damaged(std::string_view what) { fail<errors::DataLossError>("HDF5", cat("the file is damaged: ", what)); }
void unsupported(std::string_view what) {
  fail<errors::UnimplementedError>("HDF5", cat(what, " cannot be read"), {.hint = "save the file again with Keras's or h5py's default options."});
}

uint64_t Cursor::number(int size) {
  std::string_view raw = bytes(uint64_t(size));
  uint64_t value = 0;
  for (int i = 0; i < size; ++i) value |= uint64_t(uint8_t(raw[size_t(i)])) << (8 * i);
  return value;
}

uint64_t Cursor::offset() {
  uint64_t value = number(sizes_.offset);
  uint64_t ones = sizes_.offset == 8 ? kUndefined : (uint64_t(1) << (8 * sizes_.offset)) - 1;
  return value == ones ? kUndefined : value;
}

std::string_view Cursor::bytes(uint64_t size) {
  if (size > remaining()) damaged("a structure is cut short");
  std::string_view out = bytes_.substr(at_, size);
  at_ += size;
  return out;
}

void Cursor::expect(std::string_view signature) {
  if (bytes(signature.size()) != signature) damaged(cat("the signature ", signature, " is missing"));
}

void Cursor::align8() { skip((8 - at_ % 8) % 8); }

Source::Source(std::string bytes) : bytes_(std::move(bytes)), bytes_left_(16 * bytes_.size() + 65536) { refill(); }

std::string_view Source::slice(uint64_t address, uint64_t size) const {
  if (address > kUndefined - base) damaged("an address lies outside of it");
  uint64_t at = base + address;
  if (at > bytes_.size() || size > bytes_.size() - at) damaged("an address lies outside of it");
  return std::string_view(bytes_).substr(at, size);
}

void Source::spend(uint64_t steps) {
  if (steps > steps_left_) damaged("its structures refer to each other without end");
  steps_left_ -= steps;
}

Cursor Source::at(uint64_t address) {
  spend(1);
  std::string_view all = slice(address, 0);
  return cursor({all.data(), bytes_.size() - size_t(base + address)});
}

void Source::allocate(uint64_t bytes) {
  if (bytes > bytes_left_) damaged("its attributes are larger than the file");
  bytes_left_ -= bytes;
}

void Source::check_size(uint64_t bytes) const {
  if (bytes / 1032 > bytes_.size()) damaged("a dataset is larger than the file can hold");
}

uint64_t checked_product(uint64_t a, uint64_t b) {
  uint64_t out = 0;
  if (__builtin_mul_overflow(a, b, &out) || out >> 63) damaged("a size overflows");
  return out;
}

}  // namespace runnel::inline v0::hdf5
