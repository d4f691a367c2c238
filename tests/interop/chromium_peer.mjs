// SPDX-License-Identifier: LGPL-2.1-or-later
// WebTorrent in Chromium joins a torrent and fetches it, or gives FILE. Prints "ready" once the
// tracker knows it; "done" once it has all; and, asked to end by SIGTERM, its own counters:
// {"received", "uploaded"} in bytes, and "sha256" of each file by its path.
// usage: node chromium_peer.mjs fetch TORRENT TRACKER_URL...
//        node chromium_peer.mjs give TORRENT FILE TRACKER_URL...        writes TORRENT
// TRIAD_LITERAL_CANDIDATES=1: its addresses stand in its candidates, not .local names;
// TRIAD_UPLOAD_LIMIT: bytes per second that it gives at most.
import fs from 'node:fs'
import path from 'node:path'
import { openPeer } from './chromium.mjs'

const [,, what, torrentFile, ...rest] = process.argv
const file = what === 'give' ? rest.shift() : torrentFile
const { browser, page } = await openPeer({ '/data': file })
await page.exposeFunction('say', line => console.log(line))

process.removeAllListeners('SIGTERM')
process.on('SIGTERM', async () => {
  console.log(JSON.stringify(await page.evaluate(async () => {
    const sha256 = {}
    for (const file of window.torrent.done ? window.torrent.files : []) {
      const hash = await crypto.subtle.digest('SHA-256', await file.arrayBuffer())
      sha256[file.path] = [...new Uint8Array(hash)]
        .map(byte => byte.toString(16).padStart(2, '0')).join('')
    }
    return { received: window.torrent.received, uploaded: window.torrent.uploaded, sha256 }
  })))
  await browser.close()
  process.exit(0)
})

const limit = Number(process.env.TRIAD_UPLOAD_LIMIT ?? -1)
const metainfo = await page.evaluate(async ({ what, announce, name, limit }) => {
  window.peer.throttleUpload(limit)
  const data = await (await fetch('/data')).arrayBuffer()
  const torrent = window.torrent = what === 'give'
    ? window.peer.seed(new File([data], name), { announce })
    : window.peer.add(new Uint8Array(data), { announce })
  torrent.on('warning', warning => console.log(warning.message))
  torrent.on('done', () => window.say('done'))
  const known = new Promise(resolve => torrent.on('trackerAnnounce', resolve))
  await new Promise(resolve => torrent.on('ready', resolve))
  await known
  return [...torrent.torrentFile]
}, { what, announce: rest, name: path.basename(file), limit })
if (what === 'give') fs.writeFileSync(torrentFile, Buffer.from(metainfo))
console.log('ready')
