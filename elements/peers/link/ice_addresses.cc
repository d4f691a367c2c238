// SPDX-License-Identifier: LGPL-2.1-or-later
#include "peers/link/ice_addresses.h"

#include <gio/gio.h>
#include <nice/interfaces.h>

#include <algorithm>
#include <memory>

namespace triad {
namespace {

struct Unref {
  void operator()(GInetAddress* address) const { g_object_unref(address); }
};
using Address = std::unique_ptr<GInetAddress, Unref>;

Address parse(const std::string& text) {
  return Address(g_inet_address_new_from_string(text.c_str()));
}

bool loopback(const std::string& text) {
  const Address address = parse(text);
  return address && g_inet_address_get_is_loopback(address.get());
}

// Good for one interface only, which candidates can't name; and many tell the hardware's address.
bool link_local_v6(const std::string& text) {
  const Address address = parse(text.substr(0, text.find('%')));
  return address && g_inet_address_get_family(address.get()) == G_SOCKET_FAMILY_IPV6 &&
         g_inet_address_get_is_link_local(address.get());
}

} // namespace

std::vector<std::string> local_addresses() {
  std::vector<std::string> all;
  GList* list = nice_interfaces_get_local_ips(TRUE);
  for (const GList* item = list; item; item = item->next)
    all.emplace_back(static_cast<const char*>(item->data));
  g_list_free_full(list, g_free);
  std::erase_if(all, &link_local_v6);
  if (!std::all_of(all.begin(), all.end(), &loopback))
    std::erase_if(all, &loopback);
  return all;
}

bool may_connect_to(const std::string& text) {
  const Address address = parse(text);
  if (!address || g_inet_address_get_is_any(address.get()) ||
      g_inet_address_get_is_multicast(address.get()) || link_local_v6(text))
    return false;
  if (!g_inet_address_get_is_loopback(address.get()))
    return true;
  const auto ours = local_addresses();
  return std::all_of(ours.begin(), ours.end(), &loopback);
}

} // namespace triad
