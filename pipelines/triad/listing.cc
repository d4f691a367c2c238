// SPDX-License-Identifier: LGPL-2.1-or-later
#include "listing.h"

#include "release/metainfo.h"
#include "release/names.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <numeric>
#include <optional>
#include <system_error>

namespace triad::tool {
namespace {

namespace fs = std::filesystem;

Error io_error(const fs::path& path, const std::string& reason) {
  return {ErrorCode::io, triad::quoted(path.string()) + " can't be read: " + reason, {}};
}

Status check_name(const std::string& name, const std::string& path) {
  const std::string_view fault = why_bad_name(name);
  return fault.empty() ? ok()
                       : Status(Error{ErrorCode::bad_metainfo,
                                      "the name " + triad::quoted(path) + ' ' + std::string(fault) +
                                          "; rename it",
                                      {}});
}

std::optional<ListedFile> look_at(const fs::path& file, std::string path, std::string location) {
  struct stat info {};
  if (stat(file.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) {
    return std::nullopt;
  }
  return ListedFile{std::move(path), std::move(location), static_cast<std::uint64_t>(info.st_size),
                    std::int64_t{info.st_mtim.tv_sec} * 1'000'000'000 + info.st_mtim.tv_nsec};
}

bool is_beneath(const fs::path& path, const fs::path& folder) {
  const auto [at, unused] = std::mismatch(folder.begin(), folder.end(), path.begin(), path.end());
  return at == folder.end();
}

class Walk {
public:
  explicit Walk(Listing& listing) : listing_(listing) {}

  Status folder(const fs::path& real, const std::string& prefix) {
    std::error_code code;
    fs::directory_iterator entries(real, code);
    if (code) {
      return io_error(real, code.message());
    }
    above_.push_back(real);
    for (; entries != fs::directory_iterator(); entries.increment(code)) {
      if (Status status = entry(*entries, prefix); !status) {
        return status;
      }
    }
    above_.pop_back();
    return code ? Status(io_error(real, code.message())) : ok();
  }

private:
  Status entry(const fs::directory_entry& entry, const std::string& prefix) {
    const std::string name = entry.path().filename().string();
    const std::string path = prefix + name;
    if (name.front() == '.') {
      return ok();
    }
    std::error_code code;
    const fs::path real = fs::canonical(entry.path(), code);
    if (code) {
      return skip(path, entry.is_symlink() ? "a symbolic link that leads nowhere" : code.message());
    }
    if (!is_beneath(real, listing_.root)) {
      return skip(path, "a symbolic link that leaves the folder");
    }
    if (Status good = check_name(name, path); !good) {
      return good;
    }
    if (fs::is_directory(real, code)) {
      // A link to a folder above would never end.
      if (std::find(above_.begin(), above_.end(), real) != above_.end()) {
        return skip(path, "a symbolic link to a folder that it is in");
      }
      return folder(real, path + '/');
    }
    // What was published beside a single file in here would change the folder.
    if (name.ends_with(".torrent")) {
      return skip(path, "metainfo is no part of a release");
    }
    auto file = look_at(real, path, real.lexically_relative(listing_.root).string());
    if (!file) {
      return skip(path, "not a regular file");
    }
    if (listing_.files.size() >= max_files) {
      return Error{ErrorCode::bad_metainfo,
                   triad::quoted(listing_.source.string()) + " holds more than " +
                       std::to_string(max_files) + " files; publish its folders one by one",
                   {}};
    }
    listing_.files.push_back(std::move(*file));
    return ok();
  }

  Status skip(const std::string& path, const std::string& reason) {
    listing_.skipped.push_back(triad::quoted(path) + " is left out: " + reason);
    return ok();
  }

  Listing& listing_;
  std::vector<fs::path> above_; // real folders from the root to here
};

} // namespace

fs::path Listing::metainfo_path() const {
  return source.parent_path() / (name + ".torrent");
}

std::uint64_t Listing::size() const {
  return std::accumulate(files.begin(), files.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const ListedFile& file) { return sum + file.size; });
}

const ListedFile* Listing::find(const std::string& path) const {
  const auto at = std::lower_bound(
      files.begin(), files.end(), path,
      [](const ListedFile& file, const std::string& wanted) { return file.path < wanted; });
  return at == files.end() || at->path != path ? nullptr : &*at;
}

Result<Listing> list_source(const fs::path& source) {
  std::error_code code;
  const fs::path real = fs::canonical(source, code);
  if (code) {
    return io_error(source, code.message());
  }
  Listing listing;
  listing.source = fs::absolute(source, code).lexically_normal();
  if (!listing.source.has_filename()) { // "folder/"
    listing.source = listing.source.parent_path();
  }
  if (!fs::is_directory(real, code)) {
    listing.single_file = true;
  } else if (real == real.root_path()) {
    return Error{ErrorCode::settings, "the root folder has no name to publish it by", {}};
  }
  listing.name = listing.source.filename().string();
  if (Status good = check_name(listing.name, listing.name); !good) {
    return good.error();
  }
  if (listing.single_file) {
    listing.root = real.parent_path();
    auto file = look_at(real, listing.name, real.filename().string());
    if (!file) {
      return io_error(source, "it is neither a folder nor a regular file");
    }
    listing.files.push_back(std::move(*file));
    return listing;
  }
  listing.root = real;
  if (Status status = Walk(listing).folder(real, ""); !status) {
    return status.error();
  }
  std::sort(listing.files.begin(), listing.files.end(),
            [](const ListedFile& a, const ListedFile& b) { return a.path < b.path; });
  return listing;
}

FileHandle& FileHandle::operator=(FileHandle&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

FileHandle::~FileHandle() {
  if (fd_ >= 0) {
    close(fd_);
  }
}

FileHandle open_folder(const fs::path& folder) {
  return FileHandle(open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
}

FileHandle open_beneath(int folder, const std::string& location) {
  // Element by element, so that no link is followed on the way either.
  FileHandle within;
  std::size_t begin = 0;
  for (std::size_t slash; (slash = location.find('/', begin)) != std::string::npos;
       begin = slash + 1) {
    within = FileHandle(openat(within ? within.get() : folder,
                               location.substr(begin, slash - begin).c_str(),
                               O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!within) {
      return within;
    }
  }
  // O_NONBLOCK: a file that was replaced by a named pipe must not hang us.
  FileHandle file(openat(within ? within.get() : folder, location.substr(begin).c_str(),
                         O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat info {};
  if (file && (fstat(file.get(), &info) != 0 || !S_ISREG(info.st_mode))) {
    errno = EACCES;
    return FileHandle();
  }
  return file;
}

} // namespace triad::tool
