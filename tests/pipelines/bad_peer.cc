// SPDX-License-Identifier: LGPL-2.1-or-later
// A peer that says it has all of a release and then misbehaves towards whoever links to it.
// usage: bad_peer MANNER TRACKER METAINFO
//   lies      gives wrong bytes
//   silent    takes requests and never answers
//   greedy    asks for everything it can, over and over, and reads nothing any more (stops itself)
//   endless   announces a message of 4 GiB and begins to send it
//   rubbish   sends random bytes
//   flood     sends blocks that nobody asked for, as fast as it can
//   offers    offers a thousand links that nobody is at the end of
// Says "ready" when the tracker knows it, then "linked", "asked" at the first request, "sent BYTES"
// every second if anything was sent, and "closed REASON".
#include "peers/company/context.h"
#include "peers/company/ids.h"
#include "peers/company/trackers.h"
#include "peers/link/link.h"
#include "peers/wire/extensions.h"
#include "peers/wire/messages.h"
#include "peers/wire/stream.h"
#include "release/metainfo.h"

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

using namespace std::chrono_literals;
using namespace triad;

namespace {

constexpr std::size_t offers_in_all = 1000, offers_at_once = 10;
constexpr std::size_t message_size = 16384;

using Buffer = std::vector<std::byte>;

void say(const std::string& line) {
  std::puts(line.c_str());
  std::fflush(stdout);
}

struct Manner {
  std::string name;
  ReleasePtr release;
  signal::PeerId own_id;
  std::minstd_rand random{1};
  std::uint64_t sent = 0;

  [[nodiscard]] bool is(std::string_view which) const { return name == which; }
};

// What happens on one channel.
class Talk final : public Channel::Listener {
public:
  Talk(std::shared_ptr<Channel> channel, Manner& manner)
      : channel_(std::move(channel)), manner_(manner) {
    channel_->set_listener(this);
    wire::Handshake handshake;
    handshake.info_hash = manner.release->id();
    std::memcpy(handshake.peer_id.data(), manner.own_id.bytes.data(), handshake.peer_id.size());
    wire::append(out_, handshake);
    const auto extensions = wire::extension_handshake(0, true);
    add(wire::Extended{0, extensions});
    add(wire::HaveAll{});
    add(wire::Unchoke{});
    add(wire::Interested{});
    misbehave();
  }
  ~Talk() { channel_->set_listener(nullptr); }
  Talk(const Talk&) = delete;
  Talk& operator=(const Talk&) = delete;

  void on_open() override {}
  void on_closed() override { over_ = true; }
  void on_writable() override { flush(); }
  void on_message(Bytes bytes) override {
    in_.add(bytes);
    if (!met_) {
      const auto handshake = in_.next_handshake();
      if (!handshake || !*handshake)
        return;
      met_ = true;
    }
    for (auto payload = in_.next(); payload && *payload; payload = in_.next())
      if (const auto message = wire::parse(**payload))
        on_wire(*message);
    flush();
  }
  void misbehave() {
    if (manner_.is("endless")) {
      out_.insert(out_.end(), 4, std::byte{0xff});
      out_.insert(out_.end(), message_size, std::byte{7});
    } else if (manner_.is("rubbish")) {
      for (std::size_t i = 0; i < message_size; ++i)
        out_.push_back(static_cast<std::byte>(manner_.random()));
    }
    flush();
  }

private:
  void add(const wire::Message& message) { wire::append(out_, message); }

  void on_wire(const wire::Message& message) {
    if (const auto* asked = std::get_if<wire::RequestBlock>(&message)) {
      if (!asked_)
        say("asked");
      asked_ = true;
      if (manner_.is("lies")) {
        const Buffer wrong(asked->block.length, std::byte{0x5a});
        add(wire::Block{asked->block.piece, asked->block.begin, wrong});
        manner_.sent += wrong.size();
      }
    } else if (std::holds_alternative<wire::Block>(message) && manner_.is("greedy") && !stopping_) {
      // It gives: ask for more than it can send, and read none of it.
      stopping_ = true;
      for (int round = 0; round < 20; ++round)
        ask_for_everything();
      flush();
      say("stops");
      std::raise(SIGSTOP);
    } else if (const auto* has = std::get_if<wire::Have>(&message);
               has != nullptr && manner_.is("greedy")) {
      ask(PieceIndex(has->piece));
    }
  }

  void ask(PieceIndex piece) {
    const auto first = manner_.release->first_block(piece);
    const auto begin = manner_.release->piece_range(piece).begin;
    for (std::uint32_t i = 0; i < manner_.release->block_count(piece); ++i) {
      const auto block = manner_.release->block_range(first + i);
      add(wire::RequestBlock{{piece.value(), static_cast<std::uint32_t>(block.begin - begin),
                              static_cast<std::uint32_t>(block.size())}});
    }
  }
  void ask_for_everything() {
    for (std::uint32_t i = 0; i < manner_.release->piece_count(); ++i)
      ask(PieceIndex(i));
  }

  void flush() {
    while (!over_) {
      if (out_.empty() && manner_.is("flood")) {
        const Buffer unasked(message_size, std::byte{0x5a});
        add(wire::Block{flooded_++ % manner_.release->piece_count(), 0, unasked});
        manner_.sent += unasked.size();
      }
      if (out_.empty())
        return;
      const auto part = Bytes(out_).first(std::min(out_.size(), message_size));
      if (!channel_->send(part))
        return;
      out_.erase(out_.begin(), out_.begin() + static_cast<std::ptrdiff_t>(part.size()));
    }
  }

