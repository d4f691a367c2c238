// SPDX-License-Identifier: LGPL-2.1-or-later
// How the search for one release's peers stands at each of its trackers: what they said, and when
// they are given offers. Pure: the time comes in.
#pragma once

#include "peers/company/context.h"
#include "peers/signal/replies.h"

#include <map>
#include <string>
#include <vector>

namespace triad::company {

class Search {
public:
  // The release's trackers; other URLs than ws: and wss: are left out.
  explicit Search(const std::vector<std::string>& trackers);

  void began(Time now); // it is being looked for afresh
  void connected(const std::string& tracker, bool connected);
  enum class Dial { as_before, off, on };
  [[nodiscard]] Dial replied(const std::string& tracker, const signal::AnnounceReply& reply,
                             Time now);
  void gave(const std::string& tracker, unsigned offers, Time now);
  void was_answered(const std::string& tracker); // one of them
  // A peer has been won: nothing to be patient for. `by_channel`: on a link that was there, which
  // is an answer to one of the offers.
  void met(bool by_channel);

  // Offers to be given there now. `wanted`: peers; `peers`: those that are there.
  [[nodiscard]] unsigned due(const std::string& tracker, unsigned wanted, std::size_t peers,
                             Time now) const;
  [[nodiscard]] bool hopeful(Time now) const; // for some seconds after began()
  // Something may still come of what was begun: a tracker has not answered, or an offer has not.
  [[nodiscard]] bool pending(Time now) const;

  [[nodiscard]] std::vector<std::string> trackers() const;
  [[nodiscard]] bool has(const std::string& tracker) const { return at_.contains(tracker); }
  // The operator's dial: this tracker's peers are not used.
  [[nodiscard]] bool excluded(const std::string& tracker) const;
  [[nodiscard]] bool excluded() const; // by all of them
  [[nodiscard]] bool has_replied(const std::string& tracker) const;

private:
  struct At {
    enum class Line { unknown, up, down } line = Line::unknown;
    bool replied = false;  // since it is connected
    bool excluded = false; // stays when the connection goes
    unsigned others = 0;   // peers there, beside us
    unsigned unanswered = 0;
    Time gave{0};
    Time due{0};        // no offers before
    unsigned tries = 0; // without a peer won
  };
  [[nodiscard]] const At* find(const std::string& tracker) const;

  std::map<std::string, At> at_;
  Time since_{0};
};

} // namespace triad::company
