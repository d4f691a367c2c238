// SPDX-License-Identifier: LGPL-2.1-or-later
// Which of a name's addresses is connected to. The resolver is made up.
#include "trackers_fixture.h"

#include "peers/company/connector.h"

#include <boost/test/unit_test.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <set>

using namespace triad;
using namespace triad::test;
using trackers::Connector;
using trackers::SocketPtr;

namespace {

std::vector<std::string> answer; // of the resolver to any name; none: an error

struct MadeUpResolver {
  GResolver parent;
};
struct MadeUpResolverClass {
  GResolverClass parent;
};

void lookup(GResolver* resolver, const gchar* name, GCancellable* cancellable,
            GAsyncReadyCallback callback, gpointer data) {
  GTask* task = g_task_new(resolver, cancellable, callback, data);
  GList* found = nullptr;
  for (const std::string& address : answer)
    found = g_list_append(found, g_inet_address_new_from_string(address.c_str()));
  if (found)
    g_task_return_pointer(task, found, [](gpointer addresses) {
      g_resolver_free_addresses(static_cast<GList*>(addresses));
    });
  else
    g_task_return_new_error(task, G_RESOLVER_ERROR, G_RESOLVER_ERROR_NOT_FOUND, "no %s", name);
  g_object_unref(task);
}

GList* finish(GResolver*, GAsyncResult* result, GError** error) {
  return static_cast<GList*>(g_task_propagate_pointer(G_TASK(result), error));
}

void class_init(gpointer klass, gpointer) {
  auto* made_up = static_cast<GResolverClass*>(klass);
  made_up->lookup_by_name_async = &lookup;
  made_up->lookup_by_name_finish = &finish;
}

// A listener on an address of this machine. `full`: it lets nobody in, without saying so.
class Listener {
public:
  Listener(const char* address, std::uint16_t port, bool full = false)
      : socket_(make(SOCK_NONBLOCK)) {
    sockaddr_in own{};
    own.sin_family = AF_INET;
    own.sin_port = htons(port);
    inet_pton(AF_INET, address, &own.sin_addr);
    socklen_t size = sizeof own;
    auto* generic = reinterpret_cast<sockaddr*>(&own);
    BOOST_REQUIRE(bind(socket_, generic, size) == 0);
    BOOST_REQUIRE(listen(socket_, full ? 0 : 8) == 0);
    BOOST_REQUIRE(getsockname(socket_, generic, &size) == 0);
    port_ = ntohs(own.sin_port);
    for (std::size_t i = 0; full && i < fill_.size(); ++i) {
      fill_.at(i) = make(SOCK_NONBLOCK);
      (void)connect(fill_.at(i), generic, size);
    }
  }
  ~Listener() {
    for (const int socket : fill_)
      if (socket >= 0)
        close(socket);
    close(socket_);
  }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  bool was_asked() {
    const int taken = accept4(socket_, nullptr, nullptr, SOCK_CLOEXEC);
    if (taken >= 0)
      close(taken);
    return taken >= 0;
  }

private:
  static int make(int flags) { return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0); }

  int socket_;
  std::uint16_t port_ = 0;
  std::array<int, 4> fill_{-1, -1, -1, -1};
};

struct ConnectorFixture {
  ConnectorFixture() : before(g_resolver_get_default()) {
    static const GType type = [] {
      GTypeInfo info{};
      info.class_size = sizeof(MadeUpResolverClass);
      info.class_init = &class_init;
      info.instance_size = sizeof(MadeUpResolver);
      return g_type_register_static(G_TYPE_RESOLVER, "TriadTestResolver", &info, G_TYPE_FLAG_NONE);
    }();
    auto* made_up = G_RESOLVER(g_object_new(type, nullptr));
    g_resolver_set_default(made_up);
    g_object_unref(made_up);
  }
  ~ConnectorFixture() {
    g_resolver_set_default(before);
    g_object_unref(before);
  }

