// SPDX-License-Identifier: LGPL-2.1-or-later
#include "release/uri.h"

#include "release/http_url.h"
#include "release/magnet.h"
#include "release/names.h"

#include <algorithm>
#include <array>

namespace triad {

namespace {

constexpr std::size_t max_uri = 64 * 1024; // magnet links with many trackers are long
constexpr std::string_view extension = ".torrent";

struct Scheme {
  std::string_view name;
  std::string_view metainfo; // the scheme of the metainfo's URL
};

constexpr std::array<Scheme, 3> schemes = {
    {{"triad", "https"}, {"triad+http", "http"}, {"triad+file", "file"}}};

const Scheme* find_scheme(std::string_view name, std::string_view Scheme::*member) {
  const auto found = std::find_if(schemes.begin(), schemes.end(),
                                  [&](const Scheme& scheme) { return scheme.*member == name; });
  return found == schemes.end() ? nullptr : &*found;
}

Error bad_uri(std::string_view text, std::string_view why) {
  return {ErrorCode::bad_uri, quoted(text) + " can't be played: " + std::string(why) + '.', {}};
}

// Splits the segments of a path that follow its first '/'.
template <typename Take>
void each_segment(std::string_view path, Take take) {
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/', 1), path.size());
    take(path.substr(1, end - 1), end);
    path.remove_prefix(end);
  }
}

// Where in `path` (which starts with '/') the metainfo file's name ends; 0 if it has none.
std::size_t metainfo_end(std::string_view path) {
  std::size_t end = 0;
  std::size_t passed = 0;
  each_segment(path, [&](std::string_view segment, std::size_t length) {
    passed += length;
    if (end == 0 && percent_decode(segment).value_or(std::string()).ends_with(extension))
      end = passed;
  });
  return end;
}

// `path`: empty, or '/' and what follows the metainfo file's name.
std::string_view read_track(std::string_view path, TriadUri& uri) {
  if (path == "/")
    return {};
  std::string_view why;
  each_segment(path, [&](std::string_view segment, std::size_t) {
    const std::string element = percent_decode(segment).value_or(std::string());
    if (why.empty())
      why = why_bad_name(element);
    if (!uri.track.empty())
      uri.track += '/';
    uri.track += element;
  });
  return why;
}

bool has_control_character(std::string_view raw) {
  return std::any_of(raw.begin(), raw.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f;
  });
}

// `rest`: what follows "SCHEME://".
Result<TriadUri> read_triad(const Scheme& scheme, std::string_view rest, TriadUri uri) {
  const std::size_t query_at = std::min(rest.find('?'), rest.size());
  const std::string_view query = rest.substr(query_at);
  const std::size_t path_at = std::min(rest.find('/'), query_at);
  const std::string_view authority = rest.substr(0, path_at);
  const std::string_view path = rest.substr(path_at, query_at - path_at);

  if (scheme.metainfo == "file") {
    if (!authority.empty() && ascii_lower(authority) != "localhost")
      return bad_uri(uri.text, "a local file has no host: three slashes follow triad+file:");
    if (!query.empty())
      return bad_uri(uri.text, "a local file takes no query (write '?' in a name as %3F)");
  } else if (const std::string_view why = why_bad_authority(authority); !why.empty()) {
    return bad_uri(uri.text, why);
  }
  const std::size_t end = metainfo_end(path);
  if (end == 0)
    return bad_uri(uri.text, "no part of its path ends in .torrent");
  const std::string_view metainfo_path = path.substr(0, end);
  if (has_control_character(percent_decode(metainfo_path).value_or(std::string())))
    return bad_uri(uri.text, "the path of its metainfo holds a control character");
  if (const std::string_view why = read_track(path.substr(end), uri); !why.empty())
    return bad_uri(uri.text, "a part of its track's path " + std::string(why));

  uri.metainfo_url = std::string(scheme.metainfo) + "://";
  if (scheme.metainfo != "file")
    uri.metainfo_url += authority;
  uri.metainfo_url.append(metainfo_path).append(query);
  return uri;
}

} // namespace

Result<TriadUri> parse_uri(std::string_view text) {
  if (text.size() > max_uri)
    return bad_uri(text, "it is longer than 64 KiB");
  if (text.find('#') != std::string_view::npos)
    return bad_uri(text, "it has a fragment (write '#' in a name as %23)");
  if (!is_url_text(text))
    return bad_uri(text, "it holds a character that must be percent-encoded, or nothing");
  if (!percent_decode(text))
    return bad_uri(text, "a '%' in it is not followed by two hexadecimal digits (write '%' in a "
                         "name as %25)");
  TriadUri uri;
  uri.text = text;
  const std::size_t colon = text.find(':');
  const std::string name = ascii_lower(text.substr(0, std::min(colon, text.size())));
  const Scheme* const scheme = find_scheme(name, &Scheme::name);
  if (colon == std::string_view::npos || (!scheme && name != "magnet"))
    return bad_uri(text, "it begins with none of triad:, triad+http:, triad+file: and magnet:");
  const std::string_view rest = text.substr(colon + 1);
  if (rest == "//")
    return uri;
  if (scheme) {
    if (!rest.starts_with("//"))
      return bad_uri(text, "two slashes must follow its scheme");
    return read_triad(*scheme, rest.substr(2), std::move(uri));
  }
  if (!rest.starts_with('?'))
    return bad_uri(text, "a '?' must follow magnet:");
  if (const std::string_view why = read_magnet(rest.substr(1), uri); !why.empty())
    return bad_uri(text, why);
  return uri;
}

std::string track_uri(const TriadUri& release, std::string_view track,
                      std::uint32_t v1_file_index) {
  if (release.bare())
    return release.text;
  if (release.magnet)
    return magnet_for_file(release.text, v1_file_index);
  const std::string_view url = release.metainfo_url;
  const std::size_t colon = url.find(':');
  const std::size_t query_at = std::min(url.find('?'), url.size());
  const Scheme* const scheme = find_scheme(url.substr(0, colon), &Scheme::metainfo);
  std::string uri(scheme ? scheme->name : url.substr(0, colon));
  uri.append(url.substr(colon, query_at - colon));
  if (!track.empty())
    uri.append("/").append(encode_path(track));
  return uri.append(url.substr(query_at));
}

Result<std::string> release_uri(std::string_view metainfo_url) {
  const std::size_t colon = std::min(metainfo_url.find(':'), metainfo_url.size());
  const Scheme* const scheme =
      find_scheme(ascii_lower(metainfo_url.substr(0, colon)), &Scheme::metainfo);
  if (!scheme)
    return bad_uri(metainfo_url, "the URL of a metainfo file begins with https:, http: or file:");
  std::string text = std::string(scheme->name).append(metainfo_url.substr(colon));
  auto uri = parse_uri(text);
  if (!uri)
    return uri.error();
  if (uri->bare() || !uri->track.empty())
    return bad_uri(metainfo_url, "the URL of a metainfo file must end in .torrent");
  return text;
}

} // namespace triad