  const std::shared_ptr<Channel> channel_;
  Manner& manner_;
  wire::MessageStream in_{1 << 20};
  Buffer out_;
  std::uint32_t flooded_ = 0;
  bool met_ = false, asked_ = false, stopping_ = false, over_ = false;
};

class BadPeer final : Trackers::Listener {
public:
  BadPeer(GMainContext* context, Manner& manner, std::string tracker)
      : manner_(manner),
        stack_(LinkStack::get(context)),
        tracker_(std::move(tracker)),
        seconds_(context),
        again_(context) {
    TrackersOptions options;
    options.context = context;
    options.own_id = manner.own_id;
    options.may_connect = [](const std::string&, const sockaddr&) { return true; };
    trackers_ = Trackers::make(std::move(options), *this);
    trackers_->join(info_hash(), {tracker_}, {});
    tick();
  }

private:
  // One that was answered, or offers.
  struct Meeting final : Link::Listener {
    Meeting(BadPeer& its, signal::PeerId to, signal::OfferId offer)
        : owner(its), peer(to), id(offer), link(Link::make(its.stack_, {}, *this)) {}

    void on_description(const std::string& sdp) override { owner.on_description(*this, sdp); }
    void on_connected() override { say("linked"); }
    void on_channel(const std::shared_ptr<Channel>& channel) override {
      talks.push_back(std::make_unique<Talk>(channel, owner.manner_));
    }
    void on_closed(Link::End, const std::string& reason) override { say("closed " + reason); }

    BadPeer& owner;
    signal::PeerId peer;
    signal::OfferId id;
    std::unique_ptr<Link> link;
    std::vector<std::unique_ptr<Talk>> talks;
  };

  [[nodiscard]] signal::InfoHash info_hash() const {
    return company::to_signal(manner_.release->id());
  }

  void tick() {
    seconds_.start(1s, [this] {
      if (const auto sent = std::exchange(manner_.sent, 0); sent > 0)
        say("sent " + std::to_string(sent));
      tick();
    });
  }

  void on_reply(const std::string&, const signal::AnnounceReply&) override {
    if (std::exchange(ready_, true))
      return;
    say("ready");
    if (manner_.is("offers")) {
      meetings_.push_back(std::make_unique<Meeting>(*this, signal::PeerId{}, signal::OfferId{}));
      meetings_.back()->link->offer();
    }
  }
  void on_offer(const std::string&, const signal::RelayedOffer& offer) override {
    if (manner_.is("offers"))
      return;
    meetings_.push_back(std::make_unique<Meeting>(*this, offer.peer_id, offer.offer_id));
    if (!meetings_.back()->link->answer(offer.sdp))
      meetings_.pop_back();
  }
  void on_description(Meeting& meeting, const std::string& sdp) {
    if (manner_.is("offers"))
      offer_often(sdp);
    else
      trackers_->answer(tracker_, info_hash(), meeting.peer, meeting.id, sdp);
  }

  // Each is of another certificate, so that none is taken for one that is known.
  void offer_often(std::string sdp) {
    const auto fingerprint = sdp.find("sha-256 ") + 8;
    std::vector<Trackers::PooledOffer> offers;
    for (std::size_t i = 0; i < offers_at_once && offered_ < offers_in_all; ++i, ++offered_) {
      Trackers::PooledOffer offer;
      std::generate(offer.id.bytes.begin(), offer.id.bytes.end(),
                    [this] { return static_cast<std::uint8_t>(manner_.random()); });
      offer.sdp = sdp;
      for (std::size_t digit = fingerprint; digit < fingerprint + 95; ++digit)
        if (offer.sdp.at(digit) != ':')
          offer.sdp[digit] = "0123456789ABCDEF"[manner_.random() % 16];
      offers.push_back(std::move(offer));
    }
    trackers_->offer(tracker_, info_hash(), offers);
    if (offered_ == offers_in_all) {
      say("offered");
      return;
    }
    // As many as the tracker takes of one.
    again_.start(20ms, [this, sdp = std::move(sdp)] { offer_often(sdp); });
  }

  void on_answer(const std::string&, const signal::RelayedAnswer&) override { say("answered"); }
  void on_scrape(const std::string&, const signal::ScrapeEntry&) override {}
  void on_announcing(const std::string&, const signal::InfoHash&) override {}
  void on_state(const std::string&, bool, const std::string&) override {}

  Manner& manner_;
  const std::shared_ptr<LinkStack> stack_;
  const std::string tracker_;
  company::Timer seconds_, again_;
  std::unique_ptr<Trackers> trackers_;
  std::vector<std::unique_ptr<Meeting>> meetings_;
  std::size_t offered_ = 0;
  bool ready_ = false;
};

} // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fputs("usage: bad_peer MANNER TRACKER METAINFO\n", stderr);
    return 2;
  }
  std::ifstream file(argv[3], std::ios::binary);
  const std::string metainfo{std::istreambuf_iterator<char>(file), {}};
  const auto release = parse_metainfo(std::as_bytes(std::span(metainfo)));
  if (!release) {
    std::fprintf(stderr, "bad_peer: %s\n", release.error().message.c_str());
    return 1;
  }
  Manner manner{argv[1], *release, {}};
  manner.random.seed(static_cast<unsigned>(g_get_monotonic_time()));
  std::generate(manner.own_id.bytes.begin(), manner.own_id.bytes.end(),
                [&] { return static_cast<std::uint8_t>('a' + manner.random() % 26); });
  GMainLoop* const loop = g_main_loop_new(nullptr, FALSE);
  BadPeer peer(g_main_context_default(), manner, argv[2]);
  g_main_loop_run(loop); // until it is killed
}
