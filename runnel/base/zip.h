// ZIP archives in memory: written with their members stored as they are, read packed as well.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace runnel::inline v0 {

/// An archive that is being read. Throws errors::DataLossError where it is damaged.
class ZipReader {
 public:
  explicit ZipReader(std::string bytes);
  ~ZipReader();

  /// The members, in the archive's order.
  const std::vector<std::string>& names() const { return names_; }
  bool contains(std::string_view name) const;
  /// The bytes of a member, its checksum verified. errors::NotFoundError where there is none; ValueError for a member that
  /// unpacks to far more than it is (a "zip bomb").
  std::string read(std::string_view name) const;

 private:
  struct Archive;
  std::unique_ptr<Archive> archive_;
  std::vector<std::string> names_;
};

class ZipWriter {
 public:
  ZipWriter();
  ~ZipWriter();
  /// Adds a member, stored without compression.
  void add(const std::string& name, std::string_view bytes);
  /// The finished archive. Called once, at the end.
  std::string take();

 private:
  struct Archive;
  std::unique_ptr<Archive> archive_;
};

}  // namespace runnel::inline v0
