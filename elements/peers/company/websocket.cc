// SPDX-License-Identifier: LGPL-2.1-or-later
#include "peers/company/websocket.h"

#include "peers/company/connector.h"
#include "peers/company/loop_source.h"
#include "peers/company/websocket_upgrade.h"

#include <openssl/evp.h>
#include <openssl/rand.h>
#include <wslay/wslay.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <utility>

namespace triad::trackers {
namespace {

constexpr auto refill_time = std::chrono::milliseconds(250);
constexpr std::uint16_t going_away = 1001, unsupported_data = 1003,
                        no_status = 1005; // RFC 6455, section 7.4.1

using Progress = ByteStream::Progress;

std::string random_key() {
  std::array<unsigned char, 16> bytes;
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1)
    return {};
  std::array<unsigned char, 25> base64;
  const int size = EVP_EncodeBlock(base64.data(), bytes.data(), static_cast<int>(bytes.size()));
  return {base64.begin(), base64.begin() + size};
}

struct FreeFrames {
  void operator()(wslay_event_context* frames) const { wslay_event_context_free(frames); }
};

class Client final : public WebSocket, public std::enable_shared_from_this<Client> {
public:
  Client(WebSocketOptions options, Listener& listener)
      : options_(std::move(options)),
        listener_(listener),
        source_(options_.context, [this](GIOCondition ready) { on_ready(ready); }) {}

  void start() {
    deadline_ = LoopSource::now() + options_.times.handshake;
    source_.set_deadline(deadline_);
    connector_ = Connector::start(options_.context, options_.url.host, options_.url.port,
                                  options_.may_connect,
                                  [this](Result<SocketPtr> result) { on_connected(result); });
  }

