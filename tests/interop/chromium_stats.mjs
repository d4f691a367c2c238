// SPDX-License-Identifier: LGPL-2.1-or-later
// A person opens the tracker's page of statistics in Chromium while one peer seeds one release.
// usage: node chromium_stats.mjs PAGE_URL INFO_HASH
import assert from 'node:assert/strict'
import { openPage } from './chromium.mjs'

const [,, url, infoHash] = process.argv
const { browser, page } = await openPage()
const response = await page.goto(url)
assert.equal(response.status(), 200)

const text = selector => page.locator(selector).textContent()
await page.waitForFunction(() => document.querySelector('#swarms').textContent === '1')
assert.equal(await text('#peers'), '1')
assert.match(await text('#largest'), new RegExp(infoHash))

// The chart: lines with more and more points.
const points = () => page.evaluate(() => [...document.querySelectorAll('#chart path')]
  .map(line => line.getAttribute('d').split(/[A-Z]/).length))
const longer = before => page.waitForFunction(before => {
  const lines = [...document.querySelectorAll('#chart path')]
  return lines.length >= 2 &&
    lines.every((line, i) => line.getAttribute('d').split(/[A-Z]/).length > (before[i] ?? 0))
}, before)
await longer([])
await longer(await points())
assert.doesNotMatch(await text('#now-messages'), /^\D*$/)
await browser.close()
process.exit(0)
