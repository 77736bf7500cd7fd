#include "runnel/base/files.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>

#include "runnel/base/error.h"

namespace runnel::inline v0 {
namespace {

struct Closer {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, Closer>;

void write_all(const std::string& path, std::string_view bytes) {
  File file(std::fopen(path.c_str(), "wb"));
  if (!file) {
    fail<errors::PermissionDeniedError>("write_file", cat("cannot write ", path), {.got = std::strerror(errno)});
  }
  if (std::fwrite(bytes.data(), 1, bytes.size(), file.get()) != bytes.size() || std::fflush(file.get()) != 0) {
    fail<errors::ResourceExhaustedError>("write_file", cat("cannot write all of ", path), {.got = std::strerror(errno)});
  }
}

}  // namespace

std::string read_file(const std::string& path) {
  File file(std::fopen(path.c_str(), "rb"));
  if (!file) fail<errors::NotFoundError>("read_file", cat("cannot open ", path), {.got = std::strerror(errno)});
  std::string bytes;
  std::error_code unknown_size;
  const auto size = std::filesystem::file_size(path, unknown_size);
  bytes.resize(unknown_size ? 0 : size);
  size_t have = std::fread(bytes.data(), 1, bytes.size(), file.get());
  bytes.resize(have);
  for (char block[4096]; (have = std::fread(block, 1, sizeof block, file.get())) > 0;) bytes.append(block, have);
  if (std::ferror(file.get())) fail<errors::DataLossError>("read_file", cat("reading ", path, " failed"));
  return bytes;
}

void write_file(const std::string& path, std::string_view bytes) {
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  if (!folder.empty()) make_folders(folder.string());
  const std::string beside = path + ".part";
  write_all(beside, bytes);
  std::error_code failed;
  std::filesystem::rename(beside, path, failed);
  if (failed) fail<errors::PermissionDeniedError>("write_file", cat("cannot write ", path), {.got = failed.message()});
}

bool file_exists(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

void make_folders(const std::string& path) {
  std::error_code failed;
  std::filesystem::create_directories(path, failed);
  if (failed) fail<errors::PermissionDeniedError>("make_folders", cat("cannot create ", path), {.got = failed.message()});
}

std::string join_path(std::string_view folder, std::string_view name) {
  if (folder.empty()) return std::string(name);
  return cat(folder, folder.back() == '/' ? "" : "/", name);
}

std::string environment(const char* name) { return to_text(std::getenv(name)); }

}  // namespace runnel::inline v0
