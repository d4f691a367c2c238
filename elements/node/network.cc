// SPDX-License-Identifier: LGPL-2.1-or-later
// Shares one HTTP client and looks at the network interfaces.
#include "node/network.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <sys/socket.h>

namespace triad {

namespace {

// The client that the engine's thread keeps, and the one that lives on in somebody's hands.
struct Shared {
  std::shared_ptr<HttpClient> kept;
  std::weak_ptr<HttpClient> alive;
};

bool is_loopback(const std::string& host) {
  return host == "localhost" || host.starts_with("127.") || host == "::1";
}

} // namespace

std::shared_ptr<HttpClient> network_client(Engine& engine) {
  // Touched on the engine's thread alone; never destroyed, see Engine::get().
  static auto* const shared = [&engine] {
    auto* made = new Shared;
    engine.before_stop([made] { made->kept.reset(); });
    return made;
  }();
  if (!shared->kept) {
    shared->kept = shared->alive.lock();
    if (!shared->kept)
      shared->kept = std::make_shared<HttpClient>(engine.context());
    shared->alive = shared->kept;
  }
  return shared->kept;
}

std::string url_host(const std::string& url) {
  auto begin = url.find("://");
  begin = begin == std::string::npos ? 0 : begin + 3;
  auto end = url.find_first_of("/?#", begin);
  end = end == std::string::npos ? url.size() : end;
  const auto user = url.rfind('@', end == 0 ? 0 : end - 1);
  if (user != std::string::npos && user >= begin)
    begin = user + 1;
  std::string host = url.substr(begin, end - begin);
  if (host.starts_with('[')) // IPv6
    return host.substr(1, host.find(']') - 1);
  return host.substr(0, host.rfind(':'));
}

bool may_be_reachable(const std::string& url) {
  if (is_loopback(url_host(url)))
    return true;
  ifaddrs* first = nullptr;
  if (getifaddrs(&first) != 0)
    return true; // unknown: let a connection attempt decide
  bool up = false;
  for (const ifaddrs* each = first; each != nullptr; each = each->ifa_next)
    if (each->ifa_addr != nullptr && (each->ifa_flags & IFF_LOOPBACK) == 0 &&
        (each->ifa_flags & IFF_UP) != 0 &&
        (each->ifa_addr->sa_family == AF_INET || each->ifa_addr->sa_family == AF_INET6))
      up = true;
  freeifaddrs(first);
  return up;
}

} // namespace triad
