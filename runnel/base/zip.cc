#include "runnel/base/zip.h"

#include <minizip/unzip.h>
#include <minizip/zip.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "runnel/base/error.h"

namespace runnel::inline v0 {
namespace {

// A member larger than this that unpacks to over a hundred times its size is taken for a bomb.
constexpr uint64_t kSuspiciousSize = uint64_t(64) << 20, kSuspiciousRatio = 100;
constexpr size_t kPiece = size_t(16) << 20;

/// A file in memory, for minizip's callbacks.
struct Memory {
  std::string bytes;
  uint64_t at = 0;
};

Memory& memory(voidpf opaque) { return *static_cast<Memory*>(opaque); }

voidpf open_memory(voidpf opaque, const void*, int) { return opaque; }
int close_memory(voidpf, voidpf) { return 0; }
int error_of_memory(voidpf, voidpf) { return 0; }
ZPOS64_T tell_memory(voidpf opaque, voidpf) { return memory(opaque).at; }

uLong read_memory(voidpf opaque, voidpf, void* to, uLong size) {
  Memory& m = memory(opaque);
  uLong have = m.at >= m.bytes.size() ? 0 : uLong(std::min<uint64_t>(size, m.bytes.size() - m.at));
  if (have > 0) std::memcpy(to, m.bytes.data() + m.at, have);
  m.at += have;
  return have;
}

uLong write_memory(voidpf opaque, voidpf, const void* from, uLong size) {
  Memory& m = memory(opaque);
  if (m.bytes.size() < m.at + size) m.bytes.resize(m.at + size);
  std::memcpy(m.bytes.data() + m.at, from, size);
  m.at += size;
  return size;
}

long seek_memory(voidpf opaque, voidpf, ZPOS64_T offset, int origin) {
  Memory& m = memory(opaque);
  uint64_t base = origin == ZLIB_FILEFUNC_SEEK_SET ? 0 : origin == ZLIB_FILEFUNC_SEEK_CUR ? m.at : m.bytes.size();
  m.at = base + offset;
  return m.at > m.bytes.size() ? -1 : 0;
}

zlib_filefunc64_def functions(Memory& m) {
  return {open_memory, read_memory, write_memory, tell_memory, seek_memory, close_memory, error_of_memory, &m};
}

[[noreturn]] void damaged(std::string_view what) { fail<errors::DataLossError>("zip", cat("the archive is damaged: ", what)); }

void check_written(int status, const std::string& name) {
  if (status != ZIP_OK) fail<errors::InternalError>("zip", cat("writing the member ", name, " failed"), {.got = to_text(status)});
}

}  // namespace

struct ZipReader::Archive {
  Memory memory;
  unzFile file = nullptr;
  std::vector<unz64_file_pos> places;
  ~Archive() {
    if (file) unzClose(file);
  }

  std::string current_name() const {
    unz_file_info64 info;
    if (unzGetCurrentFileInfo64(file, &info, nullptr, 0, nullptr, 0, nullptr, 0) != UNZ_OK) damaged("its list of members cannot be read");
    std::string name(info.size_filename, '\0');
    if (unzGetCurrentFileInfo64(file, nullptr, name.data(), uLong(name.size()), nullptr, 0, nullptr, 0) != UNZ_OK) damaged("a member's name cannot be read");
    return name;
  }

  uint64_t checked_size(std::string_view name) const {
    unz_file_info64 info;
    if (unzGetCurrentFileInfo64(file, &info, nullptr, 0, nullptr, 0, nullptr, 0) != UNZ_OK) damaged(cat("the member ", name, " cannot be read"));
    if (info.uncompressed_size > kSuspiciousSize && info.uncompressed_size / kSuspiciousRatio > info.compressed_size)
      fail<ValueError>("zip", cat("the member ", name, " unpacks to more than ", kSuspiciousRatio, " times its size, as only a zip bomb does"),
                       {.got = cat(info.compressed_size, " bytes that unpack to ", info.uncompressed_size)});
    if (info.compressed_size > memory.bytes.size()) damaged(cat("the member ", name, " is larger than the archive"));
    return info.uncompressed_size;
  }

