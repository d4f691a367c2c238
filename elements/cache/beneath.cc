// SPDX-License-Identifier: LGPL-2.1-or-later
// Opening, making and removing beneath a folder.
#include "cache/beneath.h"

#include <array>
#include <atomic>
#include <cerrno>
#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string_view>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace triad::cache {
namespace {

constexpr int max_levels = 64;
constexpr int common_flags = O_CLOEXEC | O_NOCTTY | O_NONBLOCK;

// Calls `step` with each element of a relative path and whether it is the last; stops when `step`
// is false. Refuses what could lead elsewhere.
template <typename Step>
bool each_element(std::string_view path, Step step) {
  int levels = 0;
  while (true) {
    const std::size_t slash = path.find('/');
    const std::string element(path.substr(0, slash));
    if (element.empty() || element == "." || element == ".." || ++levels > max_levels ||
        element.find('\0') != std::string::npos)
      return errno = EINVAL, false;
    if (!step(element, slash == std::string_view::npos))
      return false;
    if (slash == std::string_view::npos)
      return true;
    path.remove_prefix(slash + 1);
  }
}

// Where the kernel or a sandbox has no openat2, or the path is too long for one call.
Fd open_by_elements(int folder, const std::string& path, int flags, mode_t mode) {
  Fd at;
  const bool whole = each_element(path, [&](const std::string& element, bool last) {
    const int from = at ? at.get() : folder;
    Fd next(last ? openat(from, element.c_str(), flags | O_NOFOLLOW, mode)
                 : openat(from, element.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    const int error = errno;
    at = std::move(next);
    errno = error;
    return static_cast<bool>(at);
  });
  return whole ? std::move(at) : Fd();
}

Fd open_beneath(int folder, const std::string& path, int flags, mode_t mode, Links links) {
  // Also keeps `..` out of the way that has no RESOLVE_BENEATH.
  if (!each_element(path, [](const std::string&, bool) { return true; }))
    return Fd();
  struct open_how how = {};
  how.flags = static_cast<std::uint64_t>(flags);
  how.mode = (flags & O_CREAT) != 0 ? mode : 0;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  if (links == Links::refused)
    how.resolve |= RESOLVE_NO_SYMLINKS;
  const long fd = syscall(SYS_openat2, folder, path.c_str(), &how, sizeof how);
  if (fd < 0 && (errno == ENOSYS || errno == EPERM || errno == ENAMETOOLONG))
    return open_by_elements(folder, path, flags, mode);
  return Fd(static_cast<int>(fd));
}

// Splits off the last element; the parent is empty for a path of one element.
std::pair<std::string, std::string> split(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos)
    return {"", path};
  return {path.substr(0, slash), path.substr(slash + 1)};
}

} // namespace

Fd::~Fd() {
  if (fd_ >= 0)
    close(fd_);
}

std::shared_ptr<const Folder> Folder::open(const std::filesystem::path& path) {
  Fd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return fd ? std::make_shared<const Folder>(std::move(fd)) : nullptr;
}

std::shared_ptr<const Folder> Folder::create(const std::filesystem::path& path) {
  if (auto folder = open(path))
    return folder;
  std::filesystem::path made;
  int why = 0; // a folder in a read-only one can still have a writable one below it
  for (const auto& element : path) {
    made /= element;
    if (mkdir(made.c_str(), 0700) != 0 && errno != EEXIST) {
      why = errno;
      if (why != EROFS && why != EACCES)
        return nullptr;
    }
  }
  auto folder = open(path);
  if (!folder && errno == ENOENT && why != 0)
    errno = why;
  return folder;
}

Fd Folder::open_file(const std::string& path, int flags, Links links) const {
  Fd fd = open_beneath(fd_.get(), path, flags | common_flags, 0666, links);
  struct stat status = {};
  if (!fd || fstat(fd.get(), &status) != 0)
    return Fd();
  if (!S_ISREG(status.st_mode))
    return errno = EINVAL, Fd();
  return fd;
}

Fd Folder::open_folder(const std::string& path) const {
  if (path.empty())
    return Fd(openat(fd_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return open_beneath(fd_.get(), path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0, Links::refused);
}

bool Folder::status(const std::string& path, struct stat& out) const {
  const Fd fd = open_beneath(fd_.get(), path, O_PATH | O_CLOEXEC, 0, Links::refused);
  return fd && fstat(fd.get(), &out) == 0;
}

bool Folder::make_parents(const std::string& path) const {
  Fd at;
  return each_element(path, [&](const std::string& element, bool last) {
    if (last)
      return true;
    const int from = at ? at.get() : fd_.get();
    if (mkdirat(from, element.c_str(), 0777) != 0 && errno != EEXIST)
      return false;
    Fd next(openat(from, element.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    at = std::move(next);
    return static_cast<bool>(at);
  });
}

bool Folder::write_whole(const std::string& path, Bytes bytes) const {
  static std::atomic<unsigned> counter = 0;
  const std::string temporary =
      "tmp/" + std::to_string(getpid()) + "-" + std::to_string(counter.fetch_add(1));
  if (!make_parents(temporary))
    return false;
  {
    const Fd fd = open_file(temporary, O_WRONLY | O_CREAT | O_TRUNC);
    if (!fd || fchmod(fd.get(), 0600) != 0)
      return false;
    while (!bytes.empty()) {
      const ssize_t n = write(fd.get(), bytes.data(), bytes.size());
      if (n < 0) {
        const int error = errno;
        remove(temporary);
        return errno = error, false;
      }
      bytes = bytes.subspan(static_cast<std::size_t>(n));
    }
  }
  const auto [parent, name] = split(path);
  // The evictor of another process may remove the folder once it has become empty: make it again.
  for (int attempt = 0; attempt < 4; ++attempt) {
    const Fd to = make_parents(path) ? open_folder(parent) : Fd();
    if (to && renameat(fd_.get(), temporary.c_str(), to.get(), name.c_str()) == 0)
      return true;
    if (errno != ENOENT)
      break;
  }
  const int error = errno;
  remove(temporary);
  return errno = error, false;
}

std::optional<std::vector<std::byte>> Folder::read_whole(const std::string& path,
                                                         std::size_t limit) const {
  const Fd fd = open_file(path, O_RDONLY);
  struct stat status = {};
  if (!fd || fstat(fd.get(), &status) != 0 || static_cast<std::uint64_t>(status.st_size) > limit)
    return {};
  std::vector<std::byte> bytes(static_cast<std::size_t>(status.st_size));
  std::size_t at = 0;
  while (at < bytes.size()) {
    const ssize_t n = pread(fd.get(), bytes.data() + at, bytes.size() - at, static_cast<off_t>(at));
    if (n <= 0)
      return {};
    at += static_cast<std::size_t>(n);
  }
  return bytes;
}

bool Folder::remove(const std::string& path) const {
  const auto [parent, name] = split(path);
  const Fd from = open_folder(parent);
  return from && unlinkat(from.get(), name.c_str(), 0) == 0;
}

void Folder::remove_empty_parents(const std::string& path, int keep) const {
  std::string at = split(path).first;
  while (!at.empty()) {
    const auto [parent, name] = split(at);
    if (std::count(at.begin(), at.end(), '/') < keep)
      return;
    const Fd from = open_folder(parent);
    if (!from || unlinkat(from.get(), name.c_str(), AT_REMOVEDIR) != 0)
      return;
    at = parent;
  }
}

std::vector<std::string> Folder::names(const std::string& path) const {
  std::vector<std::string> names;
  Fd fd = open_folder(path);
  if (!fd)
    return names;
  // fdopendir() takes the descriptor over.
  const int own = fcntl(fd.get(), F_DUPFD_CLOEXEC, 0);
  std::unique_ptr<DIR, int (*)(DIR*)> folder(own < 0 ? nullptr : fdopendir(own), closedir);
  if (!folder)
    return names;
  while (const dirent* entry = readdir(folder.get())) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..")
      names.emplace_back(name);
  }
  return names;
}

void Folder::walk(const std::string& path, const Visit& visit) const {
  struct Level {
    std::string path;
    int depth;
  };
  std::vector<Level> open = {{"", 0}};
  while (!open.empty()) {
    const Level level = std::move(open.back());
    open.pop_back();
    const std::string here =
        path.empty() || level.path.empty() ? path + level.path : path + "/" + level.path;
    const Fd fd = open_folder(here);
    if (!fd)
      continue;
    for (const std::string& name : names(here)) {
      struct stat status = {};
      if (fstatat(fd.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0)
        continue;
      const std::string below = level.path.empty() ? name : level.path + "/" + name;
      if (S_ISREG(status.st_mode))
        visit(below, status);
      else if (S_ISDIR(status.st_mode) && level.depth < max_levels)
        open.push_back({below, level.depth + 1});
    }
  }
}

bool Folder::deleted() const {
  struct stat status = {};
  return fstat(fd_.get(), &status) != 0 || status.st_nlink == 0;
}

std::uint64_t Folder::free_space() const {
  struct statvfs status = {};
  if (fstatvfs(fd_.get(), &status) != 0)
    return 0;
  return static_cast<std::uint64_t>(status.f_bavail) * status.f_frsize;
}

} // namespace triad::cache
