// SPDX-License-Identifier: LGPL-2.1-or-later
// WebTorrent in Node streams a torrent's only file; prints what tests/bench/track_probe prints.
// usage: node node_track.mjs TORRENT FOLDER TRACKER_URL
import fs from 'node:fs'
import { once } from 'node:events'
import { settings } from './peer_settings.mjs'
import WebTorrent from 'webtorrent'

const [,, torrentFile, folder, tracker] = process.argv
const peer = new WebTorrent(settings)
peer.on('error', error => { throw error })
const began = performance.now()
const cpu = process.cpuUsage()
const told = { bytes: 0 }
const torrent = peer.add(fs.readFileSync(torrentFile), { announce: [tracker], path: folder })
await once(torrent, 'ready')
for await (const part of torrent.files[0]) {
  told.bytes += part.length
  told.first_ms ??= performance.now() - began
  if (told.bytes >= 300000) told.some_ms ??= performance.now() - began
}
told.all_ms = performance.now() - began
const used = process.cpuUsage(cpu)
told.cpu_ms = (used.user + used.system) / 1000
told.memory_mb = process.resourceUsage().maxRSS * 1024 / 1e6
told.peers = torrent.numPeers
console.log(JSON.stringify(told))
process.exit(0)
