// SPDX-License-Identifier: LGPL-2.1-or-later
#include "whole_file.h"

#include "listing.h"
#include "release/names.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace triad::tool {
namespace {

Error error_of(const std::filesystem::path& file, const char* what, int number) {
  const ErrorCode code = number == ENOENT   ? ErrorCode::not_found
                         : number == ENOSPC ? ErrorCode::no_space
                                            : ErrorCode::io;
  return {
      code, triad::quoted(file.string()) + " can't be " + what + ": " + std::strerror(number), {}};
}

bool write_fully(int fd, Bytes bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno != EINTR) {
      return false;
    }
    bytes = bytes.subspan(static_cast<std::size_t>(std::max<ssize_t>(written, 0)));
  }
  return true;
}

} // namespace

Result<std::vector<std::byte>> read_file(const std::filesystem::path& file,
                                         std::uint64_t max_size) {
  const FileHandle handle(open(file.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat info {};
  if (!handle || fstat(handle.get(), &info) != 0) {
    return error_of(file, "read", errno);
  }
  if (!S_ISREG(info.st_mode)) {
    return error_of(file, "read", S_ISDIR(info.st_mode) ? EISDIR : EINVAL);
  }
  if (static_cast<std::uint64_t>(info.st_size) > max_size) {
    return error_of(file, "read", EFBIG);
  }
  std::vector<std::byte> bytes(static_cast<std::size_t>(info.st_size));
  std::size_t size = 0;
  while (size < bytes.size()) {
    const ssize_t got = read(handle.get(), bytes.data() + size, bytes.size() - size);
    if (got < 0 && errno != EINTR) {
      return error_of(file, "read", errno);
    }
    if (got == 0) {
      break;
    }
    size += static_cast<std::size_t>(std::max<ssize_t>(got, 0));
  }
  bytes.resize(size);
  return bytes;
}

Status write_by_rename(const std::filesystem::path& file, Bytes bytes) {
  // A dot file, so that nobody takes it for a finished one.
  const std::filesystem::path part = file.parent_path() / ("." + file.filename().string() + "." +
                                                           std::to_string(getpid()) + ".part");
  const FileHandle handle(open(part.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
  if (!handle) {
    return error_of(file, "written", errno);
  }
  if (!write_fully(handle.get(), bytes) || fsync(handle.get()) != 0 ||
      rename(part.c_str(), file.c_str()) != 0) {
    const int number = errno;
    unlink(part.c_str());
    return error_of(file, "written", number);
  }
  return ok();
}

} // namespace triad::tool
