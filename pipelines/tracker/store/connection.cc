// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tracker/store/connection.h"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <charconv>
#include <concepts>
#include <deque>
#include <utility>

namespace triad::tracker::redis {
namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;
using std::chrono::milliseconds;

constexpr int silent_ticks = 3; // make a reply_timeout

milliseconds steady_now() {
  return std::chrono::duration_cast<milliseconds>(
      std::chrono::steady_clock::now().time_since_epoch());
}

// The answer to TIME: seconds since 1970, and microseconds.
std::optional<milliseconds> read_time(const Reply& reply) {
  if (reply.elements.size() != 2) {
    return std::nullopt;
  }
  std::array<std::int64_t, 2> numbers{};
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const std::string& text = reply.elements[i].text;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, numbers[i]);
    // Twelve digits are the year 33658, and far from any overflow.
    if (error != std::errc() || stop != end || text.size() > 12 || numbers[i] < 0) {
      return std::nullopt;
    }
  }
  return milliseconds(numbers[0] * 1000 + numbers[1] / 1000);
}

// What is waiting for an answer, and who takes it.
struct Pending {
  enum class For { login, clock, command } taker = For::command;
  Command command;
};

} // namespace

struct Connection::State {
  State(boost::asio::io_context& io, Address to, Use for_what, ConnectionOptions with, Events on)
      : loop(io),
        address(std::move(to)),
        use(for_what),
        options(std::move(with)),
        events(std::move(on)),
        resolver(io),
        socket(io),
        tick(io) {}

  boost::asio::io_context& loop;
  Address address;
  Use use;
  ConnectionOptions options;
  Events events;
  tcp::resolver resolver;
  tcp::socket socket;
  boost::asio::steady_timer tick;
  ReplyReader reader;
  std::array<char, 16384> input{};
  std::deque<Pending> pending; // sent, in order
  std::deque<Command> waiting; // until it is logged in
  std::size_t waiting_bytes = 0;
  std::string next, writing; // what comes after what is being written
  bool write_scheduled = false;
  bool logged_in = false, over = false;
  int silence = 0;             // ticks without a byte
  milliseconds clock_ahead{0}; // of ours

  // Everything asynchronous ends here if the connection was closed meanwhile.
  template <typename Handler>
  auto guarded(const std::shared_ptr<Connection>& self, Handler handler) {
    return [ self, handler = std::move(handler) ]<typename... Rest>(
        const error_code& error,
        Rest&&... rest) mutable requires std::invocable<Handler&, const error_code&, Rest&...> {
      if (!self->state_->over) {
        handler(error, rest...);
      }
    };
  }

  void resolve(const std::shared_ptr<Connection>& self);
  void connect(const std::shared_ptr<Connection>& self, const tcp::resolver::results_type& where);
  void log_in(const std::shared_ptr<Connection>& self);
  void write_soon(const std::shared_ptr<Connection>& self);
  void write(const std::shared_ptr<Connection>& self);
  void read(const std::shared_ptr<Connection>& self);
  void beat(const std::shared_ptr<Connection>& self);
  void take(const std::shared_ptr<Connection>& self, const Reply& reply);
  void take_login(const Reply& reply);
  void ask_time(const std::shared_ptr<Connection>& self, Pending::For taker);
  void put(const std::shared_ptr<Connection>& self, Pending item);
  void send(const std::shared_ptr<Connection>& self, Command command);
  void open_gates(const std::shared_ptr<Connection>& self);
  void stop();
  void lose(const std::string& reason);
  void set_clock(const Reply& reply);
};

void Connection::State::resolve(const std::shared_ptr<Connection>& self) {
  // An address needs no look-up, which would start a thread.
  error_code no_address;
  const auto ip = boost::asio::ip::make_address(address.host, no_address);
  if (!no_address) {
    connect(self, tcp::resolver::results_type::create(tcp::endpoint(ip, address.port), "", ""));
    return;
  }
  resolver.async_resolve(address.host, std::to_string(address.port),
                         guarded(self, [this, self](const error_code& error, const auto& where) {
                           error ? lose("its name can't be looked up: " + error.message())
                                 : connect(self, where);
                         }));
}

void Connection::State::connect(const std::shared_ptr<Connection>& self,
                                const tcp::resolver::results_type& where) {
  boost::asio::async_connect(
      socket, where, guarded(self, [this, self](const error_code& error, const tcp::endpoint&) {
        if (error) {
          lose("it can't be reached: " + error.message());
          return;
        }
        error_code ignored;
        socket.set_option(tcp::no_delay(true), ignored);
        log_in(self);
        read(self);
      }));
}

void Connection::State::log_in(const std::shared_ptr<Connection>& self) {
  const auto ask = [&](std::initializer_list<std::string_view> words) {
    put(self, {Pending::For::login, {command(words)}});
  };
  if (!options.password.empty()) {
    options.user.empty() ? ask({"AUTH", options.password})
                         : ask({"AUTH", options.user, options.password});
  }
  if (options.database != 0) {
    ask({"SELECT", std::to_string(options.database)});
  }
  ask({"PING"}); // refused while a node reads its data from disk, unlike TIME
  ask({"TIME"});
}

void Connection::State::put(const std::shared_ptr<Connection>& self, Pending item) {
  next += item.command.bytes;
  pending.push_back(std::move(item));
  write_soon(self);
}

void Connection::State::send(const std::shared_ptr<Connection>& self, Command command) {
  if (use == Use::commands) {
    put(self, {Pending::For::command, std::move(command)});
  } else {
    next += command.bytes;
    write_soon(self);
  }
}

