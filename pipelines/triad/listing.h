// SPDX-License-Identifier: LGPL-2.1-or-later
// The files of a folder that belong into a release, and opening them safely.
#pragma once

#include "release/result.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace triad::tool {

struct ListedFile {
  std::string path;     // in the release: below its name; the name itself for a single file
  std::string location; // on disk, below Listing::root; no symbolic link is in it
  std::uint64_t size = 0;
  std::int64_t modified = 0; // nanoseconds since 1970

  bool operator==(const ListedFile&) const = default;
};

struct Listing {
  std::string name; // of the release
  bool single_file = false;
  std::filesystem::path source;     // as it was given, absolute
  std::filesystem::path root;       // real folder that all locations are in
  std::vector<ListedFile> files;    // sorted by path
  std::vector<std::string> skipped; // one sentence each, for people; dot files are not mentioned

  // NAME.torrent beside the folder or file.
  [[nodiscard]] std::filesystem::path metainfo_path() const;
  [[nodiscard]] std::uint64_t size() const;                            // of all files, bytes
  [[nodiscard]] const ListedFile* find(const std::string& path) const; // null: not listed
};

// Walks a folder (or looks at one file). Dot files, *.torrent, what is no regular file and symbolic
// links that leave the folder are left out. Errors: io; bad_metainfo for names that no metainfo can
// hold.
[[nodiscard]] Result<Listing> list_source(const std::filesystem::path& source);

// A file descriptor, closed at the end.
class FileHandle {
public:
  explicit FileHandle(int fd = -1) : fd_(fd) {}
  FileHandle(FileHandle&& other) noexcept : fd_(other.release()) {}
  FileHandle& operator=(FileHandle&& other) noexcept;
  ~FileHandle();
  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] int release() { return std::exchange(fd_, -1); }
  explicit operator bool() const { return fd_ >= 0; }

private:
  int fd_;
};

// Opens `location` for reading. Nothing outside of `folder` is ever opened, whatever was changed
// there meanwhile: no symbolic link is followed. On failure the handle is empty and errno set.
[[nodiscard]] FileHandle open_beneath(int folder, const std::string& location);
[[nodiscard]] FileHandle open_folder(const std::filesystem::path& folder);

} // namespace triad::tool
