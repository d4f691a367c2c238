// SPDX-License-Identifier: LGPL-2.1-or-later
// WebTorrent in Node seeds a file until it is killed; prints its info hash once the tracker
// knows it.
// usage: node node_seed.mjs TRACKER_URL FILE TORRENT      writes TORRENT
import fs from 'node:fs'
import { once } from 'node:events'
import { settings } from './peer_settings.mjs'
import WebTorrent from 'webtorrent'

const [,, tracker, file, torrentFile] = process.argv
const peer = new WebTorrent(settings)
peer.on('error', error => { throw error })
const torrent = peer.seed(file, { announce: [tracker] })
torrent.on('warning', warning => console.error(warning.message))
const known = once(torrent, 'trackerAnnounce')
await once(torrent, 'ready')
await known
fs.writeFileSync(torrentFile, torrent.torrentFile)
console.log(torrent.infoHash)
