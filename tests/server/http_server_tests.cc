// SPDX-License-Identifier: LGPL-2.1-or-later
// The misbehaving server behaves and misbehaves as told, judged by plain sockets.
#include "kit/http_server.h"

#include <boost/test/unit_test.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace triad::test;

namespace {

// Sends `text` and reads until the server closes.
std::string talk(const HttpServer& server, const std::string& text) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(server.port());
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  std::string answer;
  if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 &&
      send(fd, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size())) {
    char buffer[4096];
    ssize_t size = 0;
    while ((size = recv(fd, buffer, sizeof buffer, 0)) > 0)
      answer.append(buffer, static_cast<std::size_t>(size));
  }
  close(fd);
  return answer;
}

std::string get(const HttpServer& server, const std::string& path, const std::string& fields = "") {
  return talk(server,
              "GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + fields + "\r\n");
}

bool ends_with(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.npos, end) == 0;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != text.npos;
}

} // namespace

BOOST_AUTO_TEST_SUITE(http_server_tests)

BOOST_AUTO_TEST_CASE(ranges_and_validators) {
  HttpServer server;
  server.put("/a b", "0123456789");
  const std::string whole = get(server, "/a%20b?x=1");
  BOOST_TEST(contains(whole, "HTTP/1.1 200"));
  BOOST_TEST(contains(whole, "Content-Length: 10\r\n"));
  BOOST_TEST(ends_with(whole, "\r\n\r\n0123456789"));
  BOOST_TEST(ends_with(get(server, "/a%20b", "Range: bytes=2-4\r\n"), "\r\n\r\n234"));
  BOOST_TEST(ends_with(get(server, "/a%20b", "Range: bytes=7-\r\n"), "\r\n\r\n789"));
  const std::string last = get(server, "/a%20b", "Range: bytes=-2\r\n");
  BOOST_TEST(ends_with(last, "\r\n\r\n89"));
  BOOST_TEST(contains(last, "Content-Range: bytes 8-9/10\r\n"));
  BOOST_TEST(contains(get(server, "/a%20b", "Range: bytes=10-\r\n"), "HTTP/1.1 416"));
  BOOST_TEST(contains(get(server, "/a%20b", "If-None-Match: \"1\"\r\n"), "HTTP/1.1 304"));
  server.put("/a b", "changed");
  BOOST_TEST(contains(get(server, "/a%20b", "If-None-Match: \"1\"\r\n"), "HTTP/1.1 200"));
  BOOST_TEST(contains(get(server, "/none"), "HTTP/1.1 404"));
  const std::string head = talk(server, "HEAD /a%20b HTTP/1.1\r\nConnection: close\r\n\r\n");
  BOOST_TEST(contains(head, "Content-Length: 7\r\n"));
  BOOST_TEST(ends_with(head, "\r\n\r\n"));
  BOOST_TEST(server.wait_until_quiet());
  const auto log = server.log();
  BOOST_TEST(log[0].target == "/a%20b?x=1");
  BOOST_TEST(log[0].path == "/a b");
  BOOST_TEST(log[1].range == "bytes=2-4");
  BOOST_TEST(log[1].body_bytes == 3u);
  BOOST_TEST(log[1].finished);
}

BOOST_AUTO_TEST_CASE(one_connection_carries_several_requests) {
  HttpServer server;
  server.put("/a", "one");
  const std::string both =
      talk(server, "GET /a HTTP/1.1\r\n\r\nGET /a HTTP/1.1\r\nConnection: close\r\n\r\n");
  BOOST_TEST(both.find("one") != both.rfind("one"));
  BOOST_TEST(server.connections() == 1u);
  BOOST_TEST(server.log()[1].connection == 1u);
}

BOOST_AUTO_TEST_CASE(misbehaves_as_told) {
  HttpServer server;
  server.put("/a", "0123456789");
  Behaviour cut;
  cut.cut_at = 4;
  cut.times = 1;
  server.behave("/a", cut);
  BOOST_TEST(ends_with(get(server, "/a"), "\r\n\r\n0123"));
  BOOST_TEST(ends_with(get(server, "/a"), "\r\n\r\n0123456789")); // once only

  Behaviour chunked;
  chunked.chunked = true;
  server.behave("/a", chunked);
  BOOST_TEST(ends_with(get(server, "/a"), "a\r\n0123456789\r\n0\r\n\r\n"));

  Behaviour silent;
  silent.cut_before_headers = true;
  server.behave("/a", silent);
  BOOST_TEST(get(server, "/a").empty());

  Behaviour busy;
  busy.status = 503;
  busy.headers = {{"Retry-After", "7"}};
  server.behave_well();
  server.behave_all(busy);
  BOOST_TEST(contains(get(server, "/a"), "Retry-After: 7\r\n"));
}

BOOST_AUTO_TEST_CASE(stops_and_starts_on_one_port) {
  HttpServer server;
  server.put("/a", "one");
  const auto port = server.port();
  server.stop();
  BOOST_TEST(get(server, "/a").empty());
  server.start();
  BOOST_TEST(server.port() == port);
  BOOST_TEST(ends_with(get(server, "/a"), "one"));
}

BOOST_AUTO_TEST_SUITE_END()
