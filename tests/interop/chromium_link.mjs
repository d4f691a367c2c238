// SPDX-License-Identifier: LGPL-2.1-or-later
// Chromium and a link fetch from each other over channels that either opened; either offers, either
// closes, with candidates in the description and after it.
// usage: node chromium_link.mjs LINK_PEER
import assert from 'node:assert/strict'
import http from 'node:http'
import { once } from 'node:events'
import { openPage } from './chromium.mjs'
import { LinkProcess, makePeer } from './link_process.mjs'

const [,, program] = process.argv
const bytes = 2000000

const server = http.createServer((_, response) => response.end('<!doctype html><title>peer</title>'))
await once(server.listen(0, '127.0.0.1'), 'listening')
const { browser, page } = await openPage()
const link = { now: null } // the page's trickled candidates go to the one of now
await page.exposeFunction('toLink', line => link.now.tell('candidate', line))

async function begin () {
  await page.goto(`http://127.0.0.1:${server.address().port}/`)
  await page.evaluate(`(${makePeer})(RTCPeerConnection)`)
  link.now = new LinkProcess(program, candidate => page.evaluate(line =>
    window.peer.connection.addIceCandidate({ candidate: line, sdpMid: '0' }), candidate))
  return link.now
}

async function exchange (triad) {
  await triad.hear('connected')
  await Promise.all([triad.fetch(bytes),
    page.evaluate(size => window.peer.fetch(size), bytes)])
}

// The link offers, and closes.
const offerer = await begin()
offerer.tell('offer')
offerer.take(await page.evaluate(async offer => {
  const { connection } = window.peer
  await connection.setRemoteDescription({ type: 'offer', sdp: offer })
  const whole = window.peer.gathered()
  await connection.setLocalDescription(await connection.createAnswer())
  return await whole
}, await offerer.description()))
await exchange(offerer)
offerer.tell('close')
assert.equal(await offerer.end(), 'closed_here')
await page.waitForFunction(() => window.peer.ended === 2)
console.log('Chromium answered')

// Chromium offers, tells its candidates later, and closes.
const answerer = await begin()
answerer.take(await page.evaluate(async () => {
  const { connection } = window.peer
  connection.createDataChannel('0')
  connection.onicecandidate = ({ candidate }) => window.toLink(candidate?.candidate ?? '')
  const offer = await connection.createOffer()
  // Set after the offer has left, so that no candidate is ahead of it.
  setTimeout(() => connection.setLocalDescription(offer))
  return offer.sdp
}))
const answer = await answerer.description()
await page.waitForFunction(() => window.peer.connection.signalingState === 'have-local-offer')
await page.evaluate(sdp =>
  window.peer.connection.setRemoteDescription({ type: 'answer', sdp }), answer)
await exchange(answerer)
await page.evaluate(() => window.peer.connection.close())
assert.equal(await answerer.end(), 'closed_there')
console.log('Chromium offered')

await browser.close()
server.close()
