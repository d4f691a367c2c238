// SPDX-License-Identifier: LGPL-2.1-or-later
#include "kit/releases.h"

#include "kit/temporary_folder.h"

#include "release/metainfo.h"

#include <libtorrent/bencode.hpp>
#include <libtorrent/create_torrent.hpp>
#include <libtorrent/entry.hpp>
#include <libtorrent/file_storage.hpp>
#include <libtorrent/hasher.hpp>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <random>
#include <stdexcept>

namespace triad::kit {

namespace {

lt::entry info_by_libtorrent(const ReleaseSpec& spec) {
  lt::file_storage storage;
  for (const auto& [path, content] : spec.files)
    storage.add_file(spec.single_file ? path : spec.name + "/" + path,
                     static_cast<std::int64_t>(content.size()));
  lt::create_flags_t flags{};
  if (spec.format == Format::v1)
    flags |= lt::create_torrent::v1_only;
  if (spec.format == Format::v2)
    flags |= lt::create_torrent::v2_only;
  if (spec.pads || spec.format != Format::v1)
    flags |= spec.tail_pad ? lt::create_torrent::canonical_files
                           : lt::create_torrent::canonical_files_no_tail_padding;
  lt::create_torrent maker(storage, static_cast<int>(spec.piece_length), flags);
  maker.set_creation_date(0);
  maker.set_priv(spec.is_private);
  const TemporaryFolder folder;
  write_files(spec, folder.path());
  lt::set_piece_hashes(maker, folder.path().string());
  return maker.generate();
}

// v1 with a piece length that libtorrent would not make.
lt::entry info_by_hand(const ReleaseSpec& spec) {
  lt::entry metainfo;
  lt::entry& info = metainfo["info"];
  info["name"] = spec.name;
  info["piece length"] = std::int64_t{spec.piece_length};
  std::string whole;
  for (const auto& [path, content] : spec.files) {
    whole += to_text(content);
    if (spec.single_file) {
      info["length"] = static_cast<std::int64_t>(content.size());
      continue;
    }
    lt::entry file;
    file["length"] = static_cast<std::int64_t>(content.size());
    for (const auto& element : std::filesystem::path(path))
      file["path"].list().emplace_back(element.string());
    info["files"].list().push_back(std::move(file));
  }
  std::string pieces;
  for (std::size_t at = 0; at < whole.size(); at += spec.piece_length) {
    const std::size_t size = std::min<std::size_t>(spec.piece_length, whole.size() - at);
    const lt::span<const char> piece(whole.data() + at, static_cast<std::ptrdiff_t>(size));
    pieces += lt::hasher(piece).final().to_string();
  }
  info["pieces"] = pieces;
  return metainfo;
}

} // namespace

Content make_metainfo(const ReleaseSpec& spec) {
  const bool odd = spec.piece_length % (16 * 1024) != 0;
  if (odd && (spec.format != Format::v1 || spec.pads))
    throw std::invalid_argument("only plain v1 takes this piece length");
  lt::entry metainfo = odd ? info_by_hand(spec) : info_by_libtorrent(spec);
  if (spec.web_seeds.size() == 1)
    metainfo["url-list"] = spec.web_seeds.front();
  else
    for (const std::string& url : spec.web_seeds)
      metainfo["url-list"].list().emplace_back(url);
  if (!spec.trackers.empty()) {
    metainfo["announce"] = spec.trackers.front().front();
    for (const auto& tier : spec.trackers) {
      lt::entry::list_type urls(tier.begin(), tier.end());
      metainfo["announce-list"].list().emplace_back(std::move(urls));
    }
  }
  for (const auto& [path, duration] : spec.durations)
    metainfo["triad"]["durations"][path] = std::int64_t{duration.count()};
  std::string encoded;
  lt::bencode(std::back_inserter(encoded), metainfo);
  return to_content(encoded);
}

ReleasePtr make_release(const ReleaseSpec& spec) {
  auto release = parse_metainfo(make_metainfo(spec));
  if (!release)
    throw std::runtime_error(release.error().message);
  return *release;
}

Content random_content(std::uint64_t seed, std::size_t size) {
  std::mt19937_64 random(seed);
  Content content(size);
  for (std::byte& byte : content)
    byte = static_cast<std::byte>(random());
  return content;
}

Contents small_album(std::uint64_t seed) {
  return {
      {"01 Moss.ogg", random_content(seed * 100 + 1, 70'000)},
      {"02 Ice.ogg", random_content(seed * 100 + 2, 16 * 1024)},
      {"03 Tide.ogg", random_content(seed * 100 + 3, 5'000)},
      {"art/cover.jpg", random_content(seed * 100 + 4, 40'000)},
      {"art/empty.txt", {}},
  };
}

void write_files(const ReleaseSpec& spec, const std::filesystem::path& folder) {
  for (const auto& [path, content] : spec.files) {
    const std::filesystem::path target =
        spec.single_file ? folder / spec.name : folder / spec.name / path;
    std::filesystem::create_directories(target.parent_path());
    std::ofstream out(target, std::ios::binary);
    out.write(reinterpret_cast<const char*>(content.data()),
              static_cast<std::streamsize>(content.size()));
    if (!out.flush())
      throw std::runtime_error("can't write " + target.string());
  }
}

Contents read_folder(const std::filesystem::path& folder) {
  Contents files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file())
      continue;
    std::ifstream in(entry.path(), std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    files[std::filesystem::relative(entry.path(), folder).generic_string()] = to_content(text);
  }
  return files;
}

Content cut(const Release& release, const Contents& files, ByteRange release_range) {
  Content bytes(static_cast<std::size_t>(release_range.size()));
  for (const FileSegment& segment : release.segments(release_range)) {
    const ReleaseFile& file = release.file(segment.file);
    if (file.pad)
      continue;
    const Content& content = files.at(file.path);
    std::copy_n(content.begin() + static_cast<std::ptrdiff_t>(segment.range.begin),
                segment.range.size(),
                bytes.begin() + static_cast<std::ptrdiff_t>(segment.offset_in_span));
  }
  return bytes;
}

Content piece_content(const Release& release, const Contents& files, PieceIndex piece) {
  return cut(release, files, release.piece_range(piece));
}

Content to_content(std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

std::string to_text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

} // namespace triad::kit
