// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tracker/server/text_file.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

namespace triad::tracker {

Result<std::string> read_text_file(const std::string& path) {
  constexpr std::size_t most = 64 * 1024 * 1024;
  const auto failed = [&](const char* reason) {
    return Error{ErrorCode::io, path + " can't be read: " + reason, {}};
  };
  const std::unique_ptr<FILE, int (*)(FILE*)> file(std::fopen(path.c_str(), "rbe"), &std::fclose);
  if (!file) {
    return failed(std::strerror(errno));
  }
  std::string text;
  char part[16 * 1024];
  while (const std::size_t got = std::fread(part, 1, sizeof part, file.get())) {
    text.append(part, got);
    if (text.size() > most) {
      return failed("it is too long");
    }
  }
  if (std::ferror(file.get()) != 0) {
    return failed(std::strerror(errno));
  }
  return text;
}

} // namespace triad::tracker
