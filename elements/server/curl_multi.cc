// SPDX-License-Identifier: LGPL-2.1-or-later
#include "server/curl_multi.h"

#include <csignal>
#include <ctime>
#include <pthread.h>

#include <algorithm>

namespace triad {
namespace {

// Writing to a TLS connection that the server closed raises SIGPIPE, whose disposition belongs to
// the application. It is blocked for this thread meanwhile, and taken back if it came.
class NoSigpipe {
public:
  NoSigpipe() {
    sigset_t pipe;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe, &before_);
  }
  ~NoSigpipe() {
    if (sigismember(&before_, SIGPIPE) == 1)
      return;
    sigset_t pending;
    sigpending(&pending);
    if (sigismember(&pending, SIGPIPE) == 1) {
      sigset_t pipe;
      sigemptyset(&pipe);
      sigaddset(&pipe, SIGPIPE);
      const timespec now{0, 0};
      sigtimedwait(&pipe, nullptr, &now);
    }
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  NoSigpipe(const NoSigpipe&) = delete;
  NoSigpipe& operator=(const NoSigpipe&) = delete;

private:
  sigset_t before_;
};

GIOCondition condition_of(int what) {
  int condition = G_IO_ERR | G_IO_HUP;
  if ((what & CURL_POLL_IN) != 0)
    condition |= G_IO_IN;
  if ((what & CURL_POLL_OUT) != 0)
    condition |= G_IO_OUT;
  return static_cast<GIOCondition>(condition);
}

int events_of(GIOCondition condition) {
  int events = 0;
  if ((condition & (G_IO_IN | G_IO_HUP)) != 0)
    events |= CURL_CSELECT_IN;
  if ((condition & G_IO_OUT) != 0)
    events |= CURL_CSELECT_OUT;
  if ((condition & G_IO_ERR) != 0)
    events |= CURL_CSELECT_ERR;
  return events;
}

} // namespace

struct CurlMulti::Source {
  GSource base;
  CurlMulti* owner;
};

CurlMulti::CurlMulti(Done done, std::shared_ptr<void> keep)
    : done_(std::move(done)), keep_(std::move(keep)), multi_(curl_multi_init()) {}

std::shared_ptr<CurlMulti> CurlMulti::create(GMainContext* context, Done done,
                                             std::shared_ptr<void> keep) {
  static GSourceFuncs functions = {nullptr, nullptr, &CurlMulti::dispatch,
                                   nullptr, nullptr, nullptr};
  std::shared_ptr<CurlMulti> self(new CurlMulti(std::move(done), std::move(keep)));
  self->source_ = g_source_new(&functions, sizeof(Source));
  reinterpret_cast<Source*>(self->source_)->owner = self.get();
  g_source_set_name(self->source_, "triad-http");
  g_source_attach(self->source_, context);
  curl_multi_setopt(self->multi_, CURLMOPT_SOCKETFUNCTION, &CurlMulti::on_socket);
  curl_multi_setopt(self->multi_, CURLMOPT_SOCKETDATA, self.get());
  curl_multi_setopt(self->multi_, CURLMOPT_TIMERFUNCTION, &CurlMulti::on_timer);
  curl_multi_setopt(self->multi_, CURLMOPT_TIMERDATA, self.get());
  return self;
}

CurlMulti::~CurlMulti() {
  {
    const NoSigpipe guard; // closing TLS connections says goodbye on them
    curl_multi_cleanup(multi_);
  }
  g_source_destroy(source_);
  g_source_unref(source_);
}

void CurlMulti::set_option(CURLMoption option, long value) {
  curl_multi_setopt(multi_, option, value);
}

void CurlMulti::add(CURL* easy) {
  if (in_curl_) {
    to_add_.push_back(easy);
    return;
  }
  const NoSigpipe guard;
  in_curl_ = true;
  curl_multi_add_handle(multi_, easy);
  in_curl_ = false;
  catch_up();
}

void CurlMulti::remove(CURL* easy, std::shared_ptr<void> keep) {
  if (in_curl_) {
    if (const auto waiting = std::find(to_add_.begin(), to_add_.end(), easy);
        waiting != to_add_.end())
      to_add_.erase(waiting);
    else
      to_remove_.emplace_back(easy, std::move(keep));
    return;
  }
  const NoSigpipe guard;
  in_curl_ = true;
  curl_multi_remove_handle(multi_, easy);
  in_curl_ = false;
  catch_up();
}

void CurlMulti::close() {
  closed_ = true;
}

int CurlMulti::on_socket(CURL*, curl_socket_t fd, int what, void* data, void*) noexcept {
  auto* self = static_cast<CurlMulti*>(data);
  const auto watched = self->watched_.find(fd);
  if (what == CURL_POLL_REMOVE) {
    if (watched != self->watched_.end()) {
      g_source_remove_unix_fd(self->source_, watched->second);
      self->watched_.erase(watched);
    }
  } else if (watched != self->watched_.end()) {
    g_source_modify_unix_fd(self->source_, watched->second, condition_of(what));
  } else {
    self->watched_[fd] = g_source_add_unix_fd(self->source_, fd, condition_of(what));
  }
  return 0;
}

int CurlMulti::on_timer(CURLM*, long milliseconds, void* data) noexcept {
  auto* self = static_cast<CurlMulti*>(data);
  g_source_set_ready_time(
      self->source_, milliseconds < 0 ? -1 : g_get_monotonic_time() + gint64{milliseconds} * 1000);
  return 0;
}

gboolean CurlMulti::dispatch(GSource* source, GSourceFunc, gpointer) noexcept {
  const auto self = reinterpret_cast<Source*>(source)->owner->shared_from_this();
  self->dispatch_ready();
  return G_SOURCE_CONTINUE;
}

void CurlMulti::dispatch_ready() {
  std::vector<std::pair<curl_socket_t, int>> ready;
  for (const auto& [fd, tag] : watched_)
    if (const int events = events_of(g_source_query_unix_fd(source_, tag)); events != 0)
      ready.emplace_back(fd, events);

  const gint64 due = g_source_get_ready_time(source_);
  if (due >= 0 && due <= g_get_monotonic_time()) {
    g_source_set_ready_time(source_, -1);
    act(CURL_SOCKET_TIMEOUT, 0);
  }
  for (const auto& [fd, events] : ready)
    if (watched_.count(fd) > 0)
      act(fd, events);

  int left = 0;
  while (!closed_) {
    const CURLMsg* message = curl_multi_info_read(multi_, &left);
    if (!message)
      break;
    if (message->msg == CURLMSG_DONE)
      done_(message->easy_handle, message->data.result);
  }
}

void CurlMulti::act(curl_socket_t fd, int events) {
  const NoSigpipe guard;
  int running = 0;
  in_curl_ = true;
  curl_multi_socket_action(multi_, fd, events, &running);
  in_curl_ = false;
  catch_up();
}

void CurlMulti::catch_up() {
  in_curl_ = true;
  while (!to_remove_.empty() || !to_add_.empty()) {
    for (const auto& [easy, keep] : std::exchange(to_remove_, {}))
      curl_multi_remove_handle(multi_, easy);
    for (CURL* easy : std::exchange(to_add_, {}))
      curl_multi_add_handle(multi_, easy);
  }
  in_curl_ = false;
}

} // namespace triad
