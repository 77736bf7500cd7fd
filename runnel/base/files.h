// Whole files, read and written in one call.
#pragma once

#include <string>
#include <string_view>

namespace runnel::inline v0 {

/// The bytes of a file. Throws errors::NotFoundError where it cannot be opened, errors::DataLossError where reading fails.
std::string read_file(const std::string& path);
/// Writes the file beside its final place and renames it, so that no reader ever sees half of it. Creates missing
/// folders. Throws errors::PermissionDeniedError where the place cannot be written.
void write_file(const std::string& path, std::string_view bytes);

bool file_exists(const std::string& path);
/// Creates a folder and its parents. Throws errors::PermissionDeniedError.
void make_folders(const std::string& path);
/// "a" and "b" give "a/b".
std::string join_path(std::string_view folder, std::string_view name);
/// The value of an environment variable, "" where it is not set.
std::string environment(const char* name);

}  // namespace runnel::inline v0
