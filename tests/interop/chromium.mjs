// SPDX-License-Identifier: LGPL-2.1-or-later
// Starts Debian's Chromium, headless, with a fresh profile; it ends with this process.
import crypto from 'node:crypto'
import fs from 'node:fs'
import http from 'node:http'
import os from 'node:os'
import path from 'node:path'
import { once } from 'node:events'
import { chromium } from 'playwright-core'

// The program itself: the package's wrapper script adds what the user's settings say.
const program = '/usr/lib/chromium/chromium'
const webtorrent = new URL('node_modules/webtorrent/dist/webtorrent.min.js', import.meta.url)

// The self-made certificate of the test, and no other, is trusted beside the real ones.
function trusted () {
  const file = process.env.NODE_EXTRA_CA_CERTS
  if (!file) return []
  const key = new crypto.X509Certificate(fs.readFileSync(file)).publicKey
  const hash = crypto.createHash('sha256').update(key.export({ type: 'spki', format: 'der' }))
  return ['--ignore-certificate-errors-spki-list=' + hash.digest('base64')]
}

// Addresses in ICE candidates instead of .local names.
function literal () {
  return process.env.TRIAD_LITERAL_CANDIDATES
    ? ['--disable-features=WebRtcHideLocalIpsWithMdns']
    : []
}

// An empty page of a browser of its own.
export async function openPage () {
  const profile = fs.mkdtempSync(path.join(os.tmpdir(), 'triad-chromium-'))
  process.on('exit', () => fs.rmSync(profile, { recursive: true, force: true, maxRetries: 3 }))
  const browser = await chromium.launchPersistentContext(profile, {
    executablePath: program,
    headless: true,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
      '--disable-background-networking', '--disable-component-update', '--disable-sync',
      ...trusted(), ...literal()]
  })
  for (const signal of ['SIGTERM', 'SIGINT']) {
    process.on(signal, () => browser.close().finally(() => process.exit(1)))
  }
  const page = browser.pages()[0]
  page.on('console', message => console.error('page:', message.text()))
  page.on('pageerror', error => { console.error(error); process.exit(1) })
  return { browser, page }
}

// A page with WebTorrent's browser build in window.peer, and `files` ({ url: path }) beside it.
export async function openPeer (files) {
  const server = http.createServer((request, response) => {
    const script = request.url === '/webtorrent.js'
    const file = script ? webtorrent : files[request.url]
    response.setHeader('content-type', script ? 'text/javascript' : 'text/html')
    response.end(file ? fs.readFileSync(file) : '<!doctype html><title>peer</title>')
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { browser, page } = await openPage()
  await page.goto(`http://127.0.0.1:${server.address().port}/`)
  await page.evaluate(async () => {
    const { default: WebTorrent } = await import('/webtorrent.js')
    window.peer = new WebTorrent({ dht: false, tracker: { rtcConfig: { iceServers: [] } } })
    window.peer.on('error', error => { throw error })
  })
  return { browser, page }
}
