// SPDX-License-Identifier: LGPL-2.1-or-later
#include "peers/company/connector.h"

#include "peers/company/loop_source.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

namespace triad::trackers {
namespace {

using AddressPtr = std::unique_ptr<GSocketAddress, UnrefObject>;

constexpr auto stagger = std::chrono::milliseconds(250); // RFC 8305, section 5
constexpr std::size_t most_addresses = 16;               // that a name's owner makes us try

// Takes the error over.
std::string text_of(GError* error) {
  std::string text = error ? error->message : "unknown error";
  g_clear_error(&error);
  return text;
}

sockaddr_storage native(GSocketAddress* address) {
  sockaddr_storage storage{};
  g_socket_address_to_native(address, &storage, sizeof storage, nullptr);
  return storage;
}

// The resolver's order, but the families take turns (RFC 8305, section 4).
std::vector<AddressPtr> interleaved(GList* found, std::uint16_t port) {
  std::vector<AddressPtr> first, other, all;
  for (GList* item = found; item; item = item->next) {
    auto* address = G_INET_ADDRESS(item->data);
    const bool same = g_inet_address_get_family(address) ==
                      g_inet_address_get_family(G_INET_ADDRESS(found->data));
    (same ? first : other).emplace_back(g_inet_socket_address_new(address, port));
  }
  for (std::size_t i = 0; i < std::max(first.size(), other.size()); ++i) {
    if (i < first.size())
      all.push_back(std::move(first[i]));
    if (i < other.size())
      all.push_back(std::move(other[i]));
  }
  return all;
}

class Connecting final : public Connector {
public:
  Connecting(GMainContext* context, std::function<bool(const sockaddr&)> may_connect,
             std::function<void(Result<SocketPtr>)> done)
      : context_(context),
        may_connect_(std::move(may_connect)),
        done_(std::move(done)),
        next_(context, [this](GIOCondition) { try_next(); }) {}

  ~Connecting() override {
    if (lookup_) {
      lookup_->owner = nullptr;
      g_cancellable_cancel(lookup_->cancellable.get());
    }
  }

  void resolve(const std::string& host, std::uint16_t port) {
    port_ = port;
    lookup_ = new Lookup{this, {}};
    lookup_->cancellable.reset(g_cancellable_new());
    const std::unique_ptr<GResolver, UnrefObject> resolver(g_resolver_get_default());
    // The answer comes to the context that is this thread's default.
    g_main_context_push_thread_default(context_);
    g_resolver_lookup_by_name_async(resolver.get(), host.c_str(), lookup_->cancellable.get(),
                                    &Connecting::on_resolved, lookup_);
    g_main_context_pop_thread_default(context_);
  }

private:
  // Outlives the connector if the resolver is still busy.
  struct Lookup {
    Connecting* owner;
    std::unique_ptr<GCancellable, UnrefObject> cancellable;
  };
  struct Attempt {
    SocketPtr socket;
    std::unique_ptr<LoopSource> source;
  };

  static void on_resolved(GObject* resolver, GAsyncResult* result, gpointer data) {
    const std::unique_ptr<Lookup> lookup(static_cast<Lookup*>(data));
    GError* error = nullptr;
    GList* found = g_resolver_lookup_by_name_finish(G_RESOLVER(resolver), result, &error);
    Connecting* self = lookup->owner;
    if (self) {
      self->lookup_ = nullptr;
      self->addresses_ = interleaved(found, self->port_);
    }
    g_resolver_free_addresses(found);
    const std::string reason = text_of(error);
    if (self && self->addresses_.empty())
      return self->finish(Error{ErrorCode::unreachable, reason, {}});
    if (self)
      self->judge_addresses();
  }

  void judge_addresses() {
    std::erase_if(addresses_, [this](const AddressPtr& address) {
      const sockaddr_storage storage = native(address.get());
      return !may_connect_(reinterpret_cast<const sockaddr&>(storage));
    });
    if (addresses_.empty())
      return finish(Error{ErrorCode::unreachable, "its address is not allowed", {}});
    addresses_.resize(std::min(addresses_.size(), most_addresses));
    std::reverse(addresses_.begin(), addresses_.end()); // the next one is the last
    try_next();
  }

  void try_next() {
    while (!addresses_.empty()) {
      const AddressPtr address = std::move(addresses_.back());
      addresses_.pop_back();
      if (begin(address.get())) {
        if (!addresses_.empty())
          next_.set_deadline(LoopSource::now() + stagger);
        return;
      }
    }
    if (attempts_.empty())
      finish(Error{ErrorCode::unreachable, reason_, {}});
  }

  // False: it has failed already.
  bool begin(GSocketAddress* address) {
    GError* error = nullptr;
    SocketPtr socket(g_socket_new(g_socket_address_get_family(address), G_SOCKET_TYPE_STREAM,
                                  G_SOCKET_PROTOCOL_TCP, &error));
    if (socket) {
      g_socket_set_blocking(socket.get(), FALSE);
      g_socket_set_option(socket.get(), IPPROTO_TCP, TCP_NODELAY, 1, nullptr);
      g_socket_connect(socket.get(), address, nullptr, &error);
    }
    if (!socket || (error && !g_error_matches(error, G_IO_ERROR, G_IO_ERROR_PENDING))) {
      reason_ = text_of(error);
      return false;
    }
    g_clear_error(&error);
    GSocket* raw = socket.get();
    auto source = std::make_unique<LoopSource>(context_, [this, raw](GIOCondition) { end(raw); });
    source->watch(g_socket_get_fd(raw), G_IO_OUT);
    attempts_.push_back({std::move(socket), std::move(source)});
    return true;
  }

  // An attempt came to its end.
  void end(GSocket* socket) {
    const auto attempt =
        std::find_if(attempts_.begin(), attempts_.end(),
                     [socket](const Attempt& one) { return one.socket.get() == socket; });
    GError* error = nullptr;
    const bool connected = g_socket_check_connect_result(socket, &error) != FALSE;
    SocketPtr taken = std::move(attempt->socket);
    attempts_.erase(attempt);
    if (connected)
      return finish(std::move(taken));
    reason_ = text_of(error);
    try_next();
  }

  void finish(Result<SocketPtr> result) {
    attempts_.clear();
    addresses_.clear();
    next_.clear_deadline();
    const auto done = std::move(done_); // it may destroy this
    done(std::move(result));
  }

  GMainContext* context_;
  std::function<bool(const sockaddr&)> may_connect_;
  std::function<void(Result<SocketPtr>)> done_;
  std::uint16_t port_ = 0;
  Lookup* lookup_ = nullptr;          // while the resolver has it
  std::vector<AddressPtr> addresses_; // not yet tried, in reverse
  std::vector<Attempt> attempts_;     // under way
  std::string reason_;                // why the last attempt failed
  LoopSource next_;
};

} // namespace

std::unique_ptr<Connector> Connector::start(GMainContext* context, const std::string& host,
                                            std::uint16_t port,
                                            std::function<bool(const sockaddr&)> may_connect,
                                            std::function<void(Result<SocketPtr>)> done) {
  auto connector = std::make_unique<Connecting>(context, std::move(may_connect), std::move(done));
  connector->resolve(host, port);
  return connector;
}

} // namespace triad::trackers
