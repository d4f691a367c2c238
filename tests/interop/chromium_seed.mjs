// SPDX-License-Identifier: LGPL-2.1-or-later
// WebTorrent in Chromium seeds a file until it is killed; prints its info hash once the tracker
// knows it.
// usage: node chromium_seed.mjs TRACKER_URL FILE TORRENT      writes TORRENT
import fs from 'node:fs'
import path from 'node:path'
import { openPeer } from './chromium.mjs'

const [,, tracker, file, torrentFile] = process.argv
const { page } = await openPeer({ '/data': file })
const { metainfo, infoHash } = await page.evaluate(async ({ tracker, name }) => {
  const data = new File([await (await fetch('/data')).blob()], name)
  const torrent = window.peer.seed(data, { announce: [tracker] })
  torrent.on('warning', warning => console.log(warning.message))
  const known = new Promise(resolve => torrent.on('trackerAnnounce', resolve))
  await new Promise(resolve => torrent.on('ready', resolve))
  await known
  return { metainfo: [...torrent.torrentFile], infoHash: torrent.infoHash }
}, { tracker, name: path.basename(file) })
fs.writeFileSync(torrentFile, Buffer.from(metainfo))
console.log(infoHash)
