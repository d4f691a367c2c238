// SPDX-License-Identifier: LGPL-2.1-or-later
// Origins, redirects and credentials. Two lines: a URL, and a Location that it answers with.
#include "server/url.h"
#include "fuzz/require.h"

#include <cstdint>
#include <string>

using namespace triad;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const std::size_t line = text.find('\n');
  const std::string url = text.substr(0, line);
  const std::string location = line == text.npos ? "" : text.substr(line + 1);

  const auto origin = url_origin(url);
  if (origin) {
    FUZZ_REQUIRE(origin->scheme == "http" || origin->scheme == "https");
    FUZZ_REQUIRE(!origin->host.empty());
    FUZZ_REQUIRE(url_origin(without_credentials(url)) == origin);
  }
  if (const auto next = resolve_url(url, location)) {
    FUZZ_REQUIRE(origin.has_value());
    FUZZ_REQUIRE(url_origin(*next).has_value());
    FUZZ_REQUIRE(next->find('#') == next->npos);
  }
  // What is added goes to nobody else, and changes nobody's origin.
  const std::string own = "https://user:password@music.example.org/a.torrent?token=1";
  const std::string told = with_credentials(url, own);
  if (origin != url_origin(own))
    FUZZ_REQUIRE(told == url);
  else
    FUZZ_REQUIRE(url_origin(told) == origin);
  return 0;
}
