// SPDX-License-Identifier: LGPL-2.1-or-later
// WebTorrent in Node downloads a torrent of one file from peers that the tracker names.
// usage: node node_leech.mjs TRACKER_URL TORRENT OUT
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { once } from 'node:events'
import { settings } from './peer_settings.mjs'
import WebTorrent from 'webtorrent'

const [,, tracker, torrentFile, out] = process.argv
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'triad-leech-'))
process.on('exit', () => fs.rmSync(folder, { recursive: true, force: true }))
const peer = new WebTorrent(settings)
peer.on('error', error => { throw error })
const torrent = peer.add(fs.readFileSync(torrentFile), { announce: [tracker], path: folder })
torrent.on('warning', warning => console.error(warning.message))
await once(torrent, 'done')
fs.copyFileSync(path.join(folder, torrent.files[0].path), out)
peer.destroy(() => process.exit(0))
