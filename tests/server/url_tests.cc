// SPDX-License-Identifier: LGPL-2.1-or-later
// Whose a URL is, where redirects lead, who gets credentials, and which proxy is used.
#include "server/proxy.h"
#include "server/url.h"

#include <boost/test/unit_test.hpp>

#include <map>

using namespace triad;

namespace {

std::string origin(const std::string& url) {
  const auto found = url_origin(url);
  return found ? found->text() : "";
}

std::string resolve(const std::string& base, const std::string& location) {
  return resolve_url(base, location).value_or("");
}

std::string proxy(const std::string& url, std::map<std::string, std::string> variables) {
  return system_proxy(*url_origin(url), [&](const char* name) { return variables[name]; });
}

} // namespace

BOOST_AUTO_TEST_SUITE(url_tests)

BOOST_AUTO_TEST_CASE(origins) {
  BOOST_TEST(origin("https://Music.Example.ORG/a?b#c") == "https://music.example.org:443");
  BOOST_TEST(origin("http://u:p@h:8080/") == "http://h:8080");
  BOOST_TEST(origin("http://[2A00::1]/") == "http://[2a00::1]:80");
  BOOST_TEST(origin("http://0x7f.1/") == "http://127.0.0.1:80"); // no disguise
  for (const char* bad : {"", "/path", "ftp://h/", "file:///etc/passwd", "http://", "http://h:0x/",
                          "javascript:1", "http://h:99999/", "http://%31.2/", "http://%2531.2/"})
    BOOST_TEST(origin(bad).empty(), bad);
}

BOOST_AUTO_TEST_CASE(redirects_resolve) {
  const std::string base = "https://u:p@h/a/b.torrent?t=1";
  BOOST_TEST(resolve(base, "c") == "https://u:p@h/a/c");
  BOOST_TEST(resolve(base, "/c?d#e") == "https://u:p@h/c?d");
  BOOST_TEST(resolve(base, "https://h/c") == "https://h/c");
  BOOST_TEST(resolve(base, "//other/c") == "https://other/c");
  BOOST_TEST(resolve(base, "http://other:81/c?signed=1") == "http://other:81/c?signed=1");
  BOOST_TEST(resolve(base, "a b") == "https://u:p@h/a/a%20b");
  BOOST_TEST(resolve(base, "http://%31.2/") == "http://1.0.0.2/"); // as the next reader reads it
  for (const char* bad : {"", "ftp://h/", "file:///x", "http://", "http://[x/", "//%2531.2/"})
    BOOST_TEST(resolve(base, bad).empty(), bad);
}

BOOST_AUTO_TEST_CASE(credentials_stay_at_home) {
  const std::string own = "https://u:p@h/a.torrent?token=1";
  BOOST_TEST(with_credentials("https://h/x", own) == "https://u:p@h/x?token=1");
  BOOST_TEST(with_credentials("https://h/x?own=2", own) == "https://u:p@h/x?own=2");
  BOOST_TEST(with_credentials("https://v:q@h/x", own) == "https://v:q@h/x?token=1");
  BOOST_TEST(with_credentials("https://other/x", own) == "https://other/x");
  BOOST_TEST(with_credentials("http://h/x", own) == "http://h/x");
  BOOST_TEST(with_credentials("https://h:444/x", own) == "https://h:444/x");
  BOOST_TEST(with_credentials("https://h/x", "") == "https://h/x");
  BOOST_TEST(without_credentials(own) == "https://h/a.torrent");
  BOOST_TEST(has_credentials("https://h/a.torrent?token=1"));
  BOOST_TEST(has_credentials("https://u@h/a.torrent"));
  BOOST_TEST(!has_credentials("https://h/a@b.torrent"));
  BOOST_TEST(!has_credentials("https://h"));
  BOOST_TEST(!has_credentials(""));
}

BOOST_AUTO_TEST_CASE(proxies_of_the_environment) {
  BOOST_TEST(proxy("http://h/", {}).empty());
  BOOST_TEST(proxy("http://h/", {{"http_proxy", "p:1"}}) == "p:1");
  BOOST_TEST(proxy("http://h/", {{"HTTP_PROXY", "p:1"}}).empty());
  BOOST_TEST(proxy("https://h/", {{"http_proxy", "p:1"}}).empty());
  BOOST_TEST(proxy("https://h/", {{"HTTPS_PROXY", "p:2"}}) == "p:2");
  BOOST_TEST(proxy("https://h/", {{"all_proxy", "p:3"}}) == "p:3");
  const auto exempt = [](const std::string& url, const std::string& list) {
    return proxy(url, {{"http_proxy", "p:1"}, {"no_proxy", list}}).empty();
  };
  BOOST_TEST(exempt("http://h/", "*"));
  BOOST_TEST(exempt("http://a.example.org/", "x, example.org"));
  BOOST_TEST(exempt("http://a.example.org/", ".example.org"));
  BOOST_TEST(exempt("http://example.org/", ".example.org"));
  BOOST_TEST(!exempt("http://badexample.org/", "example.org"));
  BOOST_TEST(exempt("http://10.1.2.3/", "10.0.0.0/8"));
  BOOST_TEST(!exempt("http://11.1.2.3/", "10.0.0.0/8"));
  BOOST_TEST(exempt("http://[2a00::1]/", "2a00::/16"));
  BOOST_TEST(!exempt("http://10.1.2.3/", "10.0.0.0/99"));
  BOOST_TEST(!exempt("http://h/", ""));
  for (const char* loopback : {"http://localhost/", "http://127.1.2.3:81/", "http://[::1]/"})
    BOOST_TEST(exempt(loopback, ""), loopback);
}

BOOST_AUTO_TEST_SUITE_END()