// Later, so that what one turn of the loop has to say becomes one write.
void Connection::State::write_soon(const std::shared_ptr<Connection>& self) {
  if (!write_scheduled && writing.empty()) {
    write_scheduled = true;
    boost::asio::post(loop, [this, self] {
      write_scheduled = false;
      if (!over && writing.empty() && !next.empty()) {
        write(self);
      }
    });
  }
}

void Connection::State::write(const std::shared_ptr<Connection>& self) {
  writing.swap(next);
  boost::asio::async_write(socket, boost::asio::buffer(writing),
                           guarded(self, [this, self](const error_code& error, std::size_t) {
                             writing.clear();
                             if (error) {
                               lose("it hung up: " + error.message());
                             } else if (!next.empty()) {
                               write(self);
                             }
                           }));
}

void Connection::State::read(const std::shared_ptr<Connection>& self) {
  socket.async_read_some(boost::asio::buffer(input),
                         guarded(self, [this, self](const error_code& error, std::size_t size) {
                           if (error) {
                             lose("it hung up: " + error.message());
                             return;
                           }
                           silence = 0;
                           reader.feed({input.data(), size});
                           while (!over) {
                             const auto reply = reader.next();
                             if (!reply) {
                               break;
                             }
                             take(self, *reply);
                           }
                           if (!over && reader.garbled()) {
                             lose("it does not speak Redis's protocol");
                           }
                           if (!over) {
                             read(self);
                           }
                         }));
}

void Connection::State::take(const std::shared_ptr<Connection>& self, const Reply& reply) {
  if (pending.empty()) {
    use == Use::channel&& logged_in ? events.pushed(reply) : lose("it answered what was not asked");
    return;
  }
  Pending item = std::move(pending.front());
  pending.pop_front();
  switch (item.taker) {
  case Pending::For::command:
    events.answered(std::move(item.command), &reply);
    break;
  case Pending::For::clock:
    set_clock(reply);
    break;
  case Pending::For::login:
    if (reply.kind == Reply::Kind::error) {
      lose("it refuses us: " + reply.text);
    } else if (pending.empty()) {
      set_clock(reply);
      if (!over) {
        open_gates(self);
      }
    }
  }
}

void Connection::State::set_clock(const Reply& reply) {
  if (const auto time = read_time(reply)) {
    clock_ahead = *time - steady_now();
  } else {
    lose("it does not tell the time");
  }
}

void Connection::State::open_gates(const std::shared_ptr<Connection>& self) {
  logged_in = true;
  waiting_bytes = 0;
  for (Command& each : std::exchange(waiting, {})) {
    send(self, std::move(each));
  }
  if (events.ready) {
    events.ready();
  }
}

// Ticks are counted, not time: a process that was stopped for a while hears what waits for it.
void Connection::State::beat(const std::shared_ptr<Connection>& self) {
  tick.expires_after(options.reply_timeout / silent_ticks);
  tick.async_wait(guarded(self, [this, self](const error_code&) {
    if (++silence > silent_ticks) {
      lose("it is silent");
      return;
    }
    if (logged_in && use == Use::channel) {
      send(self, {command({"PING"})}); // all that a subscriber may ask
    } else if (logged_in) {
      put(self, {Pending::For::clock, {command({"TIME"})}});
    }
    beat(self);
  }));
}

void Connection::State::stop() {
  over = true;
  resolver.cancel();
  tick.cancel();
  error_code ignored;
  socket.close(ignored);
}

void Connection::State::lose(const std::string& reason) {
  stop();
  if (use == Use::channel) {
    waiting.clear();
  }
  for (Pending& item : pending) {
    if (item.taker == Pending::For::command) {
      events.answered(std::move(item.command), nullptr);
    }
  }
  for (Command& each : waiting) {
    events.answered(std::move(each), nullptr);
  }
  pending.clear();
  waiting.clear();
  events.lost(to_string(address) + ": " + reason);
  events = {};
}

Connection::Connection(boost::asio::io_context& loop, Address address, Use use,
                       ConnectionOptions options, Events events)
    : state_(std::make_unique<State>(loop, std::move(address), use, std::move(options),
                                     std::move(events))) {}

Connection::~Connection() = default;

void Connection::start() {
  state_->beat(shared_from_this());
  boost::asio::post(state_->loop, [self = shared_from_this()] {
    if (!self->state_->over) {
      self->state_->resolve(self);
    }
  });
}

void Connection::close() {
  if (!state_->over) {
    state_->stop();
  }
}

void Connection::give_up(const std::string& reason) {
  boost::asio::post(state_->loop, [self = shared_from_this(), reason] {
    if (!self->state_->over) {
      self->state_->lose(reason);
    }
  });
}

bool Connection::send(Command& command) {
  State& state = *state_;
  if (state.over || state.pending.size() + state.waiting.size() >= max_commands ||
      state.next.size() + state.waiting_bytes + command.bytes.size() > max_queued_bytes) {
    return false;
  }
  if (!state.logged_in) {
    state.waiting_bytes += command.bytes.size();
    state.waiting.push_back(std::move(command));
  } else {
    state.send(shared_from_this(), std::move(command));
  }
  return true;
}

bool Connection::ready() const {
  return state_->logged_in && !state_->over;
}

bool Connection::idle() const {
  return state_->pending.empty() && state_->waiting.empty();
}

milliseconds Connection::now() const {
  return steady_now() + state_->clock_ahead;
}

} // namespace triad::tracker::redis
