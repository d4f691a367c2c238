// SPDX-License-Identifier: LGPL-2.1-or-later
#include "node/metainfo_file.h"

#include "release/metainfo.h"

#include <fstream>
#include <system_error>

namespace triad {

Result<std::vector<std::byte>> read_metainfo_file(const std::filesystem::path& path) {
  std::error_code problem;
  const auto size = std::filesystem::file_size(path, problem);
  if (problem)
    return Error{ErrorCode::not_found,
                 "There is no metainfo file " + path.string() + " (" + problem.message() + ").",
                 {}};
  if (size > max_metainfo_size)
    return Error{
        ErrorCode::bad_metainfo, "The metainfo file " + path.string() + " is too large.", {}};
  std::vector<std::byte> bytes(size);
  std::ifstream file(path, std::ios::binary);
  file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(size));
  if (!file)
    return Error{ErrorCode::io, "The metainfo file " + path.string() + " can't be read.", {}};
  return bytes;
}

} // namespace triad
