// SPDX-License-Identifier: LGPL-2.1-or-later
#include "server/http_client.h"

#include "server/address.h"
#include "server/address_watch.h"
#include "server/curl_multi.h"
#include "server/transfer.h"
#include "server/url.h"

#include <openssl/crypto.h>
#include <sys/socket.h>

#include <algorithm>
#include <deque>
#include <map>

namespace triad {
namespace {

constexpr unsigned connections_per_host = 6;

void initialise_once() {
  static const bool done = [] {
    // OpenSSL's exit handler would pull its tables from under a thread that still downloads.
    OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, nullptr);
    return curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
  }();
  static_cast<void>(done);
}

bool is_open(int fd) {
  char byte = 0;
  return recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) != 0;
}

} // namespace

bool has_credentials(const std::string& url, const HttpSettings& settings) {
  return has_credentials(url) || !settings.cookies.empty() || !settings.extra_headers.empty();
}

class HttpClient::Impl : public std::enable_shared_from_this<Impl> {
public:
  Impl(GMainContext* context, IsPrivate is_private)
      : context_(context ? g_main_context_ref(context)
                         : g_main_context_ref(g_main_context_default())),
        state_(std::make_shared<ClientState>()),
        addresses_(context_, [this] { end_dead_connections(); }) {
    initialise_once();
    state_->is_private = std::move(is_private);
    if (!state_->is_private)
      state_->is_private = [](const sockaddr& address) { return is_private_address(address); };
    static GSourceFuncs functions = {nullptr, nullptr, &Impl::on_watch, nullptr, nullptr, nullptr};
    watch_ = g_source_new(&functions, sizeof(Watch));
    reinterpret_cast<Watch*>(watch_)->owner = this;
    g_source_set_name(watch_, "triad-http-watch");
    g_source_attach(watch_, context_);
  }

  ~Impl() {
    g_source_unref(watch_);
    g_main_context_unref(context_);
  }

  void close() {
    closed_ = true;
    g_source_destroy(watch_);
    for (auto& [id, entry] : transfers_) {
      entry.transfer->abandon();
      if (entry.active)
        entry.pool->multi->remove(entry.transfer->easy(), entry.transfer);
    }
    transfers_.clear();
    for (auto& pool : pools_)
      pool->multi->close();
    pools_.clear();
  }

  RequestId get(HttpRequest request, Handler handler) {
    const RequestId id{++last_id_};
    if (!handler.done)
      handler.done = [](const HttpOutcome&) {};
    const auto origin = url_origin(request.url);
    if (!origin) {
      HttpOutcome outcome;
      outcome.failure = HttpFailure::server_error;
      outcome.message = "not an http or https URL";
      doomed_.emplace(id, Doomed{std::move(handler), outcome});
      g_source_set_ready_time(watch_, 0);
      return id;
    }
    Pool& pool = pool_for(request.settings);
    auto transfer = std::make_shared<Transfer>(id, std::move(request), std::move(handler), *origin,
                                               pool.sockets.get(), state_);
    transfers_[id] = Entry{transfer, &pool, false};
    enqueue(transfer, pool);
    return id;
  }

  void cancel(RequestId id) {
    doomed_.erase(id);
    if (const auto found = transfers_.find(id); found != transfers_.end()) {
      const auto transfer = found->second.transfer;
      transfer->abandon();
      take_out(found);
    }
  }

  unsigned idle(const std::string& url, const HttpSettings& settings) const {
    const auto origin = url_origin(url);
    const Pool* pool = origin ? find_pool(settings) : nullptr;
    if (!pool)
      return 0;
    const std::string name = origin->text();
    const auto open =
        std::count_if(pool->sockets->begin(), pool->sockets->end(), [&](const auto& socket) {
          return socket.second == name && is_open(socket.first);
        });
    const auto host = pool->hosts.find(name);
    const unsigned active = host == pool->hosts.end() ? 0 : host->second.active;
    return static_cast<unsigned>(open) - std::min(static_cast<unsigned>(open), active);
  }

  unsigned free(const std::string& url, const HttpSettings& settings) const {
    const auto origin = url_origin(url);
    const Pool* pool = origin ? find_pool(settings) : nullptr;
    if (!pool)
      return connections_per_host;
    const auto host = pool->hosts.find(origin->text());
    if (host == pool->hosts.end())
      return connections_per_host;
    if (host->second.multiplexed)
      return 1;
    const auto busy = host->second.active + static_cast<unsigned>(host->second.waiting.size());
    return connections_per_host - std::min(connections_per_host, busy);
  }

  GMainContext* const context_;
  const std::shared_ptr<ClientState> state_;

private:
  struct Watch {
    GSource base;
    Impl* owner;
  };
  struct Host {
    unsigned active = 0;
    std::deque<std::shared_ptr<Transfer>> waiting;
    bool multiplexed = false;
  };
  struct Pool {
    HttpSettings settings;
    std::shared_ptr<Sockets> sockets;
    std::shared_ptr<CurlMulti> multi;
    std::map<std::string, Host> hosts;
  };
  struct Entry {
    std::shared_ptr<Transfer> transfer;
    Pool* pool = nullptr;
    bool active = false; // libcurl has it
  };
  struct Doomed {
    Handler handler;
    HttpOutcome outcome;
  };
  using Transfers = std::map<RequestId, Entry>;

  // Those from an address that this machine has lost would stay silent until they stall, the idle
  // ones with the next request. libcurl takes it for the other side's doing.
  void end_dead_connections() {
    for (const auto& pool : pools_)
      for (const auto& [fd, origin] : *pool->sockets)
        if (lost_its_address(fd))
          shutdown(fd, SHUT_RDWR);
  }