  // Grows with what really comes, whatever size the list of members claims.
  std::string read_open(uint64_t size) const {
    std::string out;
    while (out.size() <= size) {
      size_t used = out.size();
      out.resize(used + std::min<uint64_t>(kPiece, size - used + 1));
      int got = unzReadCurrentFile(file, out.data() + used, unsigned(out.size() - used));
      out.resize(used + size_t(std::max(got, 0)));
      if (got < 0) damaged("a member cannot be unpacked");
      if (got == 0) return out;
    }
    damaged("a member is longer than it says");
  }
};

ZipReader::ZipReader(std::string bytes) : archive_(std::make_unique<Archive>()) {
  archive_->memory.bytes = std::move(bytes);
  zlib_filefunc64_def io = functions(archive_->memory);
  archive_->file = unzOpen2_64("", &io);
  if (!archive_->file) damaged("its list of members is missing");
  const size_t most = archive_->memory.bytes.size() / 46;  // the least that an entry of the list takes
  for (int status = unzGoToFirstFile(archive_->file); status == UNZ_OK; status = unzGoToNextFile(archive_->file)) {
    if (names_.size() == most) damaged("its list of members has no end");
    unz64_file_pos place;
    names_.push_back(archive_->current_name());
    if (unzGetFilePos64(archive_->file, &place) != UNZ_OK) damaged("its list of members cannot be read");
    archive_->places.push_back(place);
  }
}
ZipReader::~ZipReader() = default;

bool ZipReader::contains(std::string_view name) const { return std::find(names_.begin(), names_.end(), name) != names_.end(); }

std::string ZipReader::read(std::string_view name) const {
  auto found = std::find(names_.begin(), names_.end(), name);
  if (found == names_.end()) fail<errors::NotFoundError>("zip", cat("the archive has no member ", name), {.got = to_text(names_)});
  if (std::find(found + 1, names_.end(), name) != names_.end()) damaged(cat("it has two members named ", name));
  unzFile file = archive_->file;
  if (unzGoToFilePos64(file, &archive_->places[size_t(found - names_.begin())]) != UNZ_OK) damaged("its list of members cannot be read");
  uint64_t size = archive_->checked_size(name);
  if (unzOpenCurrentFile(file) != UNZ_OK) damaged(cat("the member ", name, " cannot be opened"));
  std::string out = archive_->read_open(size);
  if (unzCloseCurrentFile(file) != UNZ_OK || out.size() != size) damaged(cat("the member ", name, " has a wrong checksum or size"));
  return out;
}

struct ZipWriter::Archive {
  Memory memory;
  zipFile file = nullptr;
  ~Archive() {
    if (file) zipClose(file, nullptr);
  }
};

ZipWriter::ZipWriter() : archive_(std::make_unique<Archive>()) {
  zlib_filefunc64_def io = functions(archive_->memory);
  archive_->file = zipOpen2_64("", APPEND_STATUS_CREATE, nullptr, &io);
  RUNNEL_ASSERT(archive_->file);
}
ZipWriter::~ZipWriter() = default;

void ZipWriter::add(const std::string& name, std::string_view bytes) {
  zip_fileinfo info{};
  info.dosDate = uLong((1 << 5) | 1) << 16;  // the first of January 1980, ZIP's beginning: the same model gives the same bytes
  const bool is_large = bytes.size() >= 0xffffffff;
  check_written(zipOpenNewFileInZip64(archive_->file, name.c_str(), &info, nullptr, 0, nullptr, 0, nullptr, /*method: stored=*/0, 0, is_large), name);
  for (size_t at = 0; at < bytes.size(); at += kPiece) {
    std::string_view piece = bytes.substr(at, kPiece);
    check_written(zipWriteInFileInZip(archive_->file, piece.data(), unsigned(piece.size())), name);
  }
  check_written(zipCloseFileInZip(archive_->file), name);
}

std::string ZipWriter::take() {
  zipFile file = std::exchange(archive_->file, nullptr);
  check_written(zipClose(file, nullptr), "list");
  return std::move(archive_->memory.bytes);
}

}  // namespace runnel::inline v0
