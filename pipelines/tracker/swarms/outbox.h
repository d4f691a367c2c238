// SPDX-License-Identifier: LGPL-2.1-or-later
// Where Swarms puts what it has to say: the server fills it, tests with plain vectors.
#pragma once

#include <cstdint>
#include <string_view>

namespace triad::tracker {

// Of one connection, as long as it lasts; the server may use a number again after closed().
using ConnectionId = std::uint32_t;

// Called only while an input of Swarms runs; never calls back into it.
class Outbox {
public:
  // One text frame. `frame` lives only during the call.
  virtual void send(ConnectionId to, std::string_view frame) = 0;

protected:
  ~Outbox() = default;
};

} // namespace triad::tracker
