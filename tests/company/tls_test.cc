// SPDX-License-Identifier: LGPL-2.1-or-later
// wss: whose certificates are taken.
#include "trackers_fixture.h"

#include "kit/certificate.h"
#include "kit/temporary_folder.h"
#include "tracker/server/tracker.h"

#include <boost/test/unit_test.hpp>

#include <fstream>

using namespace triad;
using namespace triad::test;

namespace {

struct TlsFixture {
  // A tracker with a certificate for `names`; its URL by `host`.
  std::string start(const std::string& names, const std::string& host, long valid = 86'400) {
    const Certificate made = make_certificate(names, valid);
    certificate = write("certificate", made.certificate_pem);
    tracker::Settings settings;
    settings.listen = "127.0.0.1:0";
    settings.tls_certificate = certificate;
    settings.tls_key = write("key", made.key_pem);
    auto started = tracker::Tracker::start(settings);
    BOOST_REQUIRE_MESSAGE(started, (started ? "" : started.error().message));
    server = std::move(*started);
    return "wss://" + host + server->url().substr(server->url().rfind(':'));
  }
  std::string write(const std::string& name, const std::string& text) const {
    const auto path = folder.path() / name;
    std::ofstream(path) << text;
    return path;
  }
  // Empty: it connects and is answered. Else why not.
  std::string connect(const std::string& url, bool strict, const std::string& ca_file) {
    TrackersOptions options;
    options.tls_strict = strict;
    options.tls_ca_file = ca_file;
    Node node(loop.context(), 'n', std::move(options));
    node.trackers->join(info_hash('h'), {url}, {});
    BOOST_REQUIRE(loop.run_until([&] { return !node.replies.empty() || !node.reasons.empty(); }));
    return node.reasons.empty() ? "" : node.reasons[0];
  }

  kit::TemporaryFolder folder;
  std::string certificate;
  std::unique_ptr<tracker::Tracker> server;
  Loop loop;
};

const std::string refused = "its certificate is refused: ";

} // namespace

BOOST_FIXTURE_TEST_SUITE(tracker_tls, TlsFixture)

BOOST_AUTO_TEST_CASE(a_trusted_certificate_is_taken_by_name_and_by_address) {
  const std::string url = start("DNS:localhost,IP:127.0.0.1", "localhost");
  BOOST_TEST(connect(url, true, certificate) == "");
  const std::string by_address = "wss://127.0.0.1" + url.substr(url.rfind(':'));
  BOOST_TEST(connect(by_address, true, certificate) == "");
}

BOOST_AUTO_TEST_CASE(an_unknown_signer_is_refused) {
  const std::string url = start("DNS:localhost", "localhost");
  BOOST_TEST(connect(url, true, "") == refused + "self-signed certificate");
}

BOOST_AUTO_TEST_CASE(another_host_is_refused) {
  const std::string url = start("DNS:other.example,IP:127.0.0.2", "localhost");
  BOOST_TEST(connect(url, true, certificate) == refused + "hostname mismatch");
  const std::string by_address = "wss://127.0.0.1" + url.substr(url.rfind(':'));
  BOOST_TEST(connect(by_address, true, certificate) == refused + "IP address mismatch");
}

BOOST_AUTO_TEST_CASE(an_expired_certificate_is_refused) {
  const std::string url = start("DNS:localhost", "localhost", -60);
  BOOST_TEST(connect(url, true, certificate) == refused + "certificate has expired");
}

BOOST_AUTO_TEST_CASE(without_strictness_all_are_taken) {
  const std::string url = start("DNS:other.example", "localhost", -60);
  BOOST_TEST(connect(url, false, "") == "");
}

BOOST_AUTO_TEST_CASE(a_ca_file_that_cannot_be_used_says_so) {
  const std::string url = start("DNS:localhost", "localhost");
  const std::string missing = folder.path() / "missing";
  BOOST_TEST(connect(url, true, missing) == "the CA file " + missing + " can't be used");
}

BOOST_AUTO_TEST_CASE(no_tls_behind_wss_and_tls_behind_ws_fail) {
  const std::string url = start("DNS:localhost", "localhost");
  BOOST_TEST(connect("ws" + url.substr(3), true, "") != "");
  tracker::Settings settings;
  settings.listen = "127.0.0.1:0";
  auto plain = tracker::Tracker::start(settings);
  BOOST_REQUIRE(plain);
  const std::string port = (*plain)->url().substr((*plain)->url().rfind(':'));
  BOOST_TEST(connect("wss://localhost" + port, true, certificate).starts_with("TLS failed: "));
}

BOOST_AUTO_TEST_SUITE_END()
