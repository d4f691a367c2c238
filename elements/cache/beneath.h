// SPDX-License-Identifier: LGPL-2.1-or-later
// An open folder and what is done beneath it: no path leads out of it, no symbolic link is
// followed.
//
// Failures are told in errno, as the system calls below do. Any thread.
#pragma once

#include "release/hashes.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <sys/stat.h>
#include <utility>
#include <vector>

namespace triad::cache {

// Owns a file descriptor.
class Fd {
public:
  explicit Fd(int fd = -1) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Fd();

  [[nodiscard]] int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

private:
  int fd_;
};

enum class Links {
  refused, // the cache's own folder
  within,  // a user's library: links that stay below the folder
};

class Folder {
public:
  // An existing folder; empty with errno.
  static std::shared_ptr<const Folder> open(const std::filesystem::path& path);
  // Creates it (mode 0700) and its parents first.
  static std::shared_ptr<const Folder> create(const std::filesystem::path& path);

  explicit Folder(Fd fd) : fd_(std::move(fd)) {}

  // A regular file; `flags` as in open(2). Never waits, not even for a FIFO that was put there.
  [[nodiscard]] Fd open_file(const std::string& path, int flags,
                             Links links = Links::refused) const;
  [[nodiscard]] Fd open_folder(const std::string& path) const;
  // The status of what is at `path` itself.
  [[nodiscard]] bool status(const std::string& path, struct stat& out) const;

  // The folders above `path`.
  bool make_parents(const std::string& path) const;
  // The whole file or nothing of it, by way of `tmp/` and rename(2).
  bool write_whole(const std::string& path, Bytes bytes) const;
  // A file of at most `limit` bytes.
  [[nodiscard]] std::optional<std::vector<std::byte>> read_whole(const std::string& path,
                                                                 std::size_t limit) const;
  bool remove(const std::string& path) const;
  // Removes the folders above `path` from the lowest on while they are empty; `keep` levels stay.
  void remove_empty_parents(const std::string& path, int keep) const;

  // Names of what is directly in a folder.
  [[nodiscard]] std::vector<std::string> names(const std::string& path) const;
  // Every regular file below a folder, with its path below it.
  using Visit = std::function<void(const std::string& path, const struct stat& status)>;
  void walk(const std::string& path, const Visit& visit) const;

  [[nodiscard]] bool deleted() const; // it has no name any more
  [[nodiscard]] std::uint64_t free_space() const;

private:
  Fd fd_;
};

} // namespace triad::cache