  const Pool* find_pool(const HttpSettings& settings) const {
    const auto found = std::find_if(pools_.begin(), pools_.end(),
                                    [&](const auto& pool) { return pool->settings == settings; });
    return found == pools_.end() ? nullptr : found->get();
  }

  Pool& pool_for(const HttpSettings& settings) {
    if (const Pool* pool = find_pool(settings))
      return const_cast<Pool&>(*pool);
    auto made = std::make_unique<Pool>();
    Pool* pool = made.get();
    pool->settings = settings;
    pool->sockets = std::make_shared<Sockets>();
    pool->multi = CurlMulti::create(
        context_, [this, pool](CURL* easy, CURLcode code) { on_done(*pool, easy, code); },
        pool->sockets);
    pool->multi->set_option(CURLMOPT_MAX_HOST_CONNECTIONS, connections_per_host);
    pool->multi->set_option(CURLMOPT_MAXCONNECTS, 32);
    pools_.push_back(std::move(made));
    return *pool;
  }

  // libcurl has a queue of its own, but one can't see from outside who waits in it.
  void enqueue(const std::shared_ptr<Transfer>& transfer, Pool& pool) {
    Host& host = pool.hosts[transfer->origin().text()];
    host.waiting.push_back(transfer);
    start_waiting(host, pool);
  }

  void start_waiting(Host& host, Pool& pool) {
    while (host.active < connections_per_host && !host.waiting.empty()) {
      const auto transfer = host.waiting.front();
      host.waiting.pop_front();
      ++host.active;
      transfers_[transfer->id()].active = true;
      transfer->prepare(g_get_monotonic_time());
      watch_until(transfer->deadline());
      pool.multi->add(transfer->easy());
    }
  }

  // Out of libcurl or the queue, and forgotten.
  void take_out(Transfers::iterator found) {
    const Entry entry = found->second;
    transfers_.erase(found);
    Host& host = entry.pool->hosts[entry.transfer->origin().text()];
    if (entry.active)
      leave(host, entry);
    else
      host.waiting.erase(std::find(host.waiting.begin(), host.waiting.end(), entry.transfer));
  }

  void leave(Host& host, const Entry& entry) {
    entry.pool->multi->remove(entry.transfer->easy(), entry.transfer);
    --host.active;
    start_waiting(host, *entry.pool);
  }

  void on_done(Pool& pool, CURL* easy, CURLcode code) {
    char* pointer = nullptr;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &pointer);
    const auto found = transfers_.find(reinterpret_cast<Transfer*>(pointer)->id());
    if (found == transfers_.end())
      return;
    const auto transfer = found->second.transfer;
    Host& host = pool.hosts[transfer->origin().text()];
    long version = 0;
    curl_easy_getinfo(easy, CURLINFO_HTTP_VERSION, &version);
    if (version != 0)
      host.multiplexed = version >= CURL_HTTP_VERSION_2_0;
    const auto outcome = transfer->finish(code);
    found->second.active = false;
    leave(host, Entry{transfer, &pool, true});
    if (!outcome) {
      enqueue(transfer, pool);
      return;
    }
    transfers_.erase(transfer->id());
    transfer->handler().done(*outcome); // may destroy this
  }

  // --- stalls, and requests that never were ---
  void watch_until(std::int64_t deadline) {
    const gint64 ready = g_source_get_ready_time(watch_);
    if (ready < 0 || deadline < ready)
      g_source_set_ready_time(watch_, deadline);
  }

  static gboolean on_watch(GSource* source, GSourceFunc, gpointer) noexcept {
    const auto self = reinterpret_cast<Watch*>(source)->owner->shared_from_this();
    self->look_around();
    return G_SOURCE_CONTINUE;
  }

  void look_around() {
    g_source_set_ready_time(watch_, -1);
    while (!closed_ && !doomed_.empty()) {
      const Doomed doomed = std::move(doomed_.extract(doomed_.begin()).mapped());
      doomed.handler.done(doomed.outcome);
    }
    const gint64 now = g_get_monotonic_time();
    while (!closed_) {
      const auto late =
          std::find_if(transfers_.begin(), transfers_.end(), [now](const auto& entry) {
            return entry.second.active && entry.second.transfer->deadline() <= now;
          });
      if (late == transfers_.end())
        break;
      const auto transfer = late->second.transfer;
      take_out(late);
      transfer->abandon();
      transfer->handler().done(transfer->stalled());
    }
    if (closed_)
      return;
    for (const auto& [id, entry] : transfers_)
      if (entry.active)
        watch_until(entry.transfer->deadline());
  }

  AddressWatch addresses_;
  GSource* watch_ = nullptr;
  bool closed_ = false;
  std::uint64_t last_id_ = 0;
  std::vector<std::unique_ptr<Pool>> pools_;
  Transfers transfers_;
  std::map<RequestId, Doomed> doomed_;
};

HttpClient::HttpClient(GMainContext* context, IsPrivate is_private)
    : impl_(std::make_shared<Impl>(context, std::move(is_private))) {}

HttpClient::~HttpClient() {
  impl_->close();
}

HttpClient::RequestId HttpClient::get(HttpRequest request, Handler handler) {
  return impl_->get(std::move(request), std::move(handler));
}

void HttpClient::cancel(RequestId id) {
  impl_->cancel(id);
}

unsigned HttpClient::idle_connections(const std::string& url, const HttpSettings& settings) const {
  return impl_->idle(url, settings);
}

unsigned HttpClient::free_connections(const std::string& url, const HttpSettings& settings) const {
  return impl_->free(url, settings);
}

std::uint64_t HttpClient::bytes_received() const {
  return impl_->state_->received;
}

GMainContext* HttpClient::context() const {
  return impl_->context_;
}

} // namespace triad
