// SPDX-License-Identifier: LGPL-2.1-or-later
// A whole tracker over real sockets: peers meet, pages answer, the dial is pushed, nothing that is
// changed while it runs drops a connection.
#include "tracker/server/tracker.h"

#include "kit/certificate.h"
#include "kit/temporary_folder.h"
#include "peers/signal/requests.h"
#include "tracker/access/allow_list.h"
#include "tracker/server/listener.h"
#include "websocket_client.h"

#include <boost/test/unit_test.hpp>

#include <arpa/inet.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <thread>

using namespace triad;
using namespace triad::tracker;
using test::WebSocketClient;

namespace {

struct TrackerFixture {
  void start() {
    settings.listen = listen;
    auto started = Tracker::start(settings);
    BOOST_REQUIRE_MESSAGE(started, (started ? "" : started.error().message));
    tracker = std::move(*started);
  }
  [[nodiscard]] WebSocketClient connect() const { return WebSocketClient(tracker->url()); }
  [[nodiscard]] WebSocketClient open() const {
    WebSocketClient client = connect();
    BOOST_REQUIRE(client.upgrade().status == 101u);
    return client;
  }
  [[nodiscard]] std::string url(const std::string& host) const {
    return "ws://" + host + tracker->url().substr(tracker->url().rfind(':'));
  }
  std::string file(const std::string& name, const std::string& text) const {
    const auto path = folder.path() / name;
    std::ofstream(path) << text;
    return path;
  }

