// SPDX-License-Identifier: LGPL-2.1-or-later
// A link whose other end is echo_peer.cc, in a process of its own.
#pragma once

#include "link/peers.h"

#include <gio/gio.h>

namespace triad::test {

class OtherProcess {
public:
  // `offers`: the other process makes the offer.
  OtherProcess(Loop& loop, bool offers);
  ~OtherProcess(); // kills it
  OtherProcess(const OtherProcess&) = delete;
  OtherProcess& operator=(const OtherProcess&) = delete;

  void connect(); // until this side is connected
  void tell(const std::string& word, const std::string& text = {});
  void signal(int number) { g_subprocess_send_signal(process_, number); }
  [[nodiscard]] bool said(const std::string& word) const { return heard_.contains(word); }
  [[nodiscard]] std::string heard(const std::string& word) const; // the last that came with it

  LinkEnd here;

private:
  void read();
  void hear(const std::string& line);

  Loop& loop_;
  const bool offers_;
  GSubprocess* process_;
  GDataInputStream* lines_;
  GCancellable* stop_;
  bool reading_ = false;
  std::map<std::string, std::string> heard_;
};

} // namespace triad::test
