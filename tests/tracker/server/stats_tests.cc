// SPDX-License-Identifier: LGPL-2.1-or-later
// What the operator is told: each figure under its name, in formats that others can read.
#include "tracker/server/stats.h"

#include "tracker/server/once_a_second.h"

#include <boost/test/unit_test.hpp>

#include <map>
#include <regex>
#include <set>
#include <sstream>

using namespace triad::tracker;

namespace {

Stats sample() {
  Stats stats;
  stats.version = "1.2.3";
  stats.uptime = 60.25;
  stats.process = {1.5, 4096};
  stats.peer_share = 80;
  stats.connections = 7;
  stats.swarms.swarms = 2;
  stats.swarms.seeders = 3;
  stats.swarms.leechers = 4;
  stats.swarms.announces = 50;
  stats.server.messages_in = 60;
  stats.refusals.add(Refusal::release);
  SwarmSummary swarm;
  swarm.info_hash.bytes.fill(0xab);
  swarm.seeders = 3;
  swarm.peer_share = 20;
  stats.largest.push_back(swarm);
  return stats;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

} // namespace

BOOST_AUTO_TEST_SUITE(tracker_stats)

BOOST_AUTO_TEST_CASE(as_json) {
  const std::string json = stats_json(sample());
  BOOST_TEST(json.starts_with("{\"version\":\"1.2.3\",\"uptime_seconds\":60.250,"
                              "\"cpu_seconds\":1.500,\"store\":null,\"memory_bytes\":4096,"
                              "\"peer_share\":80,\"swarms\":2,\"seeders\":3,\"leechers\":4,"
                              "\"connections\":7,\"totals\":{\"announces\":50,"));
  BOOST_TEST(has(json, "\"messages_received\":60,"));
  BOOST_TEST(has(json, "\"reloads\":0},\"refusals\":{\"too_many_connections\":0,"));
  BOOST_TEST(has(json, "\"release_not_allowed\":1,"));
  BOOST_TEST(
      json.ends_with("\"largest\":[{\"info_hash\":\"abababababababababababababababababababab"
                     "\",\"seeders\":3,\"leechers\":0,\"downloaded\":0,\"peer_share\":20}]}"));
}

BOOST_AUTO_TEST_CASE(json_without_swarms_and_with_a_store) {
  Stats stats;
  stats.version = "a\"b\\c\n";
  stats.store.emplace();
  const std::string json = stats_json(stats);
  BOOST_TEST(json.starts_with("{\"version\":\"a\\\"b\\\\c\\u000a\","));
  BOOST_TEST(has(json, "\"store\":false,"));
  BOOST_TEST(json.ends_with("\"largest\":[]}"));
}

// What promtool looks at: each family is described once, before its samples; counters end in
// _total; no sample comes twice.
BOOST_AUTO_TEST_CASE(as_metrics) {
  Stats stats = sample();
  stats.version = "a\"b\\c\nd";
  stats.store.emplace().ready = true;
  stats.store->dropped = 7;
  const std::string text = stats_metrics(stats);
  BOOST_TEST(text.ends_with('\n'));
  const std::regex help("# HELP ([a-z_]+) \\S.*\\.");
  const std::regex type("# TYPE ([a-z_]+) (counter|gauge)");
  const std::regex value(R"rx(([a-z_]+)(\{[a-z_]+="([^"\\\n]|\\.)*"\})? [0-9]+(\.[0-9]+)?)rx");
  std::string family;
  std::set<std::string> families;
  std::set<std::string> samples;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::smatch match;
    if (std::regex_match(line, match, help)) {
      family = match[1];
      BOOST_TEST(families.insert(family).second, line);
    } else if (std::regex_match(line, match, type)) {
      BOOST_TEST(match[1] == family, line);
      BOOST_TEST((match[2] == "counter") == family.ends_with("_total"), line);
    } else {
      BOOST_REQUIRE_MESSAGE(std::regex_match(line, match, value), line);
      BOOST_TEST(match[1] == family, line);
      BOOST_TEST(samples.insert(line.substr(0, line.rfind(' '))).second, line);
    }
  }
  BOOST_TEST(has(text, "\ntriad_tracker_info{version=\"a\\\"b\\\\c\\nd\"} 1\n"));
  BOOST_TEST(has(text, "\ntriad_tracker_peers{kind=\"seeder\"} 3\n"));
  BOOST_TEST(has(text, "\ntriad_tracker_peer_share_ratio 0.800\n"));
  BOOST_TEST(has(text, "\ntriad_tracker_store_up 1\n"));
  BOOST_TEST(has(text, "\ntriad_tracker_store_dropped_total 7\n"));
  BOOST_TEST(has(text, "\ntriad_tracker_announces_total 50\n"));
  BOOST_TEST(has(text, "\ntriad_tracker_refusals_total{reason=\"release_not_allowed\"} 1\n"));
  BOOST_TEST(has(text, "\ntriad_tracker_refusals_total{reason=\"slow_reader\"} 0\n"));
}

BOOST_AUTO_TEST_CASE(the_page_needs_nothing_else) {
  const std::string page(stats_page());
  BOOST_TEST(page.starts_with("<!DOCTYPE html>"));
  BOOST_TEST(page.ends_with("</html>\n"));
  BOOST_TEST(has(page, "fetch(\"stats.json\""));
  for (const std::string outside : {"https:", "src=", "@import", "url(", "innerHTML"}) {
    BOOST_TEST(!has(page, outside), outside);
  }
}

// Each name that the page reads is one that the JSON has.
BOOST_AUTO_TEST_CASE(the_page_reads_what_there_is) {
  const std::string page(stats_page());
  const std::string json = stats_json(sample());
  const std::regex read("\\b(?:now|s|totals)\\.([a-z_]+)");
  std::set<std::string> names;
  for (std::sregex_iterator each(page.begin(), page.end(), read), end; each != end; ++each) {
    names.insert((*each)[1]);
  }
  for (const char* own : {"at", "messages", "offers"}) { // of the page's samples
    names.erase(own);
  }
  BOOST_TEST(names.size() > 10u);
  for (const std::string& name : names) {
    BOOST_TEST(has(json, '"' + name + "\":"), name);
  }
}

BOOST_AUTO_TEST_CASE(what_the_process_takes) {
  const ProcessUsage usage = process_usage();
  BOOST_TEST(usage.cpu > 0);
  BOOST_TEST(usage.memory > 1'000'000u);
}

BOOST_AUTO_TEST_CASE(what_takes_time_is_found_out_once_a_second) {
  OnceASecond<int> number;
  int asked = 0;
  const auto find = [&] { return ++asked; };
  BOOST_TEST(number.get(Time(5), find) == 1);
  BOOST_TEST(number.get(Time(1004), find) == 1);
  BOOST_TEST(number.get(Time(1005), find) == 2);
  BOOST_TEST(number.get(Time(1006), find) == 2);
}

BOOST_AUTO_TEST_SUITE_END()
