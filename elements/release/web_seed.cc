// SPDX-License-Identifier: LGPL-2.1-or-later
#include "release/web_seed.h"

#include "release/percent.h"

#include <algorithm>

namespace triad {

namespace {

struct SplitUrl {
  std::string_view path;  // and all before it
  std::string_view query; // with its '?'
};

SplitUrl split_query(std::string_view url) {
  const std::size_t mark = std::min(url.find('?'), url.size());
  return {url.substr(0, mark), url.substr(mark)};
}

} // namespace

std::string web_seed_url(std::string_view base, const Release& release, FileIndex file) {
  const auto [path, query] = split_query(base);
  std::string url(path);
  const bool folder = !path.empty() && path.back() == '/';
  if (release.single_file()) {
    if (folder)
      url += encode_path(release.name());
  } else {
    if (!folder)
      url += '/';
    url += encode_path(release.name()) + '/' + encode_path(release.file(file).path);
  }
  return url.append(query);
}

std::string web_seed_beside(std::string_view metainfo_url) {
  const auto [path, query] = split_query(metainfo_url);
  return std::string(path.substr(0, path.rfind('/') + 1)).append(query);
}

} // namespace triad
