// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tracker/store/cluster.h"

#include "tracker/store/wait.h"

#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <utility>

namespace triad::tracker::redis {
namespace {

constexpr std::uint8_t max_redirections = 5;

} // namespace

Cluster::Cluster(boost::asio::io_context& loop, ClusterOptions options, Events events)
    : loop_(loop),
      options_(std::move(options)),
      events_(std::move(events)),
      backoff_(options_.first_retry, options_.last_retry, options_.seed),
      refresh_timer_(loop),
      known_(options_.url.hosts) {}

Cluster::~Cluster() {
  for (const auto& [address, connection] : nodes_) {
    connection->close();
  }
}

void Cluster::start() {
  refreshing_ = true;
  wait(*this, refresh_timer_, std::chrono::milliseconds(0), [this] { refresh(); });
}

// The connection to a node, made if there is none.
Connection& Cluster::node(const Address& address) {
  auto& connection = nodes_[address];
  if (!connection) {
    connection = std::make_shared<Connection>(
        loop_, address, Use::commands,
        ConnectionOptions{options_.url.user, options_.url.password, options_.url.database,
                          options_.reply_timeout},
        Connection::Events{[this] { look_whether_settled(); },
                           [this, address](Command&& command, const Reply* reply) {
                             answered(address, std::move(command), reply);
                           },
                           {},
                           [this, address](const std::string& reason) {
                             nodes_.erase(address);
                             ++totals_.reconnections;
                             trouble(reason);
                           }});
    connection->start();
  }
  return *connection;
}

void Cluster::send(Command command) {
  const Address* to = master(*command.slot);
  const auto found = to ? nodes_.find(*to) : nodes_.end();
  found == nodes_.end() ? drop(command) : put(*found->second, std::move(command));
}

void Cluster::put(Connection& to, Command command) {
  if (to.send(command)) {
    ++totals_.commands;
  } else {
    drop(command);
  }
}

void Cluster::drop(const Command& command) {
  ++totals_.dropped;
  if (command.done) {
    command.done(nullptr);
  }
}

void Cluster::answered(const Address& from, Command&& command, const Reply* reply) {
  if (!reply) {
    drop(command);
    return;
  }
  // TRYAGAIN is for commands with several keys, which we have none of.
  if (reply->kind == Reply::Kind::error && command.slot) {
    const auto redirection = parse_redirection(reply->text, from);
    if (redirection && command.redirections < max_redirections) {
      ++command.redirections;
      ++totals_.redirections;
      Connection& to = node(redirection->to);
      redirection->ask ? put(to, {redis::command({"ASKING"})}) : moved(*redirection);
      put(to, std::move(command));
      return;
    }
    refused(from, reply->text);
  }
  if (command.done) {
    command.done(reply);
  }
}

void Cluster::refused(const Address& from, const std::string& error) {
  ++totals_.refused;
  totals_.trouble = to_string(from) + ": " + error;
  if (error.starts_with("CLUSTERDOWN")) {
    trouble(totals_.trouble);
  } else if (error.starts_with("LOADING") || error.starts_with("READONLY") ||
             error.starts_with("MASTERDOWN")) {
    node(from).give_up(error); // another host may be the master by now
  }
}

void Cluster::moved(const Redirection& redirection) {
  slots_.assign(redirection.slot, redirection.slot, redirection.to);
  node(redirection.to);
  events_.changed();
  refresh_later();
}

void Cluster::trouble(const std::string& what) {
  totals_.trouble = what;
  refresh_later();
  totals_.settled = false;
}

void Cluster::refresh_later() {
  // Soon settled and soon in trouble again is one long trouble.
  if (totals_.settled && std::chrono::steady_clock::now() - settled_at_ > options_.last_retry) {
    backoff_.reset();
  }
  if (!std::exchange(refreshing_, true)) {
    wait(*this, refresh_timer_, backoff_.next(), [this] { refresh(); });
  }
}

void Cluster::refresh() {
  const Address asked = whom_to_ask();
  put(node(asked),
      {command({"CLUSTER", "SLOTS"}), std::nullopt, 0, [this, asked](const Reply* reply) {
         refreshing_ = false;
         take_topology(asked, reply);
       }});
}

// Those that are there come before those that may be.
Address Cluster::whom_to_ask() {
  std::vector<Address> ready;
  for (const auto& [address, connection] : nodes_) {
    if (connection->ready()) {
      ready.push_back(address);
    }
  }
  const auto& candidates = ready.empty() ? known_ : ready;
  return candidates[turn_++ % candidates.size()];
}

void Cluster::take_topology(const Address& asked, const Reply* reply) {
  if (!reply) {
    refresh_later();
  } else if (reply->kind == Reply::Kind::error) {
    if (reply->text.find("cluster support disabled") == std::string::npos) {
      trouble(to_string(asked) + ": " + reply->text);
      return;
    }
    Topology single;
    single.slots.assign(0, slot_count - 1, asked);
    adopt(single);
  } else if (const auto topology = read_topology(*reply, asked); !topology) {
    trouble(to_string(asked) + ": " + topology.error().message);
  } else if (options_.url.database != 0) {
    trouble("a Redis Cluster has no database but 0: take the number out of the store's URL");
  } else {
    adopt(*topology);
  }
}

void Cluster::adopt(const Topology& topology) {
  slots_ = topology.slots;
  known_ = options_.url.hosts;
  known_.insert(known_.end(), topology.nodes.begin(), topology.nodes.end());
  const auto masters = slots_.masters();
  // One that still owes answers stays until the next time.
  std::erase_if(nodes_, [&](const auto& each) {
    const bool over = each.second->idle() &&
                      std::find(masters.begin(), masters.end(), each.first) == masters.end();
    if (over) {
      each.second->close();
    }
    return over;
  });
  for (const Address& master : masters) {
    node(master);
  }
  events_.changed();
  if (!slots_.complete()) {
    trouble("the Redis Cluster has slots without a master");
  }
  look_whether_settled();
}

void Cluster::look_whether_settled() {
  const auto masters = slots_.masters();
  const bool all = slots_.complete() && !refreshing_ &&
                   std::all_of(masters.begin(), masters.end(), [this](const Address& each) {
                     const auto found = nodes_.find(each);
                     return found != nodes_.end() && found->second->ready();
                   });
  if (all && !std::exchange(totals_.settled, true)) {
    settled_at_ = std::chrono::steady_clock::now();
    events_.settled();
  }
}

std::optional<std::chrono::milliseconds> Cluster::now(Slot slot) const {
  const Address* at = master(slot);
  const auto found = at ? nodes_.find(*at) : nodes_.end();
  if (found == nodes_.end() || !found->second->ready()) {
    return std::nullopt;
  }
  return found->second->now();
}

} // namespace triad::tracker::redis
