// SPDX-License-Identifier: LGPL-2.1-or-later
// Metainfo as WebTorrent's tools make it.
// usage: node create_torrent.mjs FOLDER OUT TRACKER_URL
import createTorrent from 'create-torrent'
import fs from 'node:fs'

const [,, folder, out, tracker] = process.argv
createTorrent(folder, { announceList: [[tracker]] }, (error, torrent) => {
  if (error) throw error
  fs.writeFileSync(out, torrent)
})
