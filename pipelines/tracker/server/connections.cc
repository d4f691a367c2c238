// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tracker/server/connections.h"

#include <algorithm>
#include <utility>

namespace triad::tracker {
namespace {

constexpr std::size_t read_size = 64 * 1024;
constexpr std::uint32_t request_seconds = 10; // for a TLS handshake or a request to come in
constexpr std::uint32_t goodbye_seconds = 2;  // for the peer to close its side
constexpr std::size_t most_refused = 256;     // who are told why; others just find it closed
constexpr std::size_t sweeps_in_a_second = 10;

} // namespace

Connections::Connections(Poller& poller, Access& access, Service& service, ServerCounters& counters)
    : poller_(poller),
      access_(access),
      service_(service),
      counters_(counters),
      buffer_(read_size) {}

Connections::~Connections() = default;

void Connections::apply(const Limits& limits, std::uint32_t trusted_proxies) {
  limits_ = limits;
  trusted_proxies_ = trusted_proxies;
}

std::uint32_t Connections::seconds() const {
  return static_cast<std::uint32_t>(now_.count() / 1000);
}

Connection* Connections::find(std::uint64_t key) {
  const auto id = static_cast<ConnectionId>(key);
  Connection* connection = id < slots_.size() ? slots_[id].connection.get() : nullptr;
  return connection && connection->key() == key && !connection->gone ? connection : nullptr;
}

void Connections::take(Accepted accepted) {
  if (stopping_) {
    return;
  }
  ++counters_.connections;
  if (free_.empty()) {
    free_.push_back(static_cast<ConnectionId>(slots_.size()));
    slots_.emplace_back();
  }
  const ConnectionId id = free_.back();
  Slot& slot = slots_[id];
  const std::uint64_t key = std::uint64_t{slot.generation} << 32 | id;
  auto connection = std::make_unique<Connection>(key, std::move(accepted.socket), tls_);
  connection->address = accepted.address;
  connection->since = seconds();
  if (trusted_proxies_ == 0) { // else the request says whose it is
    Refusal why{};
    connection->permit = access_.open(accepted.address, &why);
    if (!connection->permit) {
      // With TLS only a handshake could tell them, which would cost more than to serve them.
      if (tls_ || refused_ == most_refused) {
        return;
      }
      connection->refused = why;
    }
  }
  if (poller_.add(connection->socket(), key, Interest::read)) {
    refused_ += connection->refused ? 1 : 0;
    slot.connection = std::move(connection);
    free_.pop_back();
    ++count_;
  }
}

void Connections::enter(Connection& connection, Phase phase) {
  connection.phase = phase;
  connection.since = seconds();
}

void Connections::end(Connection& connection) {
  if (!std::exchange(connection.gone, true)) {
    gone_.push_back(&connection);
  }
}

void Connections::refuse(Connection& connection, Refusal why) {
  access_.refusals().add(why);
  end(connection);
}

void Connections::settle() {
  // Each end may break further connections, for others hear of it.
  for (std::size_t i = 0; i < gone_.size(); ++i) {
    const ConnectionId id = gone_[i]->id();
    Slot& slot = slots_[id];
    const bool upgraded = slot.connection->upgraded;
    waiting_ -= slot.connection->counted;
    refused_ -= slot.connection->refused ? 1 : 0;
    slot.connection.reset();
    slot.generation = (slot.generation + 1) & 0x7fffffff;
    --count_;
    if (upgraded) {
      service_.closed(id);
    }
    free_.push_back(id);
  }
  gone_.clear();
}

void Connections::want(Connection& connection, Interest interest) {
  if (std::exchange(connection.interest, interest) != interest) {
    poller_.change(connection.socket(), connection.key(), interest);
  }
}

void Connections::count_waiting(Connection& connection) {
  waiting_ += connection.waiting() - connection.counted;
  connection.counted = connection.waiting();
  if (waiting_ > limits_.waiting_bytes && connection.counted > limits_.waiting_bytes / count_ &&
      !connection.gone) {
    refuse(connection, Refusal::queued_bytes);
  }
}

void Connections::write(Connection& connection, std::string_view bytes) {
  if (connection.gone) {
    return;
  }
  if (!connection.send(bytes)) {
    end(connection);
  } else if (connection.queued() > limits_.queued_bytes) {
    refuse(connection, Refusal::queued_bytes);
  } else {
    after_write(connection);
  }
  count_waiting(connection);
}

void Connections::after_write(Connection& connection) {
  // Who does not read what he is sent is not listened to either: so its messages wait in its own
  // memory, not in ours.
  want(connection, connection.queued() == 0 ? Interest::read : Interest::write);
  if (connection.phase == Phase::ending && connection.queued() == 0) {
    connection.shut_down();
  }
}

void Connections::handle(std::uint64_t key, std::uint32_t events) {
  Connection* connection = find(key);
  if (!connection) {
    return;
  }
  if (connection->phase == Phase::handshake) {
    shake_hands(*connection);
  } else if (connection->interest == Interest::write) {
    if ((events & (EPOLLHUP | EPOLLERR)) != 0) {
      end(*connection);
    } else {
      writable(*connection);
    }
  } else {
    readable(*connection);
  }
  count_waiting(*connection);
  settle();
}

void Connections::shake_hands(Connection& connection) {
  switch (connection.shake_hands()) {
  case IoState::done:
    want(connection, Interest::read);
    enter(connection, Phase::request);
    readable(connection); // the request may have come with the handshake's last bytes
    break;
  case IoState::wants_read:
    want(connection, Interest::read);
    break;
  case IoState::wants_write:
    want(connection, Interest::write);
    break;
  case IoState::closed:
    end(connection);
  }
}

void Connections::writable(Connection& connection) {
  if (!connection.send_queued()) {
    end(connection);
    return;
  }
  after_write(connection);
}

void Connections::readable(Connection& connection) {
  const IoResult result = connection.receive(buffer_);
  switch (result.state) {
  case IoState::done:
    received(connection, std::span(buffer_).first(result.bytes));
    break;
  case IoState::wants_write:
    want(connection, Interest::write);
    break;
  case IoState::closed:
    end(connection);
    break;
  case IoState::wants_read:
    break;
  }
}

void Connections::received(Connection& connection, std::span<char> bytes) {
  std::string whole;
  if (!connection.in.empty()) {
    whole.swap(connection.in);
    whole.append(bytes.data(), bytes.size());
    bytes = whole;
  }
  bool going_on = true;
  while (going_on && !bytes.empty() && !connection.gone) {
    switch (connection.phase) {
    case Phase::request:
      going_on = take_request(connection, bytes);
      break;
    case Phase::websocket:
    case Phase::closing:
      going_on = take_frame(connection, bytes);
      break;
    case Phase::ending:
    case Phase::handshake:
      return; // nothing that comes now counts
    }
  }
  if (!connection.gone && !bytes.empty()) {
    if (bytes.size() == whole.size()) {
      connection.in = std::move(whole);
    } else {
      connection.in.assign(bytes.data(), bytes.size());
    }
  }
}

void Connections::sweep() {
  const std::size_t part = slots_.size() / sweeps_in_a_second + 1;
  for (std::size_t i = 0; i < part && i < slots_.size(); ++i) {
    swept_ = swept_ + 1 < slots_.size() ? swept_ + 1 : 0;
    if (Connection* connection = slots_[swept_].connection.get(); connection && !connection->gone) {
      check(*connection);
    }
  }
  settle();
}

void Connections::check(Connection& connection) {
  count_waiting(connection); // others may have made it too much
  const std::uint32_t silent = seconds() - connection.since;
  switch (connection.phase) {
  case Phase::handshake:
  case Phase::request:
    if (silent >= request_seconds) {
      end(connection);
    }
    break;
  case Phase::websocket:
    if (silent >= limits_.idle_seconds) {
      end(connection);
    } else if (silent >= limits_.idle_seconds / 2 && !std::exchange(connection.pinged, true)) {
      send_frame(connection, Opcode::ping, {});
    }
    break;
  case Phase::closing:
  case Phase::ending:
    if (silent >= goodbye_seconds) {
      end(connection);
    }
    break;
  }
}

void Connections::stop() {
  stopping_ = true;
  for (Slot& slot : slots_) {
    if (!slot.connection || slot.connection->gone) {
      continue;
    }
    if (slot.connection->phase == Phase::websocket) {
      close(*slot.connection, CloseCode::going_away, Phase::closing);
    } else if (slot.connection->phase == Phase::request ||
               slot.connection->phase == Phase::handshake) {
      end(*slot.connection);
    }
  }
  settle();
}

void Connections::drop_all() {
  for (Slot& slot : slots_) {
    if (slot.connection) {
      end(*slot.connection);
    }
  }
  settle();
}

} // namespace triad::tracker
