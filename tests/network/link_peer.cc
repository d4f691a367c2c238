// SPDX-License-Identifier: LGPL-2.1-or-later
// One end of a link, led by lines on its standard input:
//   offer | take TEXT | candidate LINE | fetch BYTES | close
// It says, TEXT being escaped, times in milliseconds since the peer's description came:
//   description TEXT | candidate LINE | refused TEXT
//   connected MS | first MS | pair LOCAL_TYPE REMOTE_TYPE LOCAL REMOTE | fetched BYTES MS
//   closed MS END TEXT
// "fetch" opens a channel on which the peer sends so many bytes; both know what they must be.
#include "peers/link/link.h"

#include <gio/gio.h>
#include <gio/gunixinputstream.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unistd.h>
#include <utility>
#include <vector>

using namespace triad;

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::array<const char*, 9> end_names{"closed_here",  "closed_there", "ice_failed",
                                               "consent_lost", "timeout",      "fingerprint",
                                               "dtls",         "sctp",         "bad_message"};
constexpr std::size_t message_size = 16384;

std::byte byte_at(std::uint64_t offset) {
  return static_cast<std::byte>((offset * 2654435761U >> 13 ^ offset >> 24) & 0xff);
}

std::uint64_t number(std::string_view text) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::string escaped(const std::string& text) {
  const std::unique_ptr<gchar, decltype(&g_free)> copy(g_strescape(text.c_str(), nullptr), g_free);
  return copy.get();
}

void say(const std::string& line) {
  std::puts(line.c_str());
  std::fflush(stdout);
}

// A channel that the peer opened: its label says how many bytes it wants.
class Giver final : public Channel::Listener {
public:
  explicit Giver(std::shared_ptr<Channel> channel)
      : channel_(std::move(channel)), wanted_(number(channel_->label())) {
    channel_->set_listener(this);
  }
  void on_open() override { on_writable(); }
  void on_message(Bytes) override {}
  void on_writable() override {
    while (given_ < wanted_) {
      std::vector<std::byte> message(std::min<std::uint64_t>(message_size, wanted_ - given_));
      for (std::size_t i = 0; i < message.size(); ++i)
        message[i] = byte_at(given_ + i);
      if (!channel_->send(message))
        return;
      given_ += message.size();
    }
  }
  void on_closed() override {}

private:
  std::shared_ptr<Channel> channel_;
  std::uint64_t wanted_, given_ = 0;
};

