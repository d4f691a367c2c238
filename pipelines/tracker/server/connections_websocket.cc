// SPDX-License-Identifier: LGPL-2.1-or-later
// Connections: WebSocket frames in and out.
#include "tracker/server/connections.h"

namespace triad::tracker {

bool Connections::take_frame(Connection& connection, std::span<char>& bytes) {
  const auto read = read_frame(bytes, limits_.message_bytes);
  if (std::holds_alternative<FrameIncomplete>(read)) {
    return false;
  }
  if (const auto* fault = std::get_if<CloseCode>(&read)) {
    if (*fault == CloseCode::too_big) {
      access_.refusals().add(Refusal::message_bytes);
    }
    close(connection, *fault, Phase::ending);
    return true;
  }
  const Frame& frame = *std::get_if<Frame>(&read);
  connection.since = connection.phase == Phase::websocket ? seconds() : connection.since;
  connection.pinged = false;
  if (connection.phase == Phase::websocket && !connection.permit->message(now_)) {
    close(connection, CloseCode::policy_violation, Phase::closing);
  } else if (frame.opcode == Opcode::close || frame.opcode == Opcode::ping ||
             frame.opcode == Opcode::pong) {
    control_frame(connection, frame);
  } else if (connection.phase == Phase::websocket) {
    data_frame(connection, frame);
  }
  bytes = bytes.subspan(frame.size);
  return true;
}

void Connections::control_frame(Connection& connection, const Frame& frame) {
  if (frame.opcode == Opcode::close) {
    if (connection.phase == Phase::closing) {
      // Both have said it: the server ends the connection (RFC 6455 section 7.1.1).
      end(connection);
      return;
    }
    // Its code comes back, without the reason.
    const std::string_view payload(frame.payload.data(), frame.payload.size());
    send_frame(connection, Opcode::close, payload.substr(0, 2));
    enter(connection, Phase::ending);
    after_write(connection);
  } else if (frame.opcode == Opcode::ping && connection.phase == Phase::websocket) {
    send_frame(connection, Opcode::pong, {frame.payload.data(), frame.payload.size()});
  }
}

// Binary messages are taken for text, as by bittorrent-tracker: JSON is what has to be in it.
void Connections::data_frame(Connection& connection, const Frame& frame) {
  const std::string_view payload(frame.payload.data(), frame.payload.size());
  if ((frame.opcode == Opcode::continuation) != connection.in_message) {
    close(connection, CloseCode::protocol_error, Phase::ending);
    return;
  }
  if (frame.last && !connection.in_message) {
    message(connection, payload);
    return;
  }
  if (connection.message.size() + payload.size() > limits_.message_bytes) {
    access_.refusals().add(Refusal::message_bytes);
    close(connection, CloseCode::too_big, Phase::ending);
    return;
  }
  connection.message += payload;
  connection.in_message = !frame.last;
  if (frame.last) {
    std::string whole;
    whole.swap(connection.message);
    message(connection, whole);
  }
}

void Connections::message(Connection& connection, std::string_view text) {
  ++counters_.messages_in;
  counters_.bytes_in += text.size();
  service_.message(connection.id(), text, connection.permit.get());
}

void Connections::send(ConnectionId to, std::string_view frame) {
  Connection* connection = to < slots_.size() ? slots_[to].connection.get() : nullptr;
  if (connection && connection->phase == Phase::websocket && !connection->gone) {
    ++counters_.messages_out;
    counters_.bytes_out += frame.size();
    send_frame(*connection, Opcode::text, frame);
  }
}

// Header and payload leave in one piece: copying is cheaper than a second vector for the kernel.
void Connections::send_frame(Connection& connection, Opcode opcode, std::string_view payload) {
  frame_ = frame_header(opcode, payload.size()).view();
  frame_ += payload;
  write(connection, frame_);
}

void Connections::close(Connection& connection, CloseCode code, Phase next) {
  const auto number = static_cast<std::uint16_t>(code);
  const std::array<char, 2> payload = {static_cast<char>(number >> 8),
                                       static_cast<char>(number & 0xff)};
  send_frame(connection, Opcode::close, {payload.data(), payload.size()});
  connection.message = std::string();
  enter(connection, next);
  if (!connection.gone) {
    after_write(connection);
  }
}

} // namespace triad::tracker
