// SPDX-License-Identifier: LGPL-2.1-or-later
// Two links of one process, introduced to each other, that note what they are told.
#pragma once

#include "kit/loop.h"
#include "peers/link/link.h"

#include <deque>
#include <map>
#include <optional>

namespace triad::test {

[[nodiscard]] std::vector<std::byte> bytes_of(std::string_view text);
[[nodiscard]] std::string text_of(Bytes bytes);

// A channel and what it was told.
struct ChannelEnd final : Channel::Listener {
  explicit ChannelEnd(std::shared_ptr<Channel> its) : channel(std::move(its)) {
    if (channel)
      channel->set_listener(this);
  }
  ~ChannelEnd() {
    if (channel)
      channel->set_listener(nullptr);
  }
  ChannelEnd(const ChannelEnd&) = delete;
  ChannelEnd& operator=(const ChannelEnd&) = delete;

  void on_open() override { ++opened; }
  void on_message(Bytes bytes) override {
    received += bytes.size();
    if (keep)
      messages.emplace_back(text_of(bytes));
    if (when_message)
      when_message(bytes);
  }
  void on_writable() override {
    ++writable;
    if (when_writable)
      when_writable();
  }
  void on_closed() override { ++closed; }

  std::shared_ptr<Channel> channel;
  int opened = 0, writable = 0, closed = 0;
  std::uint64_t received = 0;
  bool keep = true;
  std::vector<std::string> messages;
  std::function<void(Bytes)> when_message;
  std::function<void()> when_writable;
};

// A link and what it was told.
struct LinkEnd final : Link::Listener {
  LinkEnd(GMainContext* context, LinkOptions options = {})
      : link(Link::make(LinkStack::get(context), std::move(options), *this)) {}

  void on_description(const std::string& sdp) override { descriptions.push_back(sdp); }
  void on_candidate(const std::string& line) override { candidates.push_back(line); }
  void on_connected() override { ++connected; }
  void on_channel(const std::shared_ptr<Channel>& channel) override {
    channels.push_back(std::make_unique<ChannelEnd>(channel));
    if (when_channel)
      when_channel(*channels.back());
  }
  void on_closed(Link::End end, const std::string& why) override {
    ends.push_back(end);
    reason = why;
  }
  ChannelEnd& open(const std::string& label) {
    channels.push_back(std::make_unique<ChannelEnd>(link->open_channel(label)));
    return *channels.back();
  }

  std::vector<std::string> descriptions, candidates;
  int connected = 0;
  std::vector<std::unique_ptr<ChannelEnd>> channels; // opened by either side
  std::vector<Link::End> ends;
  std::string reason;
  std::function<void(ChannelEnd&)> when_channel;
  std::unique_ptr<Link> link;
};

struct Pair {
  explicit Pair(Loop& its, LinkOptions options = {})
      : loop(its), offerer(its.context(), options), answerer(its.context(), options) {}

  // The offer goes over; then the answer. Each may be changed on its way.
  using Change = std::function<std::string(std::string)>;
  void introduce(const Change& offer = {}, const Change& answer = {});
  void connect(); // introduce, and wait until both are connected

  Loop& loop;
  LinkEnd offerer, answerer;
};

// Waits until libnice has let go of the stack, for leak checkers and for the next test.
void wait_until_gone(Loop& loop);

} // namespace triad::test
