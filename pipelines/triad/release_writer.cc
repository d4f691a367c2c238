// SPDX-License-Identifier: LGPL-2.1-or-later
#include "release_writer.h"

#include "release/merkle.h"
#include "release/names.h"
#include "release/units.h"

#include <libtorrent/bdecode.hpp>
#include <libtorrent/bencode.hpp>
#include <libtorrent/create_torrent.hpp>
#include <libtorrent/entry.hpp>
#include <libtorrent/file_storage.hpp>

#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <iterator>
#include <system_error>

namespace triad::tool {
namespace {

namespace lt = libtorrent;

constexpr char creator[] = "triad " TRIAD_VERSION;

lt::sha1_hash to_lt(const Sha1& hash) {
  return lt::sha1_hash(reinterpret_cast<const char*>(hash.data()));
}

lt::sha256_hash to_lt(const Sha256& hash) {
  return lt::sha256_hash(reinterpret_cast<const char*>(hash.data()));
}

// Reads exactly out.size() bytes, or says why not.
Status read_fully(int fd, std::span<std::byte> out, const ListedFile& file) {
  while (!out.empty()) {
    const ssize_t got = read(fd, out.data(), out.size());
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got < 0) {
      return Error{
          ErrorCode::io, triad::quoted(file.path) + " can't be read: " + std::strerror(errno), {}};
    }
    if (got == 0) {
      return Error{
          ErrorCode::io, triad::quoted(file.path) + " became shorter while it was published", {}};
    }
    out = out.subspan(static_cast<std::size_t>(got));
  }
  return ok();
}

class Hasher {
public:
  Hasher(const Listing& listing, const WriterOptions& options, lt::create_torrent& torrent)
      : listing_(listing),
        options_(options),
        torrent_(torrent),
        total_(listing.size()),
        piece_(static_cast<std::size_t>(torrent.piece_length())) {}

  Status run() {
    const FileHandle folder = open_folder(listing_.root);
    if (!folder) {
      return Error{
          ErrorCode::io, triad::quoted(listing_.root.string()) + ": " + std::strerror(errno), {}};
    }
    for (const lt::file_index_t index : torrent_.file_range()) {
      const lt::file_storage& files = torrent_.files();
      if (files.pad_file_at(index) || files.file_size(index) == 0) {
        continue;
      }
      if (Status status = hash_file(folder.get(), index); !status) {
        return status;
      }
    }
    return ok();
  }

private:
  // The path of a file in libtorrent's list begins with the release's name.
  const ListedFile& listed(lt::file_index_t index) const {
    return listing_.single_file
               ? listing_.files.front()
               : *listing_.find(torrent_.files().file_path(index).substr(listing_.name.size() + 1));
  }

  Status hash_file(int folder, lt::file_index_t index) {
    const ListedFile& file = listed(index);
    const FileHandle handle = open_beneath(folder, file.location);
    if (!handle) {
      return Error{
          ErrorCode::io, triad::quoted(file.path) + " can't be read: " + std::strerror(errno), {}};
    }
    const auto piece_length = static_cast<std::uint64_t>(torrent_.piece_length());
    const auto first = static_cast<int>(
        static_cast<std::uint64_t>(torrent_.files().file_offset(index)) / piece_length);
    for (int piece = 0; static_cast<std::uint64_t>(piece) * piece_length < file.size; ++piece) {
      const std::uint64_t left = file.size - static_cast<std::uint64_t>(piece) * piece_length;
      const std::span<std::byte> data(piece_.data(), std::min(left, piece_length));
      if (Status status = read_fully(handle.get(), data, file); !status) {
        return status;
      }
      // What follows the file in its last piece is a pad: zeros, to v1.
      std::fill(piece_.begin() + static_cast<std::ptrdiff_t>(data.size()), piece_.end(),
                std::byte{});
      const lt::piece_index_t v1(first + piece);
      const auto size = static_cast<std::size_t>(torrent_.piece_size(v1));
      torrent_.set_hash(v1, to_lt(sha1(Bytes(piece_.data(), size))));
      const std::size_t blocks = (std::min(file.size, piece_length) + block_size - 1) / block_size;
      torrent_.set_hash2(index, lt::piece_index_t::diff_type(piece),
                         to_lt(merkle_root_of(data, std::bit_ceil(blocks))));
      done_ += data.size();
      if (options_.progress) {
        options_.progress(done_, total_);
      }
    }
    return ok();
  }

