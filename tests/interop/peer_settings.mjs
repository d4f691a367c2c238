// SPDX-License-Identifier: LGPL-2.1-or-later
// WebTorrent's settings: the tracker under test is the only way to meet anyone.
export const settings = {
  dht: false,
  lsd: false,
  natUpnp: false,
  natPmp: false,
  utp: false,
  utPex: false,
  tracker: { rtcConfig: { iceServers: [] } }
}
