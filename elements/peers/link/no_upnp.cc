// SPDX-License-Identifier: LGPL-2.1-or-later
// A library with the name of libgupnp-igd that maps no ports.
//
// Debian's libnice needs libgupnp-igd, which needs libsoup 3; players that hold libsoup 2.4
// (Rhythmbox, Quod Libet) abort when that is loaded. As the dynamic linker takes a library that is
// loaded under the wanted name, linking this one keeps libsoup out of the process. libnice then
// goes without UPnP, which links don't use, as it does where it finds no network for it.
#include <cstddef>

extern "C" {
[[gnu::visibility("default")]] void* gupnp_simple_igd_thread_new() {
  return nullptr; // libnice: "Could not initialize GUPnP library"
}
// Never called, for there is no object to call them with.
[[gnu::visibility("default")]] std::size_t gupnp_simple_igd_get_type() {
  return 0;
}
[[gnu::visibility("default")]] void gupnp_simple_igd_add_port() {}
[[gnu::visibility("default")]] void gupnp_simple_igd_remove_port_local() {}
}