class LinkPeer final : Link::Listener, Channel::Listener {
public:
  LinkPeer(GMainLoop* loop, LinkOptions options)
      : loop_(loop),
        link_(Link::make(LinkStack::get(g_main_context_default()), std::move(options), *this)),
        lines_(g_data_input_stream_new(g_unix_input_stream_new(STDIN_FILENO, FALSE))) {
    read();
  }

private:
  [[nodiscard]] std::string since_introduced() const {
    const auto passed = introduced_ ? Clock::now() - *introduced_ : Clock::duration::zero();
    return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(passed).count());
  }

  void on_description(const std::string& sdp) override { say("description " + escaped(sdp)); }
  void on_candidate(const std::string& line) override { say("candidate " + line); }
  void on_connected() override { say("connected " + since_introduced()); }
  void on_channel(const std::shared_ptr<Channel>& channel) override {
    givers_.push_back(std::make_unique<Giver>(channel));
  }
  void on_closed(Link::End end, const std::string& reason) override {
    say("closed " + since_introduced() + ' ' + end_names[static_cast<std::size_t>(end)] + ' ' +
        escaped(reason));
    g_main_loop_quit(loop_);
  }

  void on_open() override {}
  void on_writable() override {}
  void on_closed() override {}
  void on_message(Bytes bytes) override {
    if (received_ == 0)
      say("first " + since_introduced());
    for (const std::byte byte : bytes) {
      if (byte != byte_at(received_++)) {
        say("wrong " + std::to_string(received_ - 1));
        std::exit(1);
      }
    }
    if (received_ != wanted_)
      return;
    const Link::Facts facts = link_->facts();
    say("pair " + facts.local_type + ' ' + facts.remote_type + ' ' + facts.local_address + ' ' +
        facts.remote_address);
    say("fetched " + std::to_string(received_) + ' ' + since_introduced());
  }

  void fetch(const std::string& bytes) {
    received_ = 0;
    wanted_ = number(bytes);
    channel_ = link_->open_channel(bytes);
    if (channel_)
      channel_->set_listener(this);
  }

  void read() {
    g_data_input_stream_read_line_async(
        lines_, G_PRIORITY_DEFAULT, nullptr,
        [](GObject* stream, GAsyncResult* result, gpointer self) {
          const std::unique_ptr<gchar, decltype(&g_free)> line(
              g_data_input_stream_read_line_finish(G_DATA_INPUT_STREAM(stream), result, nullptr,
                                                   nullptr),
              g_free);
          if (!line)
            std::_Exit(0); // whoever led us is gone
          static_cast<LinkPeer*>(self)->obey(line.get());
          static_cast<LinkPeer*>(self)->read();
        },
        this);
  }

  void obey(const std::string& line) {
    const std::size_t space = std::min(line.find(' '), line.size());
    const std::string word = line.substr(0, space);
    const std::string rest = line.substr(std::min(space + 1, line.size()));
    if (word == "offer") {
      offerer_ = true;
      link_->offer();
    } else if (word == "take") {
      take(rest);
    } else if (word == "candidate") {
      link_->add_candidate(rest);
    } else if (word == "fetch") {
      fetch(rest);
    } else if (word == "close") {
      link_->close();
    }
  }

  void take(const std::string& escaped_sdp) {
    const std::unique_ptr<gchar, decltype(&g_free)> sdp(g_strcompress(escaped_sdp.c_str()), g_free);
    introduced_ = Clock::now();
    const Status taken = offerer_ ? link_->set_answer(sdp.get()) : link_->answer(sdp.get());
    if (!taken)
      say("refused " + escaped(taken.error().message));
  }

  GMainLoop* loop_;
  std::unique_ptr<Link> link_;
  GDataInputStream* lines_;
  std::vector<std::unique_ptr<Giver>> givers_;
  std::shared_ptr<Channel> channel_;
  std::uint64_t received_ = 0, wanted_ = 0;
  std::optional<Clock::time_point> introduced_;
  bool offerer_ = false;
};

constexpr const char* usage =
    "usage: link_peer [--stun HOST] [--turn HOST USER PASSWORD] [--turn-tcp HOST USER PASSWORD]\n"
    "                 [--relay-only]\n";

// Nothing: the words are not understood.
std::optional<LinkOptions> parse_options(int count, char** words) {
  LinkOptions options;
  for (int i = 0; i < count; ++i) {
    const std::string_view option = words[i];
    if (option == "--stun" && i + 1 < count) {
      options.ice.stun.push_back({words[++i]});
    } else if ((option == "--turn" || option == "--turn-tcp") && i + 3 < count) {
      TurnServer turn;
      if (option == "--turn-tcp")
        turn.transport = TurnServer::Transport::tcp;
      turn.host = words[++i];
      turn.user = words[++i];
      turn.password = words[++i];
      options.ice.turn.push_back(std::move(turn));
    } else if (option == "--relay-only") {
      options.ice.relay_only = true;
    } else {
      return std::nullopt;
    }
  }
  return options;
}

} // namespace

int main(int argc, char** argv) {
  auto options = parse_options(argc - 1, argv + 1);
  if (!options) {
    std::fputs(usage, stderr);
    return 2;
  }
  GMainLoop* const loop = g_main_loop_new(nullptr, FALSE);
  {
    LinkPeer peer(loop, std::move(*options));
    g_main_loop_run(loop);
  }
  while (LinkStack::alive()) // relays are told of the end
    g_main_context_iteration(nullptr, TRUE);
  g_main_loop_unref(loop);
}