  bool send(std::string_view text) override {
    if (state_ != State::open ||
        wslay_event_get_queued_msg_length(frames_.get()) + text.size() > max_unsent)
      return false;
    const wslay_event_msg message{WSLAY_TEXT_FRAME,
                                  reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
    if (wslay_event_queue_msg(frames_.get(), &message) != 0)
      return false;
    wake();
    return true;
  }

  bool is_open() const override { return state_ == State::open; }

  void close() override {
    if (state_ != State::open)
      return;
    state_ = State::closing;
    deadline_ = LoopSource::now() + options_.times.goodbye;
    wake();
  }

  void cut() override {
    if (state_ == State::open || state_ == State::closing) {
      wslay_event_send(frames_.get());
      say_goodbye();
    }
    end();
  }

private:
  enum class State { connecting, securing, upgrading, open, closing, over };

  // --- Getting there -------------------------------------------------------------------------

  void on_connected(Result<SocketPtr>& result) {
    const auto self = shared_from_this();
    connector_.reset();
    if (!result)
      return fail(result.error().message);
    socket_ = std::move(*result);
    stream_ = options_.url.tls ? make_tls_stream(socket_.get(), options_.tls, options_.url.host)
                               : make_plain_stream(socket_.get());
    state_ = State::securing;
    secure();
  }

  void secure() {
    switch (stream_->handshake()) {
    case Progress::done:
      state_ = State::upgrading;
      key_ = random_key();
      unsent_ =
          upgrade_request(options_.url.authority(), options_.url.target, options_.user_agent, key_);
      return upgrade();
    case Progress::blocked:
      return source_.watch(fd(), stream_->wants_write() ? G_IO_OUT : G_IO_IN);
    case Progress::ended:
      return fail("it hung up");
    case Progress::failed:
      return fail(stream_->reason());
    }
  }

  void upgrade() {
    while (!unsent_.empty()) {
      const auto [progress, bytes] = stream_->write(std::as_bytes(std::span(unsent_)));
      if (progress == Progress::blocked)
        return source_.watch(fd(), static_cast<GIOCondition>(G_IO_IN | G_IO_OUT));
      if (progress != Progress::done)
        return fail(stream_->reason());
      unsent_.erase(0, bytes);
    }
    source_.watch(fd(), G_IO_IN);
    std::array<std::byte, 4096> buffer;
    while (true) {
      const auto [progress, bytes] = stream_->read(buffer);
      if (progress == Progress::blocked)
        return;
      if (progress != Progress::done)
        return fail(progress == Progress::ended ? "it hung up" : stream_->reason());
      received_.append(reinterpret_cast<const char*>(buffer.data()), bytes);
      const auto header = read_upgrade(received_, key_);
      if (!header)
        return fail(header.error().message);
      if (*header) {
        received_.erase(0, **header);
        return open();
      }
    }
  }

  void open() {
    const wslay_event_callbacks callbacks = {&Client::on_wslay_read,
                                             &Client::on_wslay_write,
                                             &Client::on_wslay_mask,
                                             nullptr,
                                             nullptr,
                                             nullptr,
                                             &Client::on_wslay_message};
    wslay_event_context* frames = nullptr;
    if (wslay_event_context_client_init(&frames, &callbacks, this) != 0)
      return fail("out of memory");
    frames_.reset(frames);
    wslay_event_config_set_max_recv_msg_length(frames, max_message);
    state_ = State::open;
    last_heard_ = LoopSource::now();
    deadline_ = last_heard_ + options_.times.quiet;
    listener_.on_open();
    pump();
  }

  // --- Being there ---------------------------------------------------------------------------

  void on_ready(GIOCondition ready) {
    const auto self = shared_from_this();
    if (ready == 0 && LoopSource::now() >= deadline_)
      on_deadline();
    switch (state_) {
    case State::connecting:
    case State::over:
      return;
    case State::securing:
      return secure();
    case State::upgrading:
      return upgrade();
    case State::open:
    case State::closing:
      return pump();
    }
  }

  void on_deadline() {
    if (state_ == State::closing)
      return fail("closed");
    if (state_ != State::open)
      return fail("it does not answer");
    const auto now = LoopSource::now();
    if (pinged_)
      return fail("it has gone silent");
    if (now - last_heard_ >= options_.times.quiet) {
      pinged_ = true;
      const wslay_event_msg ping{WSLAY_PING, nullptr, 0};
      wslay_event_queue_msg(frames_.get(), &ping);
      deadline_ = now + options_.times.pong;
    } else {
      deadline_ = last_heard_ + options_.times.quiet;
    }
  }

  // Reads and writes what can be, then waits.
  void pump() {
    const auto now = LoopSource::now();
    if (now >= refill_at_) {
      may_read_ = max_read_at_once;
      refill_at_ = now + refill_time;
    }
    const int received = wslay_event_recv(frames_.get());
    if (state_ == State::over)
      return;
    int sent = wslay_event_send(frames_.get());
    if (sent == 0 && state_ == State::closing)
      sent = say_goodbye();
    const bool broken = received != 0 || sent != 0;
    if (broken || (reading_is_over() && wslay_event_want_write(frames_.get()) == 0))
      return fail(last_word());

    const bool pausing = may_read_ == 0, full = too_much_unsent();
    auto conditions = static_cast<GIOCondition>(pausing || full ? 0 : G_IO_IN);
    if (wslay_event_want_write(frames_.get()) != 0)
      conditions = static_cast<GIOCondition>(conditions | G_IO_OUT);
    source_.watch(fd(), conditions);
    // What TLS holds already raises no event of the socket.
    const bool stopped = std::exchange(stopped_early_, false);
    source_.set_deadline(pausing            ? std::min(deadline_, refill_at_)
                         : stopped && !full ? now
                                            : deadline_);
  }

  // wslay sends control frames before others, and nothing after a close: that has to wait for what
  // is queued.
  int say_goodbye() {
    if (goodbye_said_ || wslay_event_get_queued_msg_count(frames_.get()) > 0)
      return 0;
    goodbye_said_ = true;
    wslay_event_queue_close(frames_.get(), going_away, nullptr, 0);
    return wslay_event_send(frames_.get());
  }

  bool reading_is_over() const {
    return wslay_event_get_read_enabled(frames_.get()) == 0 ||
           wslay_event_get_close_received(frames_.get()) != 0;
  }

  std::string last_word() const {
    // It may have hung up before it could hear our goodbye.
    if (wslay_event_get_close_received(frames_.get()) != 0)
      return "it closed the connection (code " +
             std::to_string(wslay_event_get_status_code_received(frames_.get())) + ')';
    if (!broken_.empty())
      return broken_;
    const std::uint16_t code = wslay_event_get_status_code_sent(frames_.get());
    const std::string words = "it broke the WebSocket protocol";
    return code == no_status ? words : words + " (code " + std::to_string(code) + ')';
  }

  bool too_much_unsent() const {
    return wslay_event_get_queued_msg_count(frames_.get()) > max_unsent_messages;
  }

  // Goes on as soon as the context comes to it.
  void wake() { source_.set_deadline(LoopSource::now()); }

  void fail(const std::string& reason) {
    if (state_ == State::over)
      return;
    end();
    listener_.on_closed(reason);
  }

  void end() {
    state_ = State::over;
    connector_.reset();
    source_.unwatch();
    source_.clear_deadline();
    if (stream_)
      stream_->finish();
    stream_.reset();
    socket_.reset();
  }

  int fd() const { return g_socket_get_fd(socket_.get()); }

  // --- wslay's callbacks -----------------------------------------------------------------------

  static ssize_t on_wslay_read(wslay_event_context* frames, std::uint8_t* into, std::size_t size,
                               int, void* data) noexcept {
    const ssize_t bytes = static_cast<Client*>(data)->read({into, size});
    if (bytes <= 0)
      wslay_event_set_error(frames, bytes == 0 ? WSLAY_ERR_WOULDBLOCK : WSLAY_ERR_CALLBACK_FAILURE);
    return bytes <= 0 ? -1 : bytes;
  }

  // 0: nothing now; negative: broken.
  ssize_t read(std::span<std::uint8_t> into) {
    if (state_ == State::over)
      return 0;
    if (may_read_ == 0 || too_much_unsent()) {
      stopped_early_ = true;
      return 0;
    }
    into = into.first(std::min(into.size(), may_read_));
    if (!received_.empty()) { // behind the HTTP header
      const std::size_t size = std::min(into.size(), received_.size());
      std::memcpy(into.data(), received_.data(), size);
      received_.erase(0, size);
      may_read_ -= size;
      return static_cast<ssize_t>(size);
    }
    const auto [progress, bytes] = stream_->read(std::as_writable_bytes(into));
    if (progress == Progress::done) {
      may_read_ -= bytes;
      heard();
      return static_cast<ssize_t>(bytes);
    }
    if (progress == Progress::blocked)
      return 0;
    broken_ = progress == Progress::ended ? "it hung up" : stream_->reason();
    return -1;
  }

  void heard() {
    last_heard_ = LoopSource::now();
    if (std::exchange(pinged_, false))
      deadline_ = last_heard_ + options_.times.quiet;
  }

  static ssize_t on_wslay_write(wslay_event_context* frames, const std::uint8_t* bytes,
                                std::size_t size, int, void* data) noexcept {
    auto* self = static_cast<Client*>(data);
    const auto [progress, written] = self->stream_->write(std::as_bytes(std::span(bytes, size)));
    if (progress == Progress::done)
      return static_cast<ssize_t>(written);
    if (progress != Progress::blocked)
      self->broken_ = self->stream_->reason();
    wslay_event_set_error(frames, progress == Progress::blocked ? WSLAY_ERR_WOULDBLOCK
                                                                : WSLAY_ERR_CALLBACK_FAILURE);
    return -1;
  }

  static int on_wslay_mask(wslay_event_context*, std::uint8_t* into, std::size_t size,
                           void*) noexcept {
    return RAND_bytes(into, static_cast<int>(size)) == 1 ? 0 : -1;
  }

  static void on_wslay_message(wslay_event_context* frames,
                               const wslay_event_on_msg_recv_arg* message, void* data) noexcept {
    auto* self = static_cast<Client*>(data);
    if (self->state_ != State::open)
      return;
    if (message->opcode == WSLAY_TEXT_FRAME) {
      self->listener_.on_text({reinterpret_cast<const char*>(message->msg), message->msg_length});
    } else if (message->opcode == WSLAY_BINARY_FRAME) {
      self->broken_ = "it sends binary messages";
      wslay_event_queue_close(frames, unsupported_data, nullptr, 0);
      wslay_event_shutdown_read(frames);
    }
  }

  WebSocketOptions options_;
  Listener& listener_;
  State state_ = State::connecting;
  LoopSource source_;
  LoopSource::Time deadline_{}; // what for: on_deadline()
  std::unique_ptr<Connector> connector_;
  SocketPtr socket_;
  std::unique_ptr<ByteStream> stream_;
  std::string key_, unsent_, received_; // of the handshake
  std::unique_ptr<wslay_event_context, FreeFrames> frames_;
  std::string broken_; // why, if known better than by wslay
  std::size_t may_read_ = 0;
  LoopSource::Time refill_at_{};
  bool goodbye_said_ = false;
  bool stopped_early_ = false; // reading, before the socket had no more
  LoopSource::Time last_heard_{};
  bool pinged_ = false; // since last_heard_
};

} // namespace

std::shared_ptr<WebSocket> WebSocket::connect(WebSocketOptions options, Listener& listener) {
  auto client = std::make_shared<Client>(std::move(options), listener);
  client->start();
  return client;
}

} // namespace triad::trackers
