// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tracker/server/server.h"

#include "command_line/command_line.h"
#include "tracker/server/connections.h"
#include "tracker/server/once_a_second.h"
#include "tracker/server/pages.h"
#include "tracker/server/poller.h"
#include "tracker/server/port.h"
#include "tracker/server/process_usage.h"
#include "tracker/store/redis_store.h"
#include "tracker/swarms/swarms.h"

#include <utility> // Boost 1.74's awaitable.hpp needs it and does not say so

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <signal.h>

#include <chrono>
#include <ctime>
#include <random>

namespace triad::tracker {
namespace {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;
using Descriptor = asio::posix::basic_stream_descriptor<asio::io_context::executor_type>;
using Timer =
    asio::basic_waitable_timer<Clock, asio::wait_traits<Clock>, asio::io_context::executor_type>;

constexpr auto tick = std::chrono::milliseconds(100);
constexpr auto second = std::chrono::seconds(1);
constexpr auto longest_goodbye = std::chrono::seconds(5);
constexpr std::uint64_t tcp_key = Connections::first_other_key;
constexpr std::uint64_t udp_key = Connections::first_other_key + 1;
constexpr int most_accepted = 64; // before the connections that are there have their turn again
constexpr int most_rounds = 16;   // of ready sockets, before timers and the store have theirs
constexpr std::size_t swarms_shown = 100;

std::uint64_t random_number() {
  std::random_device device;
  return std::uint64_t{device()} << 32 | device();
}

} // namespace

struct Server::State final : Service, Operated {
  State(Configuration configuration, Port taken)
      : config(std::move(configuration)),
        port(std::move(taken)),
        url(port.url(config.tls != nullptr)),
        access(std::move(config.rules), random_number()),
        connections(poller, access, *this, counters) {}

  ~State() { ready.release(); } // the poller closes it

  [[nodiscard]] Time now() const {
    return std::chrono::duration_cast<Time>(Clock::now() - started);
  }

  SwarmsSettings swarms_settings() {
    SwarmsSettings settings = config.settings.swarms;
    if (settings.stun.empty()) {
      settings.stun.push_back(port.stun_url(config.settings.public_host));
    }
    return settings;
  }

  Status begin() {
    if (!poller || !poller.add(port.listener.descriptor(), tcp_key, Interest::read) ||
        !poller.add(port.stun.descriptor(), udp_key, Interest::read)) {
      return Error{ErrorCode::io, "cannot watch the tracker's sockets", ""};
    }
    ready.assign(poller.descriptor());
    access.tick(now(), std::time(nullptr));
    if (Status opened = open_store(); !opened) {
      return opened;
    }
    swarms = std::make_unique<Swarms>(swarms_settings(), random_number(), connections, store.get());
    take_over();
    wait_for_sockets();
    wait_for_tick();
    return ok();
  }

  Status open_store() {
    if (config.settings.store.empty()) {
      return ok();
    }
    StoreOptions options;
    options.url = config.settings.store;
    options.self = random_number();
    options.seed = random_number();
    StoreEvents events;
    events.seen = [this](const auto& swarm, const RemoteView& view) {
      happening([&] { swarms->seen_elsewhere(swarm, view, connections.now()); });
    };
    events.delivered = [this](TrackerId home, const auto& swarm, const auto& to, const auto& from,
                              std::string_view frame) {
      happening([&] { swarms->delivered(home, swarm, to, from, frame, connections.now()); });
    };
    events.rejoin = [this](std::size_t most) {
      bool more = false;
      happening([&] { more = swarms->rejoin_elsewhere(most, connections.now()); });
      return more;
    };
    auto opened = RedisStore::open(io, std::move(options), std::move(events));
    if (!opened) {
      return opened.error();
    }
    store = std::move(*opened);
    return ok();
  }

  // Something that may send to connections, and break some.
  template <typename Input>
  void happening(Input input) {
    connections.set_now(now());
    input();
    connections.settle();
  }

  // What the components take from the configuration.
  void take_over() {
    connections.apply(config.settings.limits, config.settings.trusted_proxies);
    connections.use(config.tls.get());
  }

  void wait_for_sockets() {
    ready.async_wait(Descriptor::wait_read, [this](const boost::system::error_code& error) {
      if (!error) {
        serve_ready();
        wait_for_sockets();
      }
    });
  }

  void serve_ready() {
    for (int round = 0; round < most_rounds; ++round) {
      const auto events = poller.ready();
      connections.set_now(now());
      for (const epoll_event& event : events) {
        if (event.data.u64 == tcp_key) {
          accept();
        } else if (event.data.u64 == udp_key) {
          counters.stun_requests += port.stun.answer();
        } else {
          connections.handle(event.data.u64, event.events);
        }
      }
      if (events.empty()) {
        break;
      }
    }
  }

  void accept() {
    for (int i = 0; i < most_accepted; ++i) {
      auto accepted = port.listener.accept();
      if (!accepted) {
        break;
      }
      connections.take(std::move(*accepted));
    }
    if (port.listener.exhausted()) {
      poller.change(port.listener.descriptor(), tcp_key, Interest::none); // until the next tick
    }
  }

