// SPDX-License-Identifier: LGPL-2.1-or-later
// WebTorrent in Chromium streams a torrent's only file; prints what tests/bench/track_probe prints.
// CPU and memory (PSS) are those of all of Chromium's processes; a start is counted from add(), not
// from the browser's.
// usage: node chromium_track.mjs TORRENT TRACKER_URL
import fs from 'node:fs'
import { openPeer } from './chromium.mjs'

// What all processes below this one have used so far.
function used () {
  const parents = new Map()
  const ticks = new Map()
  for (const id of fs.readdirSync('/proc').filter(name => /^\d+$/.test(name))) {
    try {
      const text = fs.readFileSync(`/proc/${id}/stat`, 'utf8')
      const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
      parents.set(id, fields[1])
      ticks.set(id, Number(fields[11]) + Number(fields[12]))
    } catch {} // it has ended
  }
  const below = id => id !== undefined && (id === String(process.pid) || below(parents.get(id)))
  const sum = { cpu_ms: 0, memory_mb: 0 }
  for (const [id, parent] of parents) {
    if (!below(parent)) continue
    sum.cpu_ms += ticks.get(id) * 10
    try {
      const pss = /^Pss:\s+(\d+)/m.exec(fs.readFileSync(`/proc/${id}/smaps_rollup`, 'utf8'))[1]
      sum.memory_mb += pss * 1024 / 1e6
    } catch {} // it has ended
  }
  return sum
}

const [,, torrentFile, tracker] = process.argv
const { browser, page } = await openPeer({ '/torrent': torrentFile })
const before = used()
const told = await page.evaluate(async tracker => {
  const metainfo = new Uint8Array(await (await fetch('/torrent')).arrayBuffer())
  const began = performance.now()
  const told = { bytes: 0 }
  const torrent = window.peer.add(metainfo, { announce: [tracker] })
  await new Promise(resolve => torrent.on('ready', resolve))
  const reader = torrent.files[0].stream().getReader()
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    told.bytes += part.value.length
    told.first_ms ??= performance.now() - began
    if (told.bytes >= 300000) told.some_ms ??= performance.now() - began
  }
  told.all_ms = performance.now() - began
  told.peers = torrent.numPeers
  return told
}, tracker)
const after = used()
told.cpu_ms = after.cpu_ms - before.cpu_ms
told.memory_mb = after.memory_mb
console.log(JSON.stringify(told))
await browser.close()
process.exit(0)
