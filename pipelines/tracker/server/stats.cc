// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tracker/server/stats.h"

#include "tracker/access/allow_list.h"

#include <array>
#include <cstdio>
#include <utility>

namespace triad::tracker {
namespace {

// What both formats say, under names of their own.
struct Counter {
  const char* json;
  const char* metric; // without "triad_tracker_"
  const char* help;
  std::uint64_t value;
};

std::vector<Counter> counters(const Stats& stats) {
  const SwarmsTotals& swarms = stats.swarms;
  const ServerCounters& server = stats.server;
  std::vector<Counter> all = {
      {"announces", "announces_total", "Announces taken.", swarms.announces},
      {"offers_received", "offers_received_total", "Offers that came with announces.",
       swarms.offers_received},
      {"offers_relayed", "offers_relayed_total", "Offers handed to another peer.",
       swarms.offers_relayed},
      {"answers_relayed", "answers_relayed_total", "Answers handed to who offered.",
       swarms.answers_relayed},
      {"answers_lost", "answers_lost_total", "Answers to who was gone.", swarms.answers_lost},
      {"scrapes", "scrapes_total", "Scrapes answered.", swarms.scrapes},
      {"failures", "failures_total", "Messages answered with a failure reason.", swarms.failures},
      {"expired", "peers_expired_total", "Peers forgotten because they no longer announced.",
       swarms.expired},
      {"connections_accepted", "connections_accepted_total", "Connections taken.",
       server.connections},
      {"messages_received", "messages_received_total", "WebSocket messages that came.",
       server.messages_in},
      {"messages_sent", "messages_sent_total", "WebSocket messages that were sent.",
       server.messages_out},
      {"bytes_received", "received_bytes_total", "Bytes of the messages that came.",
       server.bytes_in},
      {"bytes_sent", "sent_bytes_total", "Bytes of the messages that were sent.", server.bytes_out},
      {"http_requests", "http_requests_total", "HTTP requests answered.", server.http_requests},
      {"stun_responses", "stun_responses_total", "STUN requests answered.", server.stun_requests},
      {"reloads", "reloads_total", "Settings read again without a restart.", server.reloads},
  };
  if (stats.store) {
    const StoreTotals& store = *stats.store;
    all.insert(all.end(), {{"store_commands", "store_commands_total", "Commands sent to the store.",
                            store.commands},
                           {"store_frames", "store_frames_total",
                            "Frames that came from other trackers.", store.received},
                           {"store_redirections", "store_redirections_total",
                            "Commands that the store sent elsewhere.", store.redirections},
                           {"store_reconnections", "store_reconnections_total",
                            "Connections to the store that broke.", store.reconnections},
                           {"store_dropped", "store_dropped_total",
                            "What the store was not there for.", store.dropped},
                           {"store_refused", "store_refused_total",
                            "Commands that the store answered with an error.", store.refused},
                           {"store_undelivered", "store_undelivered_total",
                            "Frames for trackers that are gone.", store.undelivered},
                           {"store_garbled", "store_garbled_total",
                            "What came from the store and can't be read.", store.garbled}});
  }
  return all;
}

std::string decimal(double value) {
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%.3f", value);
  return text.data();
}

// A JSON string (RFC 8259 section 7).
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      std::array<char, 8> escape{};
      std::snprintf(escape.data(), escape.size(), "\\u%04x", static_cast<unsigned>(c));
      out += escape.data();
    } else {
      out += c;
    }
  }
  return out + '"';
}

void append_number(std::string& out, std::string_view name, std::uint64_t value) {
  out += quoted(name) + ':' + std::to_string(value) + ',';
}

void close_object(std::string& out, char end) {
  if (out.back() == ',') {
    out.pop_back();
  }
  out += end;
}

// A label's value in Prometheus' text format.
std::string label(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\' || c == '"') {
      out += '\\';
    }
    out += c == '\n' ? std::string("\\n") : std::string(1, c);
  }
  return out;
}

class Metrics {
public:
  void family(const char* name, const char* type, const char* help) {
    text += std::string("# HELP ") + name + ' ' + help + "\n# TYPE " + name + ' ' + type + '\n';
  }
  void sample(const char* name, const std::string& labels, const std::string& value) {
    text += name + (labels.empty() ? labels : '{' + labels + '}') + ' ' + value + '\n';
  }
  void single(const char* name, const char* type, const char* help, const std::string& value) {
    family(name, type, help);
    sample(name, "", value);
  }

