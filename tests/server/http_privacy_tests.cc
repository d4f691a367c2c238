// SPDX-License-Identifier: LGPL-2.1-or-later
// Who may be talked to, who is told what, and whose certificate counts. 127.0.0.2 plays the public
// internet here, 127.0.0.1 the house.
#include "http_fetch.h"
#include "kit/http_server.h"

#include <boost/test/unit_test.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

using namespace triad;
using namespace triad::test;

namespace {

bool house_is_private(const sockaddr& address) {
  return address.sa_family != AF_INET ||
         reinterpret_cast<const sockaddr_in&>(address).sin_addr.s_addr != inet_addr("127.0.0.2");
}

HttpServer::Options at(const std::string& address, bool tls = false) {
  HttpServer::Options options;
  options.address = address;
  options.tls = tls;
  return options;
}

Behaviour redirect_to(const std::string& url) {
  Behaviour behaviour;
  behaviour.status = 302;
  behaviour.headers = {{"Location", url}};
  return behaviour;
}

struct Fixture {
  Fixture() {
    house.put("/f", "house");
    internet.put("/f", "internet");
  }
  Fetched get(HttpRequest request) { return fetch(loop, client, std::move(request)); }
  // A URL that a metainfo from `origin` names.
  Fetched named(const std::string& url, bool local) {
    HttpRequest request;
    request.url = url;
    request.origin = {internet.url("/a.torrent"), local};
    return get(request);
  }