  // Where the connection goes; or the error.
  std::string connect(std::uint16_t port, const std::set<std::string>& refused = {}) {
    std::string outcome;
    const auto may_connect = [&](const sockaddr& address) {
      std::array<char, INET6_ADDRSTRLEN> text{};
      if (address.sa_family == AF_INET)
        inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in&>(address).sin_addr, text.data(),
                  text.size());
      else
        inet_ntop(AF_INET6, &reinterpret_cast<const sockaddr_in6&>(address).sin6_addr, text.data(),
                  text.size());
      asked.emplace_back(text.data());
      return !refused.contains(text.data());
    };
    const auto connector = Connector::start(
        loop.context(), "music.example", port, may_connect, [&](Result<SocketPtr> result) {
          if (!result) {
            outcome = "error: " + result.error().message;
            return;
          }
          GSocketAddress* address = g_socket_get_remote_address(result->get(), nullptr);
          gchar* text = g_inet_address_to_string(
              g_inet_socket_address_get_address(G_INET_SOCKET_ADDRESS(address)));
          outcome = text;
          g_free(text);
          g_object_unref(address);
        });
    BOOST_REQUIRE(loop.run_until([&] { return !outcome.empty(); }));
    return outcome;
  }

  GResolver* before;
  Loop loop;
  std::vector<std::string> asked;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(connector, ConnectorFixture)

BOOST_AUTO_TEST_CASE(the_first_address_is_taken) {
  Listener near("127.0.0.2", 0), far("127.0.0.3", near.port());
  answer = {"127.0.0.2", "127.0.0.3"};
  BOOST_TEST(connect(near.port()) == "127.0.0.2");
  BOOST_TEST(near.was_asked());
  BOOST_TEST(!far.was_asked());
}

BOOST_AUTO_TEST_CASE(an_address_that_hangs_does_not_hold_up_the_next) {
  Listener hanging("127.0.0.2", 0, true), good("127.0.0.3", hanging.port());
  answer = {"127.0.0.2", "127.0.0.3"};
  BOOST_TEST(connect(good.port()) == "127.0.0.3");
}

BOOST_AUTO_TEST_CASE(an_address_that_refuses_is_followed_by_the_next) {
  Listener good("127.0.0.3", 0);
  answer = {"127.0.0.2", "::1", "127.0.0.3"};
  BOOST_TEST(connect(good.port()) == "127.0.0.3");
}

BOOST_AUTO_TEST_CASE(an_address_that_is_not_allowed_is_never_touched) {
  Listener forbidden("127.0.0.2", 0), good("127.0.0.3", forbidden.port());
  answer = {"127.0.0.2", "127.0.0.3"};
  BOOST_TEST(connect(good.port(), {"127.0.0.2"}) == "127.0.0.3");
  BOOST_TEST(!forbidden.was_asked());
  BOOST_TEST((asked == std::vector<std::string>{"127.0.0.2", "127.0.0.3"}));
  answer = {"127.0.0.2"};
  BOOST_TEST(connect(good.port(), {"127.0.0.2"}) == "error: its address is not allowed");
  BOOST_TEST(!forbidden.was_asked());
}

BOOST_AUTO_TEST_CASE(the_families_take_turns) {
  answer = {"127.0.0.2", "127.0.0.3", "127.0.0.4", "::2", "::3"};
  connect(1, {"127.0.0.2", "127.0.0.3", "127.0.0.4", "::2", "::3"});
  BOOST_TEST(
      (asked == std::vector<std::string>{"127.0.0.2", "::2", "127.0.0.3", "::3", "127.0.0.4"}));
}

BOOST_AUTO_TEST_CASE(no_address_at_all_says_why) {
  answer = {};
  BOOST_TEST(connect(1) == "error: no music.example");
  answer = {"127.0.0.2", "127.0.0.3"};
  BOOST_TEST(connect(1) == "error: Connection refused");
}

BOOST_AUTO_TEST_CASE(it_can_be_given_up_at_any_time) {
  Listener hanging("127.0.0.2", 0, true);
  answer = {"127.0.0.2"};
  const auto never = [](Result<SocketPtr>) { BOOST_TEST(false, "it was given up"); };
  const auto any = [](const sockaddr&) { return true; };
  { // while the name is being resolved
    const auto given_up = Connector::start(loop.context(), "music.example", 1, any, never);
  }
  auto connecting = Connector::start(loop.context(), "music.example", hanging.port(), any, never);
  loop.run_ready();
  connecting.reset();
  BOOST_TEST(connect(1) == "error: Connection refused");
}

BOOST_AUTO_TEST_SUITE_END()
