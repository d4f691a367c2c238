// SPDX-License-Identifier: LGPL-2.1-or-later
#include "node_status.h"

#include "json.h"

#include <cerrno>
#include <cstdio>
#include <fstream>
#include <system_error>

namespace triad::tool {
namespace {

std::string number(std::uint64_t value) {
  return std::to_string(value);
}

std::string text(const std::string& value) {
  return json_string(std::string_view(value));
}

std::string as_json(const Swarm::PeerFacts& peer) {
  const double round_trip = std::chrono::duration<double, std::milli>(peer.link.round_trip).count();
  return "{\"id\":" + text(peer.id) + ",\"client\":" + text(peer.client) +
         ",\"local\":" + text(peer.link.local_type) + ",\"remote\":" + text(peer.link.remote_type) +
         ",\"round_trip_ms\":" + json_number(round_trip) +
         ",\"received\":" + number(peer.received) + ",\"sent\":" + number(peer.sent) + '}';
}

std::string as_json(const Seeder::ReleaseFacts& release) {
  std::vector<std::string> peers;
  for (const Swarm::PeerFacts& peer : release.peers) {
    peers.push_back(as_json(peer));
  }
  const std::string library = release.library.empty() ? "null" : text(release.library.native());
  return "{\"id\":" + text(release.id) + ",\"name\":" + text(release.name) +
         ",\"library\":" + library + ",\"pieces\":" + number(release.pieces) +
         ",\"had\":" + number(release.had) + ",\"peers\":" + json_array(peers) + '}';
}

} // namespace

std::string status_as_json(const Seeder::Facts& facts, double uptime) {
  std::vector<std::string> releases;
  for (const Seeder::ReleaseFacts& release : facts.releases) {
    releases.push_back(as_json(release));
  }
  const CompanyStats& company = facts.company;
  return "{\"uptime\":" + json_number(uptime) + ",\"links\":" + number(company.links) +
         ",\"connecting\":" + number(company.connecting) +
         ",\"trackers\":" + number(company.trackers_connected) +
         ",\"received\":" + number(company.received) + ",\"sent\":" + number(company.sent) +
         ",\"upload_rate\":" + json_number(company.upload_rate) +
         ",\"banned\":" + number(company.banned) + ",\"releases\":" + json_array(releases) + "}\n";
}

Status write_status(const std::filesystem::path& file, const std::string& json) {
  const auto failed = [&file](const std::string& reason) {
    return Error{ErrorCode::io, "The status file " + file.string() + " can't be written", reason};
  };
  std::filesystem::path next = file;
  next += ".new";
  std::ofstream out(next, std::ios::binary | std::ios::trunc);
  out << json;
  out.close();
  if (!out) {
    return failed(std::generic_category().message(errno));
  }
  std::error_code problem;
  std::filesystem::rename(next, file, problem);
  return problem ? Status(failed(problem.message())) : ok();
}

} // namespace triad::tool
