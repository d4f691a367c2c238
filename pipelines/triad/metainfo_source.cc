// SPDX-License-Identifier: LGPL-2.1-or-later
#include "metainfo_source.h"

#include "release/metainfo.h"
#include "release/uri.h"
#include "server/http_client.h"
#include "whole_file.h"

#include <glib.h>

#include <algorithm>
#include <array>
#include <memory>

namespace triad::tool {
namespace {

Error http_error(const std::string& url, const HttpOutcome& outcome) {
  switch (outcome.failure) {
  case HttpFailure::not_found:
    return {ErrorCode::not_found, "there is no metainfo at " + url, outcome.message};
  case HttpFailure::not_authorized:
    return {ErrorCode::not_authorized, url + " may not be read without authorization",
            outcome.message};
  case HttpFailure::too_large:
    return {ErrorCode::bad_metainfo, "the metainfo at " + url + " is longer than any may be",
            outcome.message};
  default:
    return {ErrorCode::unreachable, url + " can't be fetched: " + outcome.message, {}};
  }
}

// `named`: by the user, so that it may be in the house.
Result<Metainfo> fetch(const std::string& url, bool named) {
  const std::unique_ptr<GMainLoop, decltype(&g_main_loop_unref)> loop(
      g_main_loop_new(nullptr, FALSE), &g_main_loop_unref);
  Metainfo metainfo;
  HttpOutcome result;
  HttpClient client(nullptr);
  HttpRequest request;
  request.url = url;
  request.max_bytes = max_metainfo_size;
  request.origin = {named ? url : std::string(), named};
  client.get(std::move(request),
             {[](const HttpHeaders&) {},
              [&](Bytes bytes) { metainfo.insert(metainfo.end(), bytes.begin(), bytes.end()); },
              [&](const HttpOutcome& outcome) {
                result = outcome;
                g_main_loop_quit(loop.get());
              }});
  g_main_loop_run(loop.get());
  if (result.failure != HttpFailure::none) {
    return http_error(url, result);
  }
  return metainfo;
}

} // namespace

bool is_triad_uri(const std::string& word) {
  constexpr std::array schemes = {"triad", "triad+http", "triad+file", "magnet"};
  char* scheme = g_uri_parse_scheme(word.c_str());
  const bool known = scheme && std::any_of(schemes.begin(), schemes.end(), [&](const char* each) {
                       return g_ascii_strcasecmp(scheme, each) == 0;
                     });
  g_free(scheme);
  return known;
}

Result<Metainfo> load_metainfo(const std::string& word) {
  if (!is_triad_uri(word)) {
    return read_file(word, max_metainfo_size);
  }
  const auto uri = parse_uri(word);
  if (!uri) {
    return uri.error();
  }
  if (uri->metainfo_url.empty()) {
    return Error{ErrorCode::bad_uri,
                 "'" + word + "' does not say where its metainfo is" +
                     (uri->magnet ? " (a magnet link says it with xs=)" : ""),
                 {}};
  }
  if (uri->metainfo_url.starts_with("file:")) {
    char* name = g_filename_from_uri(uri->metainfo_url.c_str(), nullptr, nullptr);
    const std::string file = name ? name : "";
    g_free(name);
    return file.empty() ? Result<Metainfo>(
                              Error{ErrorCode::bad_uri, "'" + word + "' names no local file", {}})
                        : read_file(file, max_metainfo_size);
  }
  return fetch(uri->metainfo_url, !uri->magnet);
}

} // namespace triad::tool
