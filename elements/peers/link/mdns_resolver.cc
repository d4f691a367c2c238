// SPDX-License-Identifier: LGPL-2.1-or-later
// MdnsResolver: names that wait, and who waits for them.
#include "peers/link/mdns.h"
#include "peers/link/mdns_sockets.h"

#include <glib-unix.h>

#include <algorithm>
#include <utility>

namespace triad {

namespace {

constexpr std::size_t most_names = 16;
constexpr int most_queries = 3;

// Without its zone a link-local address leads nowhere.
bool needs_zone(const std::string& address) {
  return address.starts_with("fe8") || address.starts_with("fe9") || address.starts_with("fea") ||
         address.starts_with("feb");
}

} // namespace

class MdnsResolver::State : public std::enable_shared_from_this<State> {
public:
  using Done = std::function<void(std::optional<std::string>)>;

  explicit State(GMainContext* context) : context_(g_main_context_ref(context)) {}
  ~State() {
    end();
    g_main_context_unref(context_);
  }

  void resolve(std::string name, std::chrono::nanoseconds patience, Done done);
  // No callback comes after.
  void end();

private:
  struct Waiting {
    State* state;
    std::vector<std::byte> query; // empty: nothing to ask
    std::uint16_t id;
    std::string name;
    Done done;
    int queries = 0;
    GSource* timer = nullptr;
  };

  static gboolean on_time(gpointer data);
  static gboolean on_readable(gint descriptor, GIOCondition condition, gpointer data);
  void hear(Bytes packet, bool unicast);
  void finish(const Waiting* which, std::optional<std::string> address);
  void open_sockets();
  void close_sockets();

  GMainContext* context_;
  std::vector<std::unique_ptr<Waiting>> waiting_;
  std::shared_ptr<MdnsSockets> sockets_; // while somebody waits
  std::vector<GSource*> readable_;
};

void MdnsResolver::State::resolve(std::string name, std::chrono::nanoseconds patience, Done done) {
  const auto id = static_cast<std::uint16_t>(g_random_int());
  auto query = waiting_.size() < most_names ? write_mdns_query(id, name) : std::vector<std::byte>();
  auto entry = std::make_unique<Waiting>(
      Waiting{this, std::move(query), id, std::move(name), std::move(done)});
  const auto step = std::chrono::duration_cast<std::chrono::milliseconds>(patience / most_queries);
  const bool asks = !entry->query.empty();
  entry->timer =
      g_timeout_source_new(asks ? static_cast<guint>(std::max<gint64>(step.count(), 1)) : 0);
  g_source_set_callback(entry->timer, on_time, entry.get(), nullptr);
  g_source_attach(entry->timer, context_);
  if (asks) {
    open_sockets();
    sockets_->send(entry->query);
    entry->queries = 1;
  }
  waiting_.push_back(std::move(entry));
}

gboolean MdnsResolver::State::on_time(gpointer data) {
  auto* const entry = static_cast<Waiting*>(data);
  if (entry->query.empty() || entry->queries == most_queries) {
    entry->state->finish(entry, std::nullopt);
    return G_SOURCE_REMOVE;
  }
  ++entry->queries;
  entry->state->sockets_->send(entry->query);
  return G_SOURCE_CONTINUE;
}

gboolean MdnsResolver::State::on_readable(gint descriptor, GIOCondition, gpointer data) {
  // A callback may end the resolver.
  const std::shared_ptr<State> state = static_cast<State*>(data)->shared_from_this();
  const std::shared_ptr<MdnsSockets> sockets = state->sockets_;
  sockets->receive(descriptor, [&](Bytes packet, bool unicast) { state->hear(packet, unicast); });
  return G_SOURCE_CONTINUE;
}

void MdnsResolver::State::hear(Bytes packet, bool unicast) {
  std::vector<std::pair<const Waiting*, std::string>> found;
  for (const auto& entry : waiting_) {
    if (entry->query.empty())
      continue;
    // Who answers one host alone repeats its id (RFC 6762, section 6.7).
    if (unicast && !std::equal(entry->query.begin(), entry->query.begin() + 2, packet.begin(),
                               packet.begin() + std::min<std::ptrdiff_t>(std::ssize(packet), 2)))
      continue;
    const auto addresses = parse_mdns_response(packet, entry->name);
    if (!addresses)
      return;
    const auto usable = std::find_if_not(addresses->begin(), addresses->end(), needs_zone);
    if (usable != addresses->end())
      found.emplace_back(entry.get(), *usable);
  }
  for (auto& [entry, address] : found)
    finish(entry, std::move(address));
}

void MdnsResolver::State::finish(const Waiting* which, std::optional<std::string> address) {
  const std::shared_ptr<State> alive = shared_from_this();
  const auto at = std::find_if(waiting_.begin(), waiting_.end(),
                               [&](const auto& entry) { return entry.get() == which; });
  if (at == waiting_.end())
    return; // an earlier callback ended the resolver
  const std::unique_ptr<Waiting> entry = std::move(*at);
  waiting_.erase(at);
  if (waiting_.empty())
    close_sockets();
  g_source_destroy(entry->timer);
  g_source_unref(entry->timer);
  entry->done(std::move(address));
}

void MdnsResolver::State::open_sockets() {
  if (sockets_)
    return;
  sockets_ = std::make_shared<MdnsSockets>();
  for (const int descriptor : sockets_->descriptors()) {
    GSource* const source = g_unix_fd_source_new(descriptor, G_IO_IN);
    g_source_set_callback(source, G_SOURCE_FUNC(&State::on_readable), this, nullptr);
    g_source_attach(source, context_);
    readable_.push_back(source);
  }
}

void MdnsResolver::State::close_sockets() {
  for (GSource* const source : readable_) {
    g_source_destroy(source);
    g_source_unref(source);
  }
  readable_.clear();
  sockets_.reset();
}

void MdnsResolver::State::end() {
  for (const auto& entry : waiting_) {
    g_source_destroy(entry->timer);
    g_source_unref(entry->timer);
  }
  waiting_.clear();
  close_sockets();
}

MdnsResolver::MdnsResolver(GMainContext* context) : state_(std::make_shared<State>(context)) {}

MdnsResolver::~MdnsResolver() {
  state_->end();
}

void MdnsResolver::resolve(std::string name, std::chrono::nanoseconds patience,
                           std::function<void(std::optional<std::string> address)> done) {
  state_->resolve(std::move(name), patience, std::move(done));
}

} // namespace triad
