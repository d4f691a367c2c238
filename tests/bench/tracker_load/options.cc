// SPDX-License-Identifier: LGPL-2.1-or-later
#include "options.h"

#include <cstdlib>
#include <functional>
#include <iostream>
#include <map>
#include <string_view>

namespace triad::load {

namespace {

constexpr std::string_view usage =
    R"(usage: tracker_load MODE [--OPTION VALUE]... ws://ADDR:PORT[/PATH]...
MODE: idle      connects the peers, and no more
      join      each peer connects and announces; timed from connect to reply
      announce  they join, then announce with a fixed number of announces in flight
      paced     they join, then announce at a given rate
      churn     they join, announce, answer offers, leave in all ways and come again;
                lost connections are made again, at the next URL; a JSON line every second
--peers 5000 --swarms 500 --offers 5 --in-flight 64 --seconds 5 --warm-up 1
--rate ANNOUNCES_A_SECOND (paced) --every SECONDS --life MEAN_SECONDS (churn)
--pid TRACKER (its memory and CPU) --seed 1
)";

std::optional<Target> read_target(std::string_view url) {
  constexpr std::string_view scheme = "ws://";
  const std::size_t colon = url.rfind(':');
  if (url.substr(0, scheme.size()) != scheme || colon <= scheme.size()) {
    return std::nullopt;
  }
  Target target;
  target.host = url.substr(scheme.size(), colon - scheme.size());
  const std::string rest(url.substr(colon + 1));
  target.port = static_cast<std::uint16_t>(std::atoi(rest.c_str()));
  const std::size_t slash = rest.find('/');
  target.path = slash == std::string::npos ? "/" : rest.substr(slash);
  return target;
}

template <typename Number>
std::function<void(const char*)> into(Number& number) {
  return [&number](const char* text) { number = static_cast<Number>(std::atof(text)); };
}

} // namespace

std::optional<Options> read_options(int argc, char** argv) {
  Options options;
  const std::map<std::string_view, std::function<void(const char*)>> settings{
      {"--peers", into(options.peers)},     {"--swarms", into(options.swarms)},
      {"--offers", into(options.offers)},   {"--in-flight", into(options.in_flight)},
      {"--seconds", into(options.seconds)}, {"--warm-up", into(options.warm_up)},
      {"--rate", into(options.rate)},       {"--every", into(options.every)},
      {"--life", into(options.life)},       {"--pid", into(options.pid)},
      {"--seed", into(options.seed)},
  };
  for (int at = 1; at < argc; ++at) {
    const std::string_view word = argv[at];
    const auto setting = settings.find(word);
    if (setting != settings.end() && at + 1 < argc) {
      setting->second(argv[++at]);
    } else if (const auto target = read_target(word)) {
      options.targets.push_back(*target);
    } else if (options.mode.empty()) {
      options.mode = word;
    } else {
      std::cerr << "not understood: " << word << '\n' << usage;
      return std::nullopt;
    }
  }
  if (options.targets.empty() || options.peers == 0 || options.swarms == 0 ||
      (options.mode == "paced" && options.rate <= 0)) {
    std::cerr << usage;
    return std::nullopt;
  }
  return options;
}

} // namespace triad::load
