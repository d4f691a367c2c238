// SPDX-License-Identifier: LGPL-2.1-or-later
// WebTorrent in Node joins a torrent: what FOLDER has of it is given, the rest is fetched into it.
// Prints "ready" once the tracker knows it, "done" once it has all; and, asked to end by SIGTERM,
// its own counters: {"received", "uploaded"} in bytes. TRIAD_WEB_SEED names a web seed (BEP 19) that
// the torrent does not.
// usage: node node_peer.mjs TORRENT FOLDER TRACKER_URL...
import fs from 'node:fs'
import { once } from 'node:events'
import { settings } from './peer_settings.mjs'
import WebTorrent from 'webtorrent'

const urlList = process.env.TRIAD_WEB_SEED ? [process.env.TRIAD_WEB_SEED] : []
const [,, torrentFile, folder, ...announce] = process.argv
const peer = new WebTorrent(settings)
peer.on('error', error => { throw error })
const torrent = peer.add(fs.readFileSync(torrentFile), { announce, path: folder, urlList })
torrent.on('warning', warning => console.error(warning.message))
torrent.on('done', () => console.log('done'))
process.on('SIGTERM', () => {
  console.log(JSON.stringify({ received: torrent.received, uploaded: torrent.uploaded }))
  peer.destroy(() => process.exit(0))
})
const known = once(torrent, 'trackerAnnounce')
await once(torrent, 'ready')
await known
console.log('ready')
