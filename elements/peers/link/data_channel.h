// SPDX-License-Identifier: LGPL-2.1-or-later
// One data channel of DataChannels, which alone makes it; outlives it if its user holds it.
#pragma once

#include "peers/link/data_channels.h"

#include <utility>

namespace triad {

class DataChannels::Stream final : public Channel {
public:
  enum class State { waiting, opening, open, closing };

  Stream(DataChannels& channels, std::string label)
      : channels_(&channels), label_(std::move(label)) {}

  void set_listener(Listener* listener) override { listener_ = listener; }
  [[nodiscard]] const std::string& label() const override { return label_; }
  [[nodiscard]] bool send(Bytes message) override;
  [[nodiscard]] std::uint64_t queued() const override;
  void reset() override;

  // For DataChannels.
  void opened();
  void closed(); // tells the listener, and nothing any more
  void detach() { channels_ = nullptr; }

  State state = State::waiting;
  std::uint16_t number = 0;
  bool our_half_done = false, peers_half_done = false; // resets
  bool wants_room = false;
  std::vector<std::byte> parts; // of a message that has not all come

  [[nodiscard]] Listener* listener() const { return listener_; }

private:
  DataChannels* channels_; // null: over
  std::string label_;
  Listener* listener_ = nullptr;
};

} // namespace triad
