// SPDX-License-Identifier: LGPL-2.1-or-later
// A peer in a process of its own, led by lines on its standard input: "offer", "take TEXT" (an
// offer or an answer), "candidate TEXT", "close". It says "description TEXT", "candidate TEXT",
// "connected", "channel LABEL" and "closed NUMBER", and sends back every message. TEXT is escaped.
#include "link/peers.h"

#include <gio/gio.h>
#include <gio/gunixinputstream.h>

#include <cstdio>
#include <unistd.h>

namespace triad::test {
namespace {

void say(const std::string& word, const std::string& text = {}) {
  gchar* escaped = g_strescape(text.c_str(), nullptr);
  std::printf("%s %s\n", word.c_str(), escaped);
  std::fflush(stdout);
  g_free(escaped);
}

class EchoPeer final : Link::Listener {
public:
  explicit EchoPeer(GMainContext* context)
      : context_(context),
        link_(Link::make(LinkStack::get(context), {}, *this)),
        lines_(g_data_input_stream_new(g_unix_input_stream_new(STDIN_FILENO, FALSE))) {
    read();
  }
  [[nodiscard]] bool over() const { return over_; }

private:
  // A message that finds no room waits for it.
  struct Echo final : Channel::Listener {
    explicit Echo(std::shared_ptr<Channel> its) : channel(std::move(its)) {}
    void on_open() override {}
    void on_message(Bytes bytes) override {
      waiting.emplace_back(bytes.begin(), bytes.end());
      on_writable();
    }
    void on_writable() override {
      while (!waiting.empty() && channel->send(waiting.front()))
        waiting.pop_front();
    }
    void on_closed() override { waiting.clear(); }

    std::shared_ptr<Channel> channel;
    std::deque<std::vector<std::byte>> waiting;
  };

  void on_description(const std::string& sdp) override { say("description", sdp); }
  void on_candidate(const std::string& line) override { say("candidate", line); }
  void on_connected() override { say("connected"); }
  void on_channel(const std::shared_ptr<Channel>& channel) override {
    say("channel", channel->label());
    echoes_.push_back(std::make_unique<Echo>(channel));
    channel->set_listener(echoes_.back().get());
  }
  void on_closed(Link::End end, const std::string&) override {
    say("closed", std::to_string(static_cast<int>(end)));
    over_ = true;
  }

  void read() {
    g_main_context_push_thread_default(context_); // where the line is told
    g_data_input_stream_read_line_async(
        lines_, G_PRIORITY_DEFAULT, nullptr,
        [](GObject* stream, GAsyncResult* result, gpointer self) {
          gchar* line = g_data_input_stream_read_line_finish(G_DATA_INPUT_STREAM(stream), result,
                                                             nullptr, nullptr);
          if (!line)
            std::_Exit(0); // whoever led us is gone
          static_cast<EchoPeer*>(self)->obey(line);
          g_free(line);
          static_cast<EchoPeer*>(self)->read();
        },
        this);
    g_main_context_pop_thread_default(context_);
  }
  void obey(const std::string& line) {
    const auto space = std::min(line.find(' '), line.size());
    gchar* compressed = g_strcompress(line.substr(std::min(space + 1, line.size())).c_str());
    const std::string word = line.substr(0, space), text = compressed;
    g_free(compressed);
    if (word == "offer") {
      offered_ = true;
      link_->offer();
    } else if (word == "take") {
      const Status taken = offered_ ? link_->set_answer(text) : link_->answer(text);
      if (!taken)
        say("refused", taken.error().message);
    } else if (word == "candidate") {
      link_->add_candidate(text);
    } else if (word == "close") {
      link_->close();
    }
  }

  GMainContext* context_;
  std::unique_ptr<Link> link_;
  GDataInputStream* lines_;
  std::vector<std::unique_ptr<Echo>> echoes_;
  bool offered_ = false, over_ = false;
};

} // namespace
} // namespace triad::test

int main() {
  triad::test::Loop loop{std::chrono::hours(1)};
  triad::test::EchoPeer peer(loop.context());
  return loop.run_until([&] { return peer.over(); }) ? 0 : 1;
}
