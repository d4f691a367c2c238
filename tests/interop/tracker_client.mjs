// SPDX-License-Identifier: LGPL-2.1-or-later
// Two of bittorrent-tracker's clients meet at a tracker: every event, scrapes, an offer and its
// answer, and bytes over the channel that comes of it. Exits with 0 if all was as it should be.
// usage: node tracker_client.mjs TRACKER_URL
import assert from 'node:assert/strict'
import crypto from 'node:crypto'
import { once } from 'node:events'
import Client from 'bittorrent-tracker/client'

// Clients of one process share the socket of a URL; these two are to have one each.
const [near, far] = [process.argv[2], process.argv[2] + '/announce']
const infoHash = crypto.randomBytes(20).toString('hex')
const unknown = crypto.randomBytes(20).toString('hex')

function client (name, announce) {
  const made = new Client({
    announce: [announce],
    infoHash,
    peerId: Buffer.from(`-TR0001-${name.padEnd(12, '-')}`),
    port: 6881,
    rtcConfig: { iceServers: [] }
  })
  made.on('error', error => { throw error })
  made.on('warning', warning => {
    if (!warning.message.startsWith('Connection error')) throw warning
  })
  return made
}

// Says one thing to the tracker and gives its reply.
async function say (client, what, options) {
  const reply = once(client, 'update')
  client[what](options)
  const [update] = await reply
  assert.equal(update.infoHash, infoHash)
  assert.ok(update.interval > 0 && update.interval <= 120, `interval ${update.interval}`)
  return { complete: update.complete, incomplete: update.incomplete }
}

const seeder = client('seeder', near)
const leecher = client('leecher', far)
assert.deepEqual(await say(seeder, 'start', { left: 0 }), { complete: 1, incomplete: 0 })

// The leecher's offer reaches the seeder, and the seeder's answer the leecher. What then becomes of
// their connection is not the tracker's: now and then it fails (docs/testing.md).
let toLeecher, toSeeder
for (let event = 'start'; !toSeeder?.connected || !toLeecher?.connected; event = 'update') {
  const met = [once(seeder, 'peer'), once(leecher, 'peer')]
  assert.deepEqual(await say(leecher, event, { left: 1000, numwant: 3 }),
    { complete: 1, incomplete: 1 })
  ;[[toLeecher], [toSeeder]] = await Promise.all(met)
  assert.equal(toLeecher.id, leecher.peerId)
  assert.equal(toSeeder.id, seeder.peerId)
  const patience = { signal: AbortSignal.timeout(5000) }
  await Promise.all([toLeecher, toSeeder].map(
    peer => peer.connected || once(peer, 'connect', patience)))
    .catch(error => console.error('they try again:', error.message))
}
const heard = [once(toLeecher, 'data'), once(toSeeder, 'data')]
toLeecher.send('from the seeder')
toSeeder.send('from the leecher')
assert.deepEqual((await Promise.all(heard)).map(([data]) => Buffer.from(data).toString()),
  ['from the leecher', 'from the seeder'])

assert.deepEqual(await say(leecher, 'complete', { left: 0, downloaded: 1000 }),
  { complete: 2, incomplete: 0 })
assert.deepEqual(await say(seeder, 'update', { left: 0, numwant: 0 }), { complete: 2, incomplete: 0 })

const scraped = once(seeder, 'scrape')
seeder.scrape()
const [one] = await scraped
assert.equal(one.infoHash, infoHash)
assert.equal(one.complete, 2)
assert.equal(one.incomplete, 0)
assert.ok(one.downloaded >= 1)

const many = await new Promise((resolve, reject) => Client.scrape(
  { announce: near, infoHash: [infoHash, unknown] },
  (error, results) => error ? reject(error) : resolve(results)))
assert.equal(many[infoHash].complete, 2)
assert.deepEqual([many[unknown].complete, many[unknown].incomplete, many[unknown].downloaded],
  [0, 0, 0])

assert.deepEqual(await say(leecher, 'stop', { left: 0, numwant: 0 }), { complete: 1, incomplete: 0 })
assert.deepEqual(await say(leecher, 'start', { left: 9, numwant: 0 }), { complete: 1, incomplete: 1 })

// Who just goes is soon no longer counted.
toLeecher.destroy()
toSeeder.destroy()
leecher.destroy()
let counted
for (let tries = 0; tries < 1000 && counted?.incomplete !== 0; ++tries) {
  counted = await say(seeder, 'update', { left: 0, numwant: 0 })
}
assert.deepEqual(counted, { complete: 1, incomplete: 0 })
console.log('all as it should be')
process.exit(0)
