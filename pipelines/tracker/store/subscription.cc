// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tracker/store/subscription.h"

#include "tracker/store/wait.h"

namespace triad::tracker::redis {

Subscription::Subscription(boost::asio::io_context& loop, const ClusterOptions& options,
                           std::string channel, Cluster& cluster, Events events)
    : loop_(loop),
      login_{options.url.user, options.url.password, 0, options.reply_timeout},
      channel_(std::move(channel)),
      cluster_(cluster),
      events_(std::move(events)),
      backoff_(options.first_retry, options.last_retry, options.seed + 1),
      timer_(loop) {}

Subscription::~Subscription() {
  if (connection_) {
    connection_->close();
  }
}

void Subscription::follow() {
  const Address* master = cluster_.master(key_slot(channel_));
  if (!master || (connection_ && where_ == *master)) {
    return;
  }
  if (connection_) {
    connection_->close();
  }
  connect(*master);
}

void Subscription::connect(const Address& to) {
  where_ = to;
  ready_ = false;
  connection_ =
      std::make_shared<Connection>(loop_, to, Use::channel, login_,
                                   Connection::Events{{},
                                                      {},
                                                      [this](const Reply& reply) { take(reply); },
                                                      [this](const std::string& reason) {
                                                        cluster_.trouble(reason);
                                                        again();
                                                      }});
  connection_->start();
  Command subscribe{command({"SSUBSCRIBE", channel_})};
  static_cast<void>(connection_->send(subscribe)); // a new one has room
}

void Subscription::take(const Reply& reply) {
  const auto& words = reply.elements;
  const bool ours = words.size() == 3 && words[1].is(channel_);
  if (ours && words[0].is("smessage")) {
    events_.message(words[2].text);
    return;
  }
  if (ours && words[0].is("ssubscribe")) {
    ready_ = true;
    backoff_.reset();
    return;
  }
  if (words.size() == 2 && words[0].is("pong")) {
    return;
  }
  connection_->close();
  again();
  const auto moved = parse_redirection(reply.text, where_);
  if (moved) {
    cluster_.moved(*moved); // leads to follow()
  } else if (reply.kind == Reply::Kind::error) {
    cluster_.trouble(to_string(where_) + ": " + reply.text);
  } else if (ours && words[0].is("sunsubscribe")) {
    cluster_.trouble(to_string(where_) + ": the slot of our channel left it");
  } else {
    events_.garbled();
  }
}

// The slot may go elsewhere meanwhile: then follow() is called before the time is up.
void Subscription::again() {
  connection_.reset();
  ready_ = false;
  wait(*this, timer_, backoff_.next(), [this] { follow(); });
}

} // namespace triad::tracker::redis
