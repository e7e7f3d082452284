// Which releases and assets go: never the live one, a protected one, or what a kept one needs.
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openSiteLab, type SiteLab } from '../tools/site-lab.ts'

const dayMs = 86_400_000
let laterMs = 0
let lab: SiteLab

beforeEach(async () => {
  laterMs = 0
  lab = await openSiteLab({ now: () => new Date(Date.now() + laterMs) })
})

afterEach(async () => {
  await lab[Symbol.asyncDispose]()
})

const siteOf = (path = ''): string => join(lab.config.nginx.wwwRoot, 'mon-app', path)
const pooled = (): Promise<string[]> =>
  readdir(siteOf('pool/assets')).then((names) => names.toSorted())

it('pruning keeps the live release, the protected ones and the newest, whatever is asked', async () => {
  const { sites, slug } = lab
  const number = fc.integer({ min: 1, max: 40 })
  const situation = fc.record({
    given: fc.uniqueArray(number, { minLength: 1, maxLength: 12 }),
    liveIndex: fc.nat(12),
    keep: fc.nat(8),
    protect: fc.uniqueArray(number, { maxLength: 4 }),
  })
  await fc.assert(
    fc.asyncProperty(situation, async ({ given, liveIndex, keep, protect }) => {
      await rm(siteOf(), { recursive: true, force: true })
      const numbers = given.toSorted((a, b) => a - b)
      for (const number of numbers) {
        await mkdir(siteOf(`releases/${number}/files`), { recursive: true })
      }
      const live = given[liveIndex] ?? null
      await sites.activate(slug, live)
      const removed = await sites.pruneReleases(slug, keep, protect)
      const left = await sites.listReleases(slug)
      expect([...left, ...removed].toSorted((a, b) => a - b)).toEqual(numbers)
      const spared = new Set([live, ...protect, ...(keep === 0 ? [] : numbers.slice(-keep))])
      expect(left).toEqual(numbers.filter((number) => spared.has(number)))
      expect(await sites.currentRelease(slug)).toBe(live)
    }),
    { numRuns: 60 },
  )
})

it('assets of a removed release stay for some days, those of a kept one as long as it', async () => {
  const { sites, slug } = lab
  const text = 'a long line that is worth compressing\n'.repeat(100)
  await lab.publish(1, { 'index.html': '1', 'assets/a-BkX3a9_z.js': text })
  await lab.publish(2, { 'index.html': '2', 'assets/b-Zq8Lm2Xw.js': text })
  await sites.activate(slug, 2)
  const both = ['a-BkX3a9_z.js', 'a-BkX3a9_z.js.gz', 'b-Zq8Lm2Xw.js', 'b-Zq8Lm2Xw.js.gz']
  laterMs = 100 * dayMs
  await sites.pruneReleases(slug, 2, [])
  expect(await pooled()).toEqual(both)
  laterMs = 6 * dayMs
  expect(await sites.pruneReleases(slug, 1, [])).toEqual([1])
  expect(await pooled()).toEqual(both)
  laterMs = 8 * dayMs
  await sites.pruneReleases(slug, 1, [])
  expect(await pooled()).toEqual(both.slice(2))
})

it('no asset goes while a release has no readable list of its files', async () => {
  const { sites, slug } = lab
  await lab.publish(1, { 'index.html': '1', 'assets/a-BkX3a9_z.js': 'a' })
  await writeFile(siteOf('releases/1/manifest.json'), '{"number": 1')
  laterMs = 100 * dayMs
  await sites.pruneReleases(slug, 1, [])
  expect(await pooled()).toEqual(['a-BkX3a9_z.js'])
})

it('a release that does not exist is not made live, and removing it harms nothing', async () => {
  const { sites, slug } = lab
  await lab.publish(1, { 'index.html': '1' })
  await sites.activate(slug, 1)
  await expect(sites.activate(slug, 2)).rejects.toThrow('no release 2')
  await sites.removeRelease(slug, 2)
  expect(await sites.currentRelease(slug)).toBe(1)
  expect(await sites.pruneReleases(slug, 0, [])).toEqual([])
})

it('what a killed server had begun of a release is removed with it', async () => {
  const { sites, slug } = lab
  await lab.publish(1, { 'index.html': '1' })
  await mkdir(siteOf('releases/.2.tmp/files'), { recursive: true })
  await mkdir(siteOf('releases/.2.removed/files'), { recursive: true })
  await sites.removeRelease(slug, 2)
  expect(await readdir(siteOf('releases'))).toEqual(['1'])
})
