// SPDX-License-Identifier: LGPL-2.1-or-later
// Chromium takes the offers, answers and candidates that Triad writes, Triad reads Chromium's, and
// finds the address behind the ".local" name in them.
// usage: node chromium_descriptions.mjs DESCRIPTIONS MDNS_QUERY
import assert from 'node:assert/strict'
import http from 'node:http'
import { execFile, execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { promisify } from 'node:util'
import { openPage } from './chromium.mjs'

const [,, descriptions, mdnsQuery] = process.argv

function triad (what, input = '') {
  return execFileSync(descriptions, [what], { input, encoding: 'utf8' })
}

// What Triad understood: the last value of each name.
function read (sdp) {
  return Object.fromEntries(triad('read', sdp).trim().split('\n').map(line => line.split(' ')))
}

function attribute (sdp, name) {
  return new RegExp(`^a=${name}:(.*)\r$`, 'm').exec(sdp)?.[1]
}

function compare (sdp, setup) {
  const understood = read(sdp)
  for (const name of ['ice-ufrag', 'ice-pwd', 'mid', 'sctp-port']) {
    assert.equal(understood[name], attribute(sdp, name), name)
  }
  // Left out where it is the default.
  assert.equal(understood['max-message-size'], attribute(sdp, 'max-message-size') ?? '65536')
  assert.equal(understood.setup, setup)
  const fingerprint = attribute(sdp, 'fingerprint').split(' ')[1].replaceAll(':', '').toLowerCase()
  assert.equal(understood.fingerprint, fingerprint)
  assert.match(understood.address, /^[0-9a-f-]+\.local$/)
  return understood.address
}

const server = http.createServer((_, response) => response.end('<!doctype html><title>peer</title>'))
await once(server.listen(0, '127.0.0.1'), 'listening')
const { browser, page } = await openPage()
await page.goto(`http://127.0.0.1:${server.address().port}/`)
await page.evaluate(() => {
  window.gathered = connection => new Promise(resolve => {
    connection.onicecandidate = ({ candidate }) => {
      if (candidate === null) resolve(connection.localDescription.sdp)
    }
  })
})

// Triad offers.
const answer = await page.evaluate(async offer => {
  const connection = window.answering = new RTCPeerConnection()
  await connection.setRemoteDescription({ type: 'offer', sdp: offer })
  const whole = window.gathered(connection)
  await connection.setLocalDescription(await connection.createAnswer())
  await connection.addIceCandidate({
    candidate: 'candidate:5 1 udp 1 10.79.0.2 50002 typ host', sdpMid: 'data'
  })
  await connection.addIceCandidate({ candidate: '', sdpMid: 'data' })
  return await whole
}, triad('offer'))
compare(answer, 'active')

// Chromium offers.
const offer = await page.evaluate(async () => {
  const connection = window.offering = new RTCPeerConnection()
  connection.createDataChannel('label')
  const whole = window.gathered(connection)
  await connection.setLocalDescription(await connection.createOffer())
  return await whole
})
const name = compare(offer, 'actpass')
const remote = await page.evaluate(async answer => {
  await window.offering.setRemoteDescription({ type: 'answer', sdp: answer })
  return window.offering.remoteDescription.sdp
}, triad('answer', offer))
// It kept what was written, candidates too.
for (const line of triad('answer', offer).split('\r\n')) {
  if (/^a=(candidate|ice-ufrag|ice-pwd|fingerprint|setup|mid|sctp-port|max)/.test(line)) {
    assert(remote.includes(line), line)
  }
}

// While the page lives, its browser answers for the name; the sandbox has this one address.
const { stdout } = await promisify(execFile)(mdnsQuery, ['5000', name])
assert.equal(stdout, `${name} 10.79.0.1\n`)
console.log('read, written and found')
await browser.close()
server.close()