  const Listing& listing_;
  const WriterOptions& options_;
  lt::create_torrent& torrent_;
  std::uint64_t total_;
  std::uint64_t done_ = 0;
  std::vector<std::byte> piece_;
};

Metainfo to_bytes(const std::string& text) {
  const Bytes bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

std::string_view to_text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// A top-level dictionary's pairs, each value as the bytes that it is written in.
Result<std::map<std::string, std::string>> top_level(Bytes metainfo) {
  lt::error_code code;
  const std::string_view text = to_text(metainfo);
  const lt::bdecode_node root =
      lt::bdecode({text.data(), static_cast<std::ptrdiff_t>(text.size())}, code);
  if (code || root.type() != lt::bdecode_node::dict_t) {
    return Error{ErrorCode::bad_metainfo, "the metainfo is malformed", code.message()};
  }
  std::map<std::string, std::string> pairs;
  for (int i = 0; i < root.dict_size(); ++i) {
    const auto [key, value] = root.dict_at(i);
    const auto section = value.data_section();
    pairs.emplace(std::string(key),
                  std::string(section.data(), static_cast<std::size_t>(section.size())));
  }
  return pairs;
}

// Bencodes the pairs; the info dictionary's bytes, and so its hash, stay as they are.
Metainfo join(const std::map<std::string, std::string>& pairs) {
  std::string text = "d";
  for (const auto& [key, value] : pairs) {
    text += std::to_string(key.size()) + ':' + key + value;
  }
  return to_bytes(text + 'e');
}

} // namespace

std::uint32_t piece_length_for(std::uint64_t total) {
  const double ideal = std::sqrt(52.0 * static_cast<double>(total));
  const int exponent = static_cast<int>(std::lround(std::log2(std::max(ideal, 1.0))));
  return 1u << std::clamp(exponent, 14, 27);
}

Result<Metainfo> write_metainfo(const Listing& listing, const WriterOptions& options) {
  if (listing.size() == 0) {
    return Error{ErrorCode::bad_metainfo,
                 triad::quoted(listing.source.string()) + " holds nothing to publish",
                 {}};
  }
  try {
    lt::file_storage files;
    for (const ListedFile& file : listing.files) {
      files.add_file(listing.single_file ? file.path : listing.name + '/' + file.path,
                     static_cast<std::int64_t>(file.size));
    }
    lt::create_torrent torrent(files, static_cast<int>(piece_length_for(listing.size())),
                               lt::create_torrent::canonical_files_no_tail_padding);
    torrent.set_creator(creator);
    torrent.set_creation_date(0);
    for (const std::string& url : options.web_seeds) {
      torrent.add_url_seed(url);
    }
    for (std::size_t tier = 0; tier < options.trackers.size(); ++tier) {
      for (const std::string& url : options.trackers[tier]) {
        torrent.add_tracker(url, static_cast<int>(tier));
      }
    }
    if (Status status = Hasher(listing, options, torrent).run(); !status) {
      return status.error();
    }
    std::string text;
    lt::bencode(std::back_inserter(text), torrent.generate());
    return to_bytes(text);
  } catch (const std::system_error& error) {
    return Error{ErrorCode::bad_metainfo,
                 triad::quoted(listing.source.string()) + " can't be published: " + error.what(),
                 {}};
  }
}

Result<Metainfo> with_durations(Bytes metainfo, const Durations& durations) {
  auto pairs = top_level(metainfo);
  if (!pairs) {
    return pairs.error();
  }
  if (!durations.empty()) {
    lt::entry::dictionary_type listed;
    for (const auto& [path, duration] : durations) {
      const auto milliseconds = std::chrono::round<std::chrono::milliseconds>(duration).count();
      listed.emplace(path, std::max<lt::entry::integer_type>(milliseconds, 1));
    }
    lt::entry triad;
    triad["durations"] = std::move(listed);
    lt::bencode(std::back_inserter((*pairs)["triad"]), triad);
  }
  return join(*pairs);
}

Result<Metainfo> without_web_seeds(Bytes metainfo) {
  auto pairs = top_level(metainfo);
  if (!pairs) {
    return pairs.error();
  }
  pairs->erase("url-list");
  return join(*pairs);
}

Result<Metainfo> with_trackers(Bytes metainfo, const std::vector<std::vector<std::string>>& tiers) {
  auto pairs = top_level(metainfo);
  if (!pairs) {
    return pairs.error();
  }
  const auto set = [&](const char* key, const lt::entry& value) {
    std::string& text = (*pairs)[key];
    text.clear();
    lt::bencode(std::back_inserter(text), value);
  };
  lt::entry::list_type list;
  for (const std::vector<std::string>& tier : tiers) {
    list.emplace_back(lt::entry::list_type(tier.begin(), tier.end()));
  }
  set("announce", tiers.front().front());
  set("announce-list", std::move(list));
  return join(*pairs);
}

bool written_by_triad(Bytes metainfo) {
  const auto pairs = top_level(metainfo);
  if (!pairs) {
    return false;
  }
  const auto by = pairs->find("created by");
  return by != pairs->end() && by->second.find(":triad ") != std::string::npos;
}

} // namespace triad::tool
