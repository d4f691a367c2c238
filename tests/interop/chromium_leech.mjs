// SPDX-License-Identifier: LGPL-2.1-or-later
// WebTorrent in Chromium downloads a torrent of one file from peers that the tracker names.
// usage: node chromium_leech.mjs TRACKER_URL TORRENT OUT
import fs from 'node:fs'
import { openPeer } from './chromium.mjs'

const [,, tracker, torrentFile, out] = process.argv
const { browser, page } = await openPeer({ '/torrent': torrentFile })
const bytes = await page.evaluate(async tracker => {
  const metainfo = new Uint8Array(await (await fetch('/torrent')).arrayBuffer())
  const torrent = window.peer.add(metainfo, { announce: [tracker] })
  torrent.on('warning', warning => console.log(warning.message))
  await new Promise(resolve => torrent.on('done', resolve))
  const url = URL.createObjectURL(await torrent.files[0].blob())
  return new Promise(resolve => {
    const reader = new FileReader()
    reader.onload = () => resolve(reader.result.split(',')[1])
    fetch(url).then(async response => reader.readAsDataURL(await response.blob()))
  })
}, tracker)
fs.writeFileSync(out, Buffer.from(bytes, 'base64'))
await browser.close()
process.exit(0)
