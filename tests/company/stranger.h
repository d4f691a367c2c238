// SPDX-License-Identifier: LGPL-2.1-or-later
// A peer that is none of ours: says on the wire whatever a test wants.
#pragma once

#include "fake_network.h"
#include "peers/wire/messages.h"

#include <memory>
#include <set>
#include <string>
#include <vector>

namespace triad::kit {

class Stranger final : private Link::Listener, private Trackers::Listener {
public:
  // Announces itself. `offers`: makes one offer; else answers what comes.
  Stranger(FakeNetwork& network, GMainContext* context, std::uint8_t certificate,
           std::string tracker, Sha1 info_hash, bool offers);
  ~Stranger() override;

  void open(const std::string& label); // a channel, when the link is up
  void say(Bytes bytes);               // on the last channel
  void say(const wire::Message& message);
  void shake_hands(); // as WebTorrent does, with everything had
  void offer_again(); // as WebTorrent does now and then

  std::uint8_t id_byte = 0;
  std::string label = "00112233445566778899aabbccddeeff00112233"; // of its first channel
  bool linked = false, ended = false;
  std::size_t channels = 0, channels_closed = 0, offers_got = 0, links = 0;
  std::vector<std::byte> heard;
  std::string reason; // why the link ended

private:
  struct Ear final : Channel::Listener {
    Stranger* owner = nullptr;
    std::shared_ptr<Channel> channel;
    void on_open() override {}
    void on_message(Bytes bytes) override {
      owner->heard.insert(owner->heard.end(), bytes.begin(), bytes.end());
    }
    void on_writable() override {}
    void on_closed() override { ++owner->channels_closed; }
  };

  void on_description(const std::string& sdp) override;
  void on_connected() override;
  void on_channel(const std::shared_ptr<Channel>& channel) override;
  void on_closed(Link::End end, const std::string& why) override;
  void on_reply(const std::string& tracker, const signal::AnnounceReply& reply) override;
  void on_offer(const std::string& tracker, const signal::RelayedOffer& offer) override;
  void on_answer(const std::string& tracker, const signal::RelayedAnswer& answer) override;
  void on_scrape(const std::string&, const signal::ScrapeEntry&) override {}
  void on_announcing(const std::string&, const signal::InfoHash&) override {}
  void on_state(const std::string&, bool, const std::string&) override {}

  void make_link();
  void listen(std::shared_ptr<Channel> channel);

  company::Seams seams_;
  const std::string tracker_;
  const Sha1 info_hash_;
  const bool offers_;
  bool offered_ = false;
  std::unique_ptr<Trackers> trackers_;
  std::vector<std::unique_ptr<Link>> links_;
  std::vector<std::unique_ptr<Ear>> ears_;
  signal::PeerId to_{};
  signal::OfferId offer_id_{};
};

} // namespace triad::kit
