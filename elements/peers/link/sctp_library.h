// SPDX-License-Identifier: LGPL-2.1-or-later
// usrsctp, whose settings, hooks and clock are the process's: one at a time. Associations are known
// to it by number, never by pointer, so that a late packet of a dead one goes nowhere.
//
// The context's thread only. usrsctp's callbacks only note what happened; associations act on it
// when usrsctp has returned.
#pragma once

#include "peers/link/context_timer.h"
#include "release/hashes.h"

#include <cstdint>
#include <unordered_map>
#include <vector>

namespace triad {

class SctpLibrary {
public:
  class User {
  public:
    virtual void send_packet(Bytes packet) = 0; // checksum filled in; must not call usrsctp
    virtual void handle_events() = 0;           // of which usrsctp told while its clock moved

  protected:
    ~User() = default;
  };
  using Number = std::uintptr_t;

  explicit SctpLibrary(GMainContext* context);
  ~SctpLibrary(); // no user is left
  SctpLibrary(const SctpLibrary&) = delete;
  SctpLibrary& operator=(const SctpLibrary&) = delete;

  // The number serves as usrsctp's address and "ulp_info". Never given twice in a process.
  [[nodiscard]] Number add(User& user);
  void remove(Number number);
  [[nodiscard]] static User* find(Number number); // for usrsctp's callbacks; null: gone

  // Before each call into usrsctp that carries traffic: brings its clock up to now, so that the
  // timers which the call sets run from now on.
  void touch();
  void note_event(Number number); // handle_events() is wanted

  // Bytes that all associations hold unacknowledged: a bound on the sum (50 stalled links).
  void count_queued(std::uint64_t before, std::uint64_t now) { queued_ += now - before; }
  [[nodiscard]] std::uint64_t queued() const { return queued_; }

private:
  static int on_output(void* address, void* packet, std::size_t size, std::uint8_t tos,
                       std::uint8_t set_df) noexcept;
  void advance();
  void tick();

  ContextTimer timer_;
  std::unordered_map<Number, User*> users_;
  std::vector<Number> noted_;
  gint64 clock_ = 0;   // until when usrsctp's clock has run, monotonic microseconds
  gint64 traffic_ = 0; // when there was some
  std::uint64_t queued_ = 0;
};

} // namespace triad