  void wait_for_tick() {
    timer.expires_after(tick);
    timer.async_wait([this](const boost::system::error_code& error) {
      if (!error) {
        on_tick();
        wait_for_tick();
      }
    });
  }

  void on_tick() {
    const Time time = now();
    connections.set_now(time);
    const bool second_over = time - last_second >= second;
    if (second_over) {
      last_second = time;
      access.tick(time, std::time(nullptr));
      if (store) {
        note_store();
      }
    }
    if (second_over || store) {
      swarms->expire(time);
    }
    connections.sweep();
    if (port.listener.exhausted()) {
      poller.change(port.listener.descriptor(), tcp_key, Interest::read);
    }
    if (stopping && (connections.size() == 0 || time - stopping_since >= longest_goodbye)) {
      end(); // at the tick after the last left: the store has been told of it by then
    }
  }

  // At most once a second, and only what is new.
  void note_store() {
    const StoreTotals totals = store->totals();
    const std::string state = totals.ready             ? "the store is shared with other trackers"
                              : totals.trouble.empty() ? store_state
                                                       : "no store: " + totals.trouble;
    if (std::exchange(store_state, state) != state) {
      tool::note(state);
    }
  }

  void end() {
    if (std::exchange(all_left, true)) {
      io.stop();
    }
    connections.drop_all();
  }

  void reload(Configuration next) {
    connections.set_now(now());
    // What is bound to the port and the store stays as it was, and so does whether there is TLS.
    if (!next.tls != !config.tls) {
      next.tls = std::move(config.tls);
    }
    config = std::move(next);
    access.apply(std::move(config.rules));
    take_over();
    swarms->apply(swarms_settings(), now());
    connections.settle();
    ++counters.reloads;
  }

  void begin_stop() {
    stopping = true;
    stopping_since = now();
    connections.set_now(stopping_since);
    port.listener.close();
    connections.stop();
  }

  // Service.
  void message(ConnectionId from, std::string_view text, Permit* permit) override {
    swarms->receive(from, text, permit, connections.now());
  }
  void closed(ConnectionId connection) override { swarms->closed(connection, connections.now()); }
  HttpResponse answer(const HttpRequest& request) override {
    return answer_page(request, config.admin_token, *this);
  }

  // Operated.
  Stats stats(bool operator_asks) override {
    Stats stats;
    stats.version = TRIAD_VERSION;
    stats.uptime = std::chrono::duration<double>(Clock::now() - started).count();
    stats.process = process_usage();
    stats.peer_share = config.settings.swarms.peer_share;
    stats.connections = connections.size();
    if (store) {
      stats.store = store->totals();
    }
    stats.swarms = swarms->totals();
    stats.server = counters;
    stats.refusals = access.refusals();
    if (operator_asks || config.settings.token_secret.empty()) {
      stats.largest = largest.get(now(), [&] { return swarms->largest(swarms_shown); });
    }
    return stats;
  }

  std::uint64_t turn_dial(const std::optional<signal::InfoHash>& release,
                          std::optional<unsigned> percent) override {
    const std::uint64_t before = counters.messages_out;
    if (!release) {
      config.settings.swarms.peer_share = *percent;
      swarms->apply(swarms_settings(), now());
    } else {
      if (percent) {
        config.settings.swarms.peer_shares[*release] = *percent;
      } else {
        config.settings.swarms.peer_shares.erase(*release);
      }
      swarms->set_peer_share(*release, percent, now());
    }
    return counters.messages_out - before;
  }

  const Clock::time_point started = Clock::now();
  asio::io_context io{1};
  Descriptor ready{io};
  Timer timer{io};
  Configuration config;
  Port port;
  std::string url;
  ServerCounters counters;
  Poller poller;
  Access access;
  Connections connections;
  std::unique_ptr<RedisStore> store;              // null: in memory
  std::string store_state;                        // as it was noted last
  std::unique_ptr<Swarms> swarms;                 // from begin() on
  OnceASecond<std::vector<SwarmSummary>> largest; // of all swarms
  Time last_second{-1000};
  Time stopping_since{0};
  bool stopping = false;
  bool all_left = false;
};

Server::Server(std::unique_ptr<State> state) : state_(std::move(state)) {}

Server::~Server() = default;

Result<std::unique_ptr<Server>> Server::open(Configuration configuration) {
  auto port = Port::open(configuration.settings.listen);
  if (!port) {
    return port.error();
  }
  auto state = std::make_unique<State>(std::move(configuration), std::move(*port));
  if (Status begun = state->begin(); !begun) {
    return begun.error();
  }
  return std::unique_ptr<Server>(new Server(std::move(state)));
}

const std::string& Server::url() const {
  return state_->url;
}

void Server::run() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
  state_->io.run();
}

void Server::apply(Configuration configuration, std::function<void()> done) {
  asio::post(state_->io, [state = state_.get(),
                          held = std::make_shared<Configuration>(std::move(configuration)),
                          done = std::move(done)] {
    state->reload(std::move(*held));
    done();
  });
}

void Server::stop() {
  asio::post(state_->io, [state = state_.get()] { state->begin_stop(); });
}

} // namespace triad::tracker
