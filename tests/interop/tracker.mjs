// SPDX-License-Identifier: LGPL-2.1-or-later
// The reference: bittorrent-tracker's own server, on loopback. Prints its ws port and its wss port.
// usage: node tracker.mjs CERTIFICATE KEY [RECORD]
//   RECORD: a file that gets every frame as one line of JSON, {"peer", "from", "text"}
import { Server } from 'bittorrent-tracker'
import fs from 'node:fs'
import https from 'node:https'
import { WebSocketServer } from 'ws'

const [,, certificate, key, record] = process.argv
// Peers announce every 5 s, a fifth of this: so soon do those try again whose connection failed.
const interval = 25_000
const tracker = new Server({ udp: false, http: false, ws: true, stats: false, interval })
tracker.on('error', error => { throw error })

if (record) {
  let peers = 0
  const write = line => fs.appendFileSync(record, JSON.stringify(line) + '\n')
  tracker.ws.on('connection', socket => {
    const peer = ++peers
    socket.prependListener('message', data => write({ peer, from: 'peer', text: data.toString() }))
    const send = socket.send.bind(socket)
    socket.send = (data, ...more) => {
      write({ peer, from: 'tracker', text: data.toString() })
      return send(data, ...more)
    }
    socket.on('close', () => write({ peer, from: 'peer', text: null }))
  })
}

const secure = https.createServer({ cert: fs.readFileSync(certificate), key: fs.readFileSync(key) })
new WebSocketServer({ server: secure, perMessageDeflate: false, clientTracking: false })
  .on('connection', (socket, request) => {
    socket.upgradeReq = request
    tracker.onWebSocketConnection(socket)
  })

tracker.listen(0, '127.0.0.1', () => {
  secure.listen(0, '127.0.0.1', () => {
    console.log(tracker.ws.address().port, secure.address().port)
  })
})
