// SPDX-License-Identifier: LGPL-2.1-or-later
#include "node/library.h"

#include "node/metainfo_file.h"
#include "release/metainfo.h"

#include <algorithm>
#include <set>
#include <system_error>

namespace triad {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> metainfo_files(const fs::path& folder, std::error_code& problem) {
  std::vector<fs::path> found;
  fs::recursive_directory_iterator each(folder, fs::directory_options::skip_permission_denied,
                                        problem);
  while (!problem && each != fs::recursive_directory_iterator()) {
    std::error_code odd; // a file that vanished meanwhile is no trouble
    if (each->path().extension() == ".torrent" && each->is_regular_file(odd))
      found.push_back(each->path());
    if (each.depth() >= max_library_depth)
      each.disable_recursion_pending();
    each.increment(odd);
    if (odd)
      break;
  }
  std::sort(found.begin(), found.end());
  return found;
}

Result<LibraryRelease> look(const fs::path& path) {
  auto bytes = read_metainfo_file(path);
  if (!bytes)
    return bytes.error();
  auto release = parse_metainfo(*bytes);
  if (!release)
    return unusable_metainfo(path.string(), release.error());
  std::error_code problem;
  if (!fs::exists(path.parent_path() / (*release)->name(), problem))
    return Error{ErrorCode::not_found,
                 path.string() + ": there is no \"" + (*release)->name() + "\" beside it",
                 {}};
  return LibraryRelease{std::move(*release), std::move(*bytes), path.parent_path()};
}

} // namespace

Result<std::vector<LibraryRelease>>
find_in_library(const fs::path& folder, const std::function<void(const std::string&)>& skipped) {
  std::error_code problem;
  if (!fs::is_directory(folder, problem))
    return Error{ErrorCode::not_found, "There is no folder " + folder.string(), problem.message()};
  const auto files = metainfo_files(folder, problem);
  if (problem)
    return Error{ErrorCode::io, "The folder " + folder.string() + " can't be read",
                 problem.message()};
  std::vector<LibraryRelease> releases;
  std::set<Sha1> seen;
  for (const fs::path& path : files) {
    auto found = look(path);
    if (!found)
      skipped(found.error().message);
    else if (seen.insert(found->release->id()).second)
      releases.push_back(std::move(*found));
  }
  return releases;
}

} // namespace triad
