#include "runnel/keras/datasets/find_file.h"

#include <spawn.h>
#include <sys/wait.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "runnel/base/compress.h"
#include "runnel/base/error.h"
#include "runnel/base/files.h"
#include "runnel/base/md5.h"
#include "runnel/base/sha256.h"

extern "C" char** environ;

namespace runnel::inline v0::keras::datasets {
namespace {

// Runs curl and gives "" or why there is no file. A process, not a library: nobody links TLS for a test data set.
std::string fetch(const std::string& origin, const std::string& path) {
  const char* arguments[] = {"curl", "--fail", "--location", "--connect-timeout", "20", "--progress-bar",
                             "--output", path.c_str(), "--", origin.c_str(), nullptr};
  pid_t process = 0;
  if (posix_spawnp(&process, "curl", nullptr, nullptr, const_cast<char**>(arguments), environ) != 0) {
    return "the program curl is not installed";
  }
  int status = 0;
  while (waitpid(process, &status, 0) < 0) {
    if (errno != EINTR) return "curl was lost";
  }
  return status == 0 ? "" : cat("curl ended with status ", WIFEXITED(status) ? WEXITSTATUS(status) : -1);
}

// The digest that the file should have and the one that it has.
struct Digests {
  std::string kind, wanted, found;
};
Digests digests(const RemoteFile& file, const std::string& path) {
  if (!file.md5.empty()) return {"MD5 ", file.md5, md5(read_file(path))};
  if (file.unpacked_sha256.empty()) return {};
  return {"SHA-256 ", file.unpacked_sha256, sha256(decompress(read_file(path), path))};
}

void check_bytes(const RemoteFile& file, const std::string& path) {
  const Digests d = digests(file, path);
  if (d.found == d.wanted) return;
  std::remove(path.c_str());
  fail<errors::DataLossError>(cat("keras.", file.kind), cat("the download of ", file.origin, " holds other bytes than it should"),
                              {.got = d.kind + d.found, .expected = d.wanted, .hint = "try again later"});
}

std::string download(const RemoteFile& file, const std::string& path) {
  const std::string part = path + ".part";
  make_folders(path.substr(0, path.rfind('/')));
  std::fprintf(stderr, "Downloading data from %s\n", file.origin.c_str());
  const std::string problem = fetch(file.origin, part);
  if (!problem.empty()) {
    std::remove(part.c_str());
    return problem;
  }
  check_bytes(file, part);
  std::rename(part.c_str(), path.c_str());
  return "";
}

}  // namespace

std::string cache_home() {
  for (const char* name : {"RUNNEL_HOME", "KERAS_HOME"}) {
    if (std::string home = environment(name); !home.empty()) return home;
  }
  return join_path(environment("HOME"), ".keras");
}

std::string find_file(const RemoteFile& file) {
  const std::string cached = join_path(join_path(join_path(cache_home(), file.kind), file.folder), file.name);
  if (file_exists(cached)) return cached;
  const std::string packaged = file.system_folder.empty() ? "" : join_path(file.system_folder, file.name);
  if (!packaged.empty() && file_exists(packaged)) return packaged;
  const std::string problem = download(file, cached);
  if (problem.empty()) return cached;
  const std::string package = file.package.empty() ? "" : cat("install the Debian package ", file.package, ", or ");
  fail<errors::UnavailableError>(cat("keras.", file.kind), cat("cannot find ", file.name),
                                 {.got = cat("no file ", cached, packaged.empty() ? "" : ", no file ", packaged, ", and no download from ", file.origin, " (", problem, ")"),
                                  .hint = cat(package, "put the file into the first of these places")});
}

Tensor read_idx(const std::string& bytes, const Shape& shape, const std::string& path) {
  const size_t header = 4 + 4 * size_t(shape.rank());
  std::string expected("\0\0\x08", 3);  // two zeros, then the code of uint8
  expected.push_back(char(shape.rank()));
  for (int64_t size : shape) {
    for (int shift = 24; shift >= 0; shift -= 8) expected.push_back(char(size >> shift & 255));
  }
  if (bytes.compare(0, header, expected) != 0 || bytes.size() != header + size_t(shape.num_elements())) {
    fail<errors::DataLossError>("keras.datasets", cat(path, " is not the expected idx file"),
                                {.got = cat(bytes.size(), " bytes"), .expected = cat("uint8 elements of shape ", shape)});
  }
  Tensor out(uint8, shape);
  std::memcpy(out.mutable_raw(), bytes.data() + header, size_t(shape.num_elements()));
  return out;
}

}  // namespace runnel::inline v0::keras::datasets