  HttpServer house{at("127.0.0.1")}, internet{at("127.0.0.2")};
  Loop loop{std::chrono::seconds(20)};
  HttpClient client{loop.context(), house_is_private};
};

// A file with a certificate that the test trusts.
class TrustFile {
public:
  explicit TrustFile(const std::string& pem) {
    char name[] = "/tmp/triad-trust-XXXXXX";
    const int fd = mkstemp(name);
    path_ = name;
    BOOST_TEST(write(fd, pem.data(), pem.size()) == static_cast<ssize_t>(pem.size()));
    ::close(fd);
  }
  ~TrustFile() { std::filesystem::remove(path_); }
  TrustFile(const TrustFile&) = delete;
  TrustFile& operator=(const TrustFile&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }

private:
  std::string path_;
};

std::string header(const LoggedRequest& request, const std::string& name) {
  const auto found = request.headers.find(name);
  return found == request.headers.end() ? "" : found->second;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(http_privacy_tests, Fixture)

BOOST_AUTO_TEST_CASE(a_public_release_stays_out_of_the_house) {
  BOOST_TEST(named(internet.url("/f"), false).body == "internet");
  BOOST_TEST((named(house.url("/f"), false).failure() == HttpFailure::private_address));
  BOOST_TEST(house.connections() == 0u); // not even connected to
  const Fetched local = named(house.url("/f"), true);
  BOOST_TEST(local.body == "house");
  BOOST_TEST(local.headers.at(0).private_address);
  BOOST_TEST(!named(internet.url("/f"), true).headers.at(0).private_address);
}

BOOST_AUTO_TEST_CASE(a_kept_connection_is_no_way_around) {
  BOOST_TEST(named(house.url("/f"), true).body == "house");
  BOOST_TEST(client.idle_connections(house.url(), {}) == 1u);
  BOOST_TEST((named(house.url("/f"), false).failure() == HttpFailure::private_address));
  BOOST_TEST(house.log().size() == 1u);
}

BOOST_AUTO_TEST_CASE(nor_is_a_redirect) {
  internet.behave("/f", redirect_to(house.url("/f")));
  for (const bool local : {false, true}) // the user's own URL does not vouch for where it leads
    BOOST_TEST((named(internet.url("/f"), local).failure() == HttpFailure::private_address));
  BOOST_TEST(house.connections() == 0u);
  // Within the house, and out of it, redirects are free.
  house.put("/g", "there");
  house.behave("/f", redirect_to(house.url("/g")));
  BOOST_TEST(named(house.url("/f"), true).body == "there");
  internet.behave_well();
  house.behave("/f", redirect_to(internet.url("/f")));
  BOOST_TEST(named(house.url("/f"), true).body == "internet");
  // Out and in again is not.
  internet.behave("/f", redirect_to(house.url("/g")));
  BOOST_TEST((named(house.url("/f"), true).failure() == HttpFailure::private_address));
}

BOOST_AUTO_TEST_CASE(behind_a_proxy_the_host_is_judged) {
  HttpServer proxy(at("127.0.0.1"));
  Behaviour any;
  any.status = 404;
  proxy.behave_all(any);
  HttpRequest request;
  request.settings.proxy = proxy.url();
  request.origin.url = "http://music.example.org/a.torrent";
  request.url = "http://192.168.1.1/f";
  BOOST_TEST((get(request).failure() == HttpFailure::private_address));
  request.url = "http://nas.local/f";
  BOOST_TEST((get(request).failure() == HttpFailure::private_address));
  BOOST_TEST(proxy.log().empty());
  request.url = "http://music.example.org/f";
  BOOST_TEST((get(request).failure() == HttpFailure::not_found)); // the proxy's answer
  BOOST_TEST(proxy.log().at(0).target == "http://music.example.org/f");
}

BOOST_AUTO_TEST_CASE(proxies_come_from_the_environment_and_are_told_who_asks) {
  HttpServer proxy(at("127.0.0.1"));
  Behaviour any;
  any.status = 404;
  proxy.behave_all(any);
  HttpRequest request = request_of("http://music.example.org/f");
  setenv("http_proxy", proxy.url().c_str(), 1);
  request.settings.proxy_id = "me";
  request.settings.proxy_password = "secret";
  BOOST_TEST((get(request).failure() == HttpFailure::not_found));
  BOOST_TEST(named(house.url("/f"), true).body == "house"); // loopback never goes there
  setenv("no_proxy", "example.invalid", 1);
  BOOST_TEST((get(request_of("http://example.invalid/")).failure() == HttpFailure::connect));
  unsetenv("http_proxy");
  unsetenv("no_proxy");
  BOOST_TEST(proxy.log().size() == 1u);
  BOOST_TEST(header(proxy.log().at(0), "proxy-authorization") == "Basic bWU6c2VjcmV0");
}

BOOST_AUTO_TEST_CASE(credentials_go_to_the_own_origin_only) {
  HttpRequest request;
  request.settings.extra_headers = {{"X-Token", "t"}, {"Range", "bytes=0-0"}, {"X-Bad", "a\r\nb"}};
  request.settings.cookies = {"a=1", "b=2"};
  request.settings.user_agent = "tester/1";
  std::string own = house.url("/a.torrent?key=k");
  own.insert(7, "user:pw@");
  request.origin = {own, true};
  request.url = house.url("/f");
  BOOST_TEST(get(request).body == "house");
  const LoggedRequest home = house.log().at(0);
  BOOST_TEST(header(home, "x-token") == "t");
  BOOST_TEST(header(home, "x-bad").empty());
  BOOST_TEST(home.range.empty());
  BOOST_TEST(header(home, "cookie") == "a=1; b=2");
  BOOST_TEST(header(home, "authorization") == "Basic dXNlcjpwdw==");
  BOOST_TEST(header(home, "user-agent") == "tester/1");
  BOOST_TEST(home.target == "/f?key=k");

  const auto is_bare = [](const LoggedRequest& abroad) {
    BOOST_TEST(header(abroad, "x-token").empty());
    BOOST_TEST(header(abroad, "cookie").empty());
    BOOST_TEST(header(abroad, "authorization").empty());
    BOOST_TEST(abroad.target == "/f");
  };
  request.url = internet.url("/f");
  BOOST_TEST(get(request).body == "internet");
  is_bare(internet.log().at(0));

  house.behave("/f", redirect_to(internet.url("/f")));
  request.url = own;
  request.url.replace(request.url.find("/a.torrent"), 10, "/f");
  BOOST_TEST(get(request).body == "internet");
  is_bare(internet.log().at(1));
}

BOOST_AUTO_TEST_CASE(certificates) {
  HttpServer tls(at("127.0.0.1", true));
  tls.put("/f", "secret");
  HttpRequest request = request_of(tls.url("/f"));
  const Fetched strict = get(request);
  BOOST_TEST((strict.failure() == HttpFailure::tls));
  BOOST_TEST(strict.outcomes[0].message.find("certificate") != std::string::npos);
  request.settings.tls_strict = false;
  BOOST_TEST(get(request).body == "secret");
  request.settings.tls_strict = true; // and not over the lax connection that is open
  BOOST_TEST((get(request).failure() == HttpFailure::tls));
  const TrustFile trust(tls.certificate_pem());
  request.settings.tls_ca_file = trust.path();
  BOOST_TEST(get(request).body == "secret");

  HttpServer::Options other = at("127.0.0.1", true);
  other.certificate_name = "DNS:music.example.org";
  HttpServer misnamed(other);
  const TrustFile trust_misnamed(misnamed.certificate_pem());
  HttpRequest wrong = request_of(misnamed.url("/f"));
  wrong.settings.tls_ca_file = trust_misnamed.path();
  BOOST_TEST((get(wrong).failure() == HttpFailure::tls));
}

BOOST_AUTO_TEST_CASE(no_step_down_from_tls) {
  HttpServer tls(at("127.0.0.1", true));
  tls.behave("/f", redirect_to(house.url("/f")));
  HttpRequest request = request_of(tls.url("/f"));
  request.settings.tls_strict = false;
  BOOST_TEST((get(request).failure() == HttpFailure::redirect));
  house.behave("/g", redirect_to(tls.url("/h")));
  tls.put("/h", "up");
  request.url = house.url("/g");
  BOOST_TEST(get(request).body == "up");
}

BOOST_AUTO_TEST_CASE(tls_connections_that_break) {
  HttpServer tls(at("127.0.0.1", true));
  tls.put("/f", std::string(100'000, 'x'));
  HttpRequest request = request_of(tls.url("/f"));
  request.settings.tls_strict = false;
  Behaviour cut;
  cut.cut_at = 1000;
  tls.behave("/f", cut);
  BOOST_TEST((get(request).failure() == HttpFailure::cut));
  tls.behave_well();
  BOOST_TEST(get(request).body.size() == 100'000u);
  tls.refuse(true);
  tls.drop_connections();
  BOOST_TEST((get(request).failure() == HttpFailure::connect)); // broke in the handshake
  // Plain HTTP where TLS was expected.
  request.url = "https" + house.url("/f").substr(4);
  BOOST_TEST((get(request).failure() == HttpFailure::tls));
}

BOOST_AUTO_TEST_SUITE_END()
