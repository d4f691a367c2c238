// SPDX-License-Identifier: LGPL-2.1-or-later
// A link_peer (tests/network/link_peer.cc says what it understands), and what a WebRTC peer needs to
// be its other end.
import assert from 'node:assert/strict'
import readline from 'node:readline'
import { spawn } from 'node:child_process'

export class LinkProcess {
  // `onCandidate` gets each candidate line that comes after the description.
  constructor (program, onCandidate) {
    this.process = spawn(program, { stdio: ['pipe', 'pipe', 'inherit'] })
    process.on('exit', () => this.process.kill())
    this.lines = []
    this.waiting = []
    const hear = (word, rest) => {
      if (word === 'candidate') return onCandidate(rest)
      const at = this.waiting.findIndex(waiting => waiting.word === word || word === 'over')
      if (at < 0) return this.lines.push({ word, rest })
      const [{ word: wanted, resolve, reject }] = this.waiting.splice(at, 1)
      if (word === wanted) resolve(rest)
      else reject(new Error(`it ended before it said "${wanted}"`))
    }
    readline.createInterface({ input: this.process.stdout }).on('line', line => {
      const [word] = line.split(' ', 1)
      hear(word, line.slice(word.length + 1))
    }).on('close', () => hear('over', ''))
  }

  tell (word, rest = '') {
    this.process.stdin.write(`${word} ${rest}\n`)
  }

  // What follows the word in the first line that begins with it.
  hear (word) {
    const at = this.lines.findIndex(line => line.word === word)
    if (at >= 0) return Promise.resolve(this.lines.splice(at, 1)[0].rest)
    return new Promise((resolve, reject) => this.waiting.push({ word, resolve, reject }))
  }

  async description () {
    return JSON.parse(`"${await this.hear('description')}"`)
  }

  take (sdp) {
    this.tell('take', JSON.stringify(sdp).slice(1, -1))
  }

  async fetch (bytes) {
    this.tell('fetch', bytes)
    const [fetched] = (await this.hear('fetched')).split(' ')
    assert.equal(Number(fetched), bytes)
  }

  // How the link ended.
  async end () {
    return (await this.hear('closed')).split(' ')[1]
  }
}

// Runs in the page, too, so it uses nothing from here. Sets globalThis.peer: a connection that gives
// as many bytes as a channel's label says, and fetches likewise.
export function makePeer (RTCPeerConnection) {
  const byteAt = offset => Math.floor(offset * 2654435761 / 8192) & 0xff // below 3 MB
  const connection = new RTCPeerConnection()
  const peer = globalThis.peer = { connection, ended: 0 }
  connection.ondatachannel = ({ channel }) => {
    channel.onclose = () => { peer.ended++ }
    // All at once: Chromium 156 queues up to 16 MB, and was seen to say nothing of a queue gone low.
    channel.onopen = () => {
      for (let given = 0; given < Number(channel.label); given += 16384) {
        const size = Math.min(16384, Number(channel.label) - given)
        channel.send(Uint8Array.from({ length: size }, (_, i) => byteAt(given + i)))
      }
    }
  }
  peer.fetch = bytes => new Promise((resolve, reject) => {
    const channel = connection.createDataChannel(String(bytes))
    channel.binaryType = 'arraybuffer'
    let got = 0
    channel.onmessage = ({ data }) => {
      for (const byte of new Uint8Array(data)) {
        if (byte !== byteAt(got++)) reject(new Error(`byte ${got - 1} is wrong`))
      }
      if (got === bytes) resolve(got)
    }
    channel.onclose = () => { peer.ended++; reject(new Error(`closed after ${got} bytes`)) }
  })
  // The local description with all its candidates.
  peer.gathered = () => new Promise(resolve => {
    connection.onicecandidate = ({ candidate }) => {
      if (candidate === null) resolve(connection.localDescription.sdp)
    }
  })
}