  std::string text;
};

} // namespace

std::string stats_json(const Stats& stats) {
  std::string out =
      "{\"version\":" + quoted(stats.version) + ",\"uptime_seconds\":" + decimal(stats.uptime) +
      ",\"cpu_seconds\":" + decimal(stats.process.cpu) +
      ",\"store\":" + (stats.store ? stats.store->ready ? "true" : "false" : "null") + ',';
  append_number(out, "memory_bytes", stats.process.memory);
  append_number(out, "peer_share", stats.peer_share);
  append_number(out, "swarms", stats.swarms.swarms);
  append_number(out, "seeders", stats.swarms.seeders);
  append_number(out, "leechers", stats.swarms.leechers);
  append_number(out, "connections", stats.connections);
  out += "\"totals\":{";
  for (const Counter& counter : counters(stats)) {
    append_number(out, counter.json, counter.value);
  }
  close_object(out, '}');
  out += ",\"refusals\":{";
  for (std::size_t kind = 0; kind < refusal_kinds; ++kind) {
    const auto refusal = static_cast<Refusal>(kind);
    append_number(out, name_of(refusal), stats.refusals.of(refusal));
  }
  close_object(out, '}');
  out += ",\"largest\":[";
  for (const SwarmSummary& swarm : stats.largest) {
    out += "{\"info_hash\":" + quoted(hex(swarm.info_hash)) + ',';
    append_number(out, "seeders", swarm.seeders);
    append_number(out, "leechers", swarm.leechers);
    append_number(out, "downloaded", swarm.downloaded);
    append_number(out, "peer_share", swarm.peer_share);
    close_object(out, '}');
    out += ',';
  }
  close_object(out, ']');
  return out + '}';
}

std::string stats_metrics(const Stats& stats) {
  Metrics metrics;
  metrics.family("triad_tracker_info", "gauge", "What runs here.");
  metrics.sample("triad_tracker_info", "version=\"" + label(stats.version) + '"', "1");
  metrics.single("triad_tracker_uptime_seconds", "gauge", "Since the tracker's start.",
                 decimal(stats.uptime));
  metrics.single("process_cpu_seconds_total", "counter", "User and system CPU time spent.",
                 decimal(stats.process.cpu));
  metrics.single("process_resident_memory_bytes", "gauge", "Resident memory.",
                 std::to_string(stats.process.memory));
  metrics.single("triad_tracker_swarms", "gauge", "Swarms with a peer.",
                 std::to_string(stats.swarms.swarms));
  metrics.family("triad_tracker_peers", "gauge",
                 "Peers in swarms; one in two swarms counts twice.");
  metrics.sample("triad_tracker_peers", "kind=\"seeder\"", std::to_string(stats.swarms.seeders));
  metrics.sample("triad_tracker_peers", "kind=\"leecher\"", std::to_string(stats.swarms.leechers));
  metrics.single("triad_tracker_connections", "gauge", "Connections that are open.",
                 std::to_string(stats.connections));
  metrics.single("triad_tracker_peer_share_ratio", "gauge", "The operator's dial.",
                 decimal(stats.peer_share / 100.0));
  if (stats.store) {
    metrics.single("triad_tracker_store_up", "gauge", "Whether the store answers.",
                   stats.store->ready ? "1" : "0");
  }
  for (const Counter& counter : counters(stats)) {
    const std::string name = std::string("triad_tracker_") + counter.metric;
    metrics.single(name.c_str(), "counter", counter.help, std::to_string(counter.value));
  }
  metrics.family("triad_tracker_refusals_total", "counter", "Who was turned away, and why.");
  for (std::size_t kind = 0; kind < refusal_kinds; ++kind) {
    const auto refusal = static_cast<Refusal>(kind);
    metrics.sample("triad_tracker_refusals_total",
                   std::string("reason=\"") + label(name_of(refusal)) + '"',
                   std::to_string(stats.refusals.of(refusal)));
  }
  return std::move(metrics.text);
}

} // namespace triad::tracker
