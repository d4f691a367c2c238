// SPDX-License-Identifier: LGPL-2.1-or-later
#include "release/metainfo.h"

#include "release/bencode_scan.h"
#include "release/http_url.h"
#include "release/info.h"
#include "release/names.h"

#include <algorithm>

namespace triad {

namespace {

using Node = lt::bdecode_node;

constexpr int max_tokens = 1'000'000; // 12 bytes of memory each
constexpr std::int64_t max_duration_ms = std::int64_t{1000} * 60 * 60 * 1000; // 1,000 hours
constexpr std::size_t max_urls = 200; // trackers, and web seeds

std::string_view text(const Node& node) {
  return {node.string_ptr(), static_cast<std::size_t>(node.string_length())};
}

// Calls `take` for a string, or for each string of a list.
template <typename Take>
void each_string(const Node& node, Take take) {
  if (!node)
    return;
  if (node.type() == Node::string_t)
    take(text(node));
  else if (node.type() == Node::list_t)
    for (int at = 0; at < node.list_size(); ++at)
      if (const Node item = node.list_at(at); item.type() == Node::string_t)
        take(text(item));
}

void read_trackers(Release::Data& data, const Node& root) {
  std::size_t count = 0;
  const auto add_tier = [&](const Node& urls) {
    std::vector<std::string> tier;
    each_string(urls, [&](std::string_view url) {
      if (is_url_text(url) && ++count <= max_urls)
        tier.emplace_back(url);
    });
    if (!tier.empty())
      data.trackers.push_back(std::move(tier));
  };
  const Node tiers = root.dict_find_list("announce-list");
  for (int at = 0; tiers && at < tiers.list_size(); ++at)
    add_tier(tiers.list_at(at));
  if (data.trackers.empty())
    add_tier(root.dict_find_string("announce"));
}

void read_web_seeds(Release::Data& data, const Node& root) {
  each_string(root.dict_find("url-list"), [&data](std::string_view url) {
    auto& seeds = data.web_seeds;
    if (is_http_url(url) && seeds.size() < max_urls &&
        std::find(seeds.begin(), seeds.end(), url) == seeds.end())
      seeds.emplace_back(url);
  });
}

Status read_durations(Release::Data& data, const Node& root) {
  const Node triad = root.dict_find_dict("triad");
  const Node durations = triad ? triad.dict_find_dict("durations") : Node();
  if (!durations)
    return ok();
  if (auto keys = check_keys(durations, "the durations"); !keys)
    return keys;
  for (int at = 0; at < durations.dict_size(); ++at) {
    const auto [key, value] = durations.dict_at(at);
    const std::string_view path(key.data(), key.size());
    if (value.type() != Node::int_t || value.int_value() < 1 || value.int_value() > max_duration_ms)
      return refused("the duration of " + quoted(path) + " is not between 1 ms and 1,000 hours");
    if (const auto index = data.find(path))
      data.files[index->value()].duration = std::chrono::milliseconds(value.int_value());
  }
  return ok();
}

// What a top-level dictionary holds besides the piece layers; of a prefix, what came so far.
Result<std::unique_ptr<Release::Data>> read_root(const Node& root, const Node& info) {
  auto read = read_info(info);
  if (!read)
    return read;
  read_trackers(**read, root);
  read_web_seeds(**read, root);
  if (auto durations = read_durations(**read, root); !durations)
    return durations.error();
  return read;
}

Node decode(Bytes bytes, lt::error_code& error) {
  const lt::span<const char> text(reinterpret_cast<const char*>(bytes.data()),
                                  static_cast<std::ptrdiff_t>(bytes.size()));
  return lt::bdecode(text, error, nullptr, max_depth, max_tokens);
}

Error undecodable(const lt::error_code& error) {
  switch (error.value()) {
  case lt::bdecode_errors::unexpected_eof:
    return refused("it is cut short");
  case lt::bdecode_errors::depth_exceeded:
    return refused("it is nested too deeply");
  case lt::bdecode_errors::limit_exceeded:
    return refused("it holds too many items");
  default:
    return refused("it is not bencoded (" + error.message() + ")");
  }
}

// What can be said of the size and the first byte: web pages are the usual impostors.
Status check_outside(Bytes bytes) {
  if (bytes.size() > max_metainfo_size)
    return refused("it is larger than 16 MiB");
  if (!bytes.empty() && bytes.front() != std::byte{'d'})
    return refused("it is no .torrent file at all");
  return ok();
}

// The bytes of the info dictionary, once it is whole; none before.
Result<Bytes> find_info(Bytes prefix) {
  const Error malformed = refused("it is not bencoded, or nested too deeply");
  std::size_t at = 1; // behind the 'd'
  for (;;) {
    Bytes raw_key;
    const Scan key_scan = skip_string(prefix, at, raw_key);
    if (key_scan == Scan::malformed)
      return malformed;
    const std::string_view key(reinterpret_cast<const char*>(raw_key.data()), raw_key.size());
    if (key_scan == Scan::cut_short || at == prefix.size())
      return Bytes();
    if (key > "info" || (key == "info" && prefix[at] != std::byte{'d'}))
      return refused("it has no info dictionary");
    const std::size_t begin = at;
    const Scan value_scan = skip_value(prefix, at);
    if (value_scan == Scan::malformed)
      return malformed;
    if (value_scan == Scan::cut_short)
      return Bytes();
    if (key == "info")
      return prefix.subspan(begin, at - begin);
  }
}

ReleasePtr share(std::unique_ptr<Release::Data> data) {
  return std::make_shared<const Release>(std::move(data));
}

} // namespace

Error unusable_metainfo(const std::string& place, const Error& error) {
  return {error.code,
          "The metainfo at " + place + " can't be used: " + error.detail +
              ". Ask its publisher for a good one.",
          error.detail};
}

Result<ReleasePtr> parse_metainfo(Bytes metainfo) {
  if (auto outside = check_outside(metainfo); !outside)
    return outside.error();
  lt::error_code error;
  const Node root = decode(metainfo, error);
  if (error)
    return undecodable(error);
  if (static_cast<std::size_t>(root.data_section().size()) != metainfo.size())
    return refused("something follows after its end");
  if (auto keys = check_keys(root, "its top level"); !keys)
    return keys.error();
  const Node info = root.dict_find_dict("info");
  if (!info)
    return refused("it has no info dictionary");
  auto data = read_root(root, info);
  if (!data)
    return data.error();
  if (auto layers = read_layers(**data, root.dict_find("piece layers")); !layers)
    return layers.error();
  return share(std::move(*data));
}

Result<std::optional<ReleasePtr>> parse_metainfo_prefix(Bytes prefix) {
  const std::optional<ReleasePtr> nothing_yet;
  if (auto outside = check_outside(prefix); !outside)
    return outside.error();
  if (prefix.empty())
    return nothing_yet;
  auto found = find_info(prefix);
  if (!found)
    return found.error();
  if (found->empty())
    return nothing_yet;
  auto release = parse_info(*found);
  if (!release)
    return release.error();
  return std::optional(std::move(*release));
}

Result<ReleasePtr> parse_info(Bytes bytes) {
  if (auto outside = check_outside(bytes); !outside)
    return outside.error();
  lt::error_code error;
  const Node info = decode(bytes, error);
  if (error)
    return undecodable(error);
  if (info.type() != Node::dict_t ||
      static_cast<std::size_t>(info.data_section().size()) != bytes.size())
    return refused("it is no dictionary, or something follows after its end");
  auto data = read_info(info);
  if (!data)
    return data.error();
  return share(std::move(*data));
}

Bytes info_dictionary(Bytes metainfo) {
  if (metainfo.empty() || !check_outside(metainfo))
    return {};
  const auto found = find_info(metainfo);
  return found ? *found : Bytes();
}

} // namespace triad