  kit::TemporaryFolder folder;
  Settings settings;
  std::string listen = "127.0.0.1:0";
  std::unique_ptr<Tracker> tracker;
};

signal::AnnounceRequest announce(char peer, bool seeder = false) {
  signal::AnnounceRequest request;
  request.info_hash.bytes.fill('h');
  request.peer_id.bytes.fill(static_cast<std::uint8_t>(peer));
  request.event = signal::Event::started;
  request.left = seeder ? 0 : 1;
  return request;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::uint16_t port_of(const std::string& url) {
  return static_cast<std::uint16_t>(std::stoi(url.substr(url.rfind(':') + 1)));
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(whole_tracker, TrackerFixture)

BOOST_AUTO_TEST_CASE(two_peers_meet) {
  start();
  WebSocketClient first = open();
  WebSocketClient second = open();
  first.send_text(write(announce('a', true)));
  BOOST_TEST(has(first.read_text(), "\"complete\":1"));
  signal::AnnounceRequest joining = announce('b');
  signal::Offer offer;
  offer.id.bytes.fill('o');
  offer.sdp = "v=0 offered";
  joining.offers.push_back(offer);
  second.send_text(write(joining));
  BOOST_TEST(has(second.read_text(), "\"incomplete\":1"));
  BOOST_TEST(has(first.read_text(), "v=0 offered"));
  signal::AnswerRequest answer;
  answer.info_hash = joining.info_hash;
  answer.peer_id.bytes.fill('a');
  answer.to_peer_id.bytes.fill('b');
  answer.offer_id = offer.id;
  answer.sdp = "v=0 answered";
  first.send_text(write(answer));
  BOOST_TEST(has(second.read_text(), "v=0 answered"));
  // Who hangs up is gone for the others.
  second.close();
  std::string reply;
  do {
    first.send_text(write(announce('a', true)));
    reply = first.read_text();
  } while (!has(reply, "\"incomplete\":0"));
}

BOOST_AUTO_TEST_CASE(ipv4_and_ipv6_share_a_port_and_a_swarm) {
  listen = "[::]:0";
  start();
  WebSocketClient four(url("127.0.0.1"));
  WebSocketClient six(url("[::1]"));
  BOOST_TEST(four.upgrade().status == 101u);
  BOOST_TEST(six.upgrade("/any/path?x").status == 101u);
  four.send_text(write(announce('a')));
  BOOST_TEST(has(four.read_text(), "\"incomplete\":1"));
  six.send_text(write(announce('b')));
  BOOST_TEST(has(six.read_text(), "\"incomplete\":2"));
}

BOOST_AUTO_TEST_CASE(pages_answer) {
  start();
  WebSocketClient client = connect();
  BOOST_TEST(has(client.get("/").body, "WebTorrent tracker"));
  BOOST_TEST(client.get("/health").body == "ok\n");
  BOOST_TEST(has(client.get("/metrics").head, "text/plain; version=0.0.4"));
  BOOST_TEST(has(client.get("/stats").head, "application/json"));
  BOOST_TEST(has(client.get("/stats.json").body, "\"uptime_seconds\":"));
  BOOST_TEST(has(client.get("/stats", "Accept: text/html,*/*\r\n").head, "text/html"));
  BOOST_TEST(client.get("/nothing").status == 404u);
  client.send("POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n");
  BOOST_TEST(client.read_answer().status == 405u);
  client.send("HEAD / HTTP/1.1\r\n\r\n");
  BOOST_TEST(client.read_answer(true).status == 200u);
}

BOOST_AUTO_TEST_CASE(stun_answers_on_the_same_port) {
  settings.public_host = "tracker.example";
  start();
  const int socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const timeval patience{30, 0};
  setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port_of(tracker->url()));
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  BOOST_REQUIRE(::connect(socket, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0);
  // A Binding request (RFC 8489 section 5) without attributes.
  const std::string request = std::string("\x00\x01\x00\x00\x21\x12\xa4\x42", 8) + "transaction1";
  BOOST_TEST(send(socket, "garbage", 7, 0) == 7);
  BOOST_TEST(send(socket, request.data(), request.size(), 0) == 20);
  std::array<char, 1500> response;
  BOOST_TEST(recv(socket, response.data(), response.size(), 0) >= 32);
  BOOST_TEST(std::string(response.data(), 2) == "\x01\x01");
  BOOST_TEST(std::string(response.data() + 8, 12) == "transaction1");
  close(socket);
  WebSocketClient client = open();
  client.send_text(write(announce('a')));
  BOOST_TEST(has(client.read_text(), "\"stun\":[\"stun:tracker.example:" +
                                         std::to_string(port_of(tracker->url())) + "\"]"));
}

BOOST_AUTO_TEST_CASE(the_dial_is_pushed_to_who_it_concerns) {
  settings.admin_token = file("token", "open sesame\n");
  start();
  WebSocketClient client = open();
  client.send_text(write(announce('a')));
  BOOST_TEST(!has(client.read_text(), "\"peers\":false"));
  WebSocketClient admin = connect();
  const std::string token = "Authorization: Bearer open sesame\r\n";
  const auto post = [&](const std::string& target, const std::string& headers,
                        const std::string& body) {
    admin.send("POST " + target + " HTTP/1.1\r\n" + headers +
               "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    return admin.read_answer();
  };
  BOOST_TEST(post("/dial?peer_share=0", "", "").status == 401u);
  BOOST_TEST(post("/dial?peer_share=0", "Authorization: Bearer open\r\n", "").status == 401u);
  BOOST_TEST(post("/dial?peer_share=101", token, "").status == 400u);
  BOOST_TEST(post("/dial", token, "").status == 400u);
  BOOST_TEST(admin.get("/dial", token).status == 405u);
  BOOST_TEST(has(post("/dial?peer_share=0", token, "").body, "1"));
  BOOST_TEST(has(client.read_text(), "\"peers\":false"));
  // For this release alone, then as for all.
  const std::string release = "info_hash=" + hex(announce('a').info_hash);
  BOOST_TEST(has(post("/dial", token, "peer_share=100&" + release).body, "1"));
  BOOST_TEST(!has(client.read_text(), "\"peers\":false"));
  BOOST_TEST(has(post("/dial", token, "peer_share=default&" + release).body, "1"));
  BOOST_TEST(has(client.read_text(), "\"peers\":false"));
}

BOOST_AUTO_TEST_CASE(without_an_admin_token_nobody_turns_the_dial) {
  start();
  WebSocketClient admin = connect();
  admin.send("POST /dial?peer_share=0 HTTP/1.1\r\nAuthorization: Bearer \r\n"
             "Content-Length: 0\r\n\r\n");
  BOOST_TEST(admin.read_answer().status == 403u);
}

BOOST_AUTO_TEST_CASE(a_reload_keeps_connections_and_changes_the_rules) {
  start();
  WebSocketClient client = open();
  client.send_text(write(announce('a')));
  client.read_text();
  settings.allow_list = file("allowed", std::string(40, '0') + '\n');
  settings.swarms.peer_share = 0;
  BOOST_TEST(static_cast<bool>(tracker->reload(settings)));
  BOOST_TEST(has(client.read_text(), "\"peers\":false")); // the dial was pushed
  signal::AnnounceRequest other = announce('a');
  other.info_hash.bytes.fill('x');
  client.send_text(write(other));
  BOOST_TEST(has(client.read_text(), "failure reason"));
}

BOOST_AUTO_TEST_CASE(a_reload_that_fails_changes_nothing) {
  start();
  Settings broken = settings;
  broken.swarms.peer_share = 0;
  broken.allow_list = file("broken", "no hash\n");
  const Status status = tracker->reload(broken);
  BOOST_REQUIRE(!status);
  BOOST_TEST(has(status.error().message, "broken"));
  WebSocketClient client = open();
  client.send_text(write(announce('a')));
  BOOST_TEST(!has(client.read_text(), "\"peers\":false"));
}

BOOST_AUTO_TEST_CASE(the_end_of_a_tracker_is_a_goodbye) {
  start();
  WebSocketClient polite = open();
  WebSocketClient mute = open();
  std::thread end([&] { tracker.reset(); });
  BOOST_TEST(polite.read_close() == 1001u);
  polite.send_frame(0x88, "\x03\xe9");
  BOOST_TEST(polite.read_end());
  end.join(); // although nothing comes from the other
  BOOST_TEST(mute.read_close() == 1001u);
  BOOST_TEST(mute.read_end());
}

BOOST_AUTO_TEST_CASE(the_kernel_keeps_little_for_a_slow_reader) {
  auto listener = Listener::open(*parse_socket_address("127.0.0.1:0"));
  BOOST_REQUIRE(static_cast<bool>(listener));
  WebSocketClient slow("ws://127.0.0.1:" + std::to_string(listener->address().port()));
  const auto accepted = listener->accept();
  BOOST_REQUIRE(static_cast<bool>(accepted));
  const std::string part(16 * 1024, ' ');
  std::size_t sent = 0;
  while (sent < 64 * 1024 * 1024 &&
         send(accepted->socket.get(), part.data(), part.size(), MSG_NOSIGNAL) > 0) {
    sent += part.size();
  }
  BOOST_TEST(errno == EAGAIN);
  int unsent = 0;
  ioctl(accepted->socket.get(), SIOCOUTQNSD, &unsent);
  BOOST_TEST(unsent > 0);
  BOOST_TEST(unsent < 512 * 1024);
  int no_delay = 0;
  socklen_t size = sizeof no_delay;
  getsockopt(accepted->socket.get(), IPPROTO_TCP, TCP_NODELAY, &no_delay, &size);
  BOOST_TEST(no_delay == 1);
}

BOOST_AUTO_TEST_CASE(a_port_that_is_taken_is_an_error) {
  start();
  Settings second = settings;
  second.listen = tracker->url().substr(5);
  const auto refused = Tracker::start(second);
  BOOST_REQUIRE(!refused);
  BOOST_TEST((refused.error().code == ErrorCode::io));
  BOOST_TEST(has(refused.error().message, second.listen));
}

BOOST_AUTO_TEST_CASE(tls_serves_and_takes_a_new_certificate) {
  const auto certificate = test::make_certificate("IP:127.0.0.1");
  settings.tls_certificate = file("certificate.pem", certificate.certificate_pem);
  settings.tls_key = file("key.pem", certificate.key_pem);
  start();
  BOOST_TEST(tracker->url().starts_with("wss://"));
  WebSocketClient client = open();
  client.send_text(write(announce('a')));
  BOOST_TEST(has(client.read_text(), "\"incomplete\":1"));
  client.send_text(std::string(100'000, ' ') + write(announce('a'))); // over many records
  BOOST_TEST(has(client.read_text(), "\"incomplete\":1"));
  WebSocketClient plain(url("127.0.0.1"));
  plain.send("GET / HTTP/1.1\r\n\r\n");
  BOOST_TEST(plain.read_answer().status == 0u);

  const auto next = test::make_certificate("IP:127.0.0.1,DNS:next.example");
  file("certificate.pem", next.certificate_pem);
  BOOST_TEST(!tracker->reload(settings)); // the key is another's
  file("key.pem", next.key_pem);
  BOOST_TEST(static_cast<bool>(tracker->reload(settings)));
  client.send_text(write(announce('a')));
  BOOST_TEST(has(client.read_text(), "\"incomplete\":1"));
  WebSocketClient later = open();
  later.send_text(write(announce('b')));
  BOOST_TEST(has(later.read_text(), "\"incomplete\":2"));
  BOOST_TEST(later.peer_certificate() == next.certificate_pem);
}

BOOST_AUTO_TEST_CASE(a_reload_does_not_begin_or_end_tls) {
  start();
  const Settings plain = settings;
  const auto certificate = test::make_certificate("IP:127.0.0.1");
  settings.tls_certificate = file("certificate.pem", certificate.certificate_pem);
  settings.tls_key = file("key.pem", certificate.key_pem);
  BOOST_TEST(static_cast<bool>(tracker->reload(settings)));
  BOOST_TEST(connect().upgrade().status == 101u);
  tracker.reset();
  start();
  BOOST_TEST(static_cast<bool>(tracker->reload(plain)));
  BOOST_TEST(connect().upgrade().status == 101u);
}

BOOST_AUTO_TEST_CASE(tls_says_what_is_wrong_with_a_file) {
  const auto certificate = test::make_certificate("IP:127.0.0.1");
  const auto reason = [&](const std::string& certificate_file, const std::string& key_file) {
    settings.tls_certificate = certificate_file;
    settings.tls_key = key_file;
    const auto started = Tracker::start(settings);
    BOOST_REQUIRE(!started);
    return started.error().message;
  };
  settings.listen = listen;
  const std::string good = file("certificate.pem", certificate.certificate_pem);
  const std::string no_pem = file("no.pem", "no PEM\n");
  BOOST_TEST(has(reason("/dev/missing", no_pem), "No such file"));
  BOOST_TEST(has(reason(no_pem, no_pem), "no.pem for TLS: no start line"));
  const auto other = test::make_certificate("IP:127.0.0.1");
  BOOST_TEST(has(reason(good, file("other.pem", other.key_pem)), "key values mismatch"));
}

BOOST_AUTO_TEST_CASE(tls_without_end_and_without_data_is_ended) {
  const auto certificate = test::make_certificate("IP:127.0.0.1");
  settings.tls_certificate = file("certificate.pem", certificate.certificate_pem);
  settings.tls_key = file("key.pem", certificate.key_pem);
  start();
  WebSocketClient client = open();
  client.update_keys(5);
  client.send_text(write(announce('a')));
  BOOST_TEST(has(client.read_text(), "\"incomplete\":1"));
  client.update_keys(10'000);
  BOOST_TEST(client.read_end());
}

BOOST_AUTO_TEST_SUITE_END()
