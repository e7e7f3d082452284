// Which files of the store go: none that a release names, that somebody may still ask for, or that
// a deployment needs just now.
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { AppStore, StoreFile } from '../../src/contracts.ts'
import { createAppStore } from '../../src/sites/app-store.ts'
import { collectAppFiles, collectDaily, type Collected } from '../../src/sites/collect-app-files.ts'
import { openSiteLab, type SiteLab } from '../tools/site-lab.ts'

const dayMs = 86_400_000
let lab: SiteLab
let store: AppStore

beforeEach(async () => {
  lab = await openSiteLab()
  store = createAppStore(lab.config)
})

afterEach(async () => {
  await lab[Symbol.asyncDispose]()
})

const place = (name = ''): string => join(lab.config.nginx.wwwRoot, '.store', name)
const stored = (): Promise<string[]> => readdir(place()).then((names) => names.toSorted())
const collectIn = (days: number): Promise<Collected> =>
  collectAppFiles(lab.config, new Date(Date.now() + days * dayMs))

function file(name: string, isCompressed = false): StoreFile {
  const bytes = Buffer.from(name)
  const packed = isCompressed ? bytes : null
  return { name, bytes, brotli: packed, gzip: packed }
}

async function publish(number: number, names: readonly string[]): Promise<void> {
  await store.keep(names.map((name) => file(name)))
  await lab.publish(number, { 'index.html': 'x' }, { store: names })
}

it('what no release names goes when it has not been needed for a week', async () => {
  await publish(1, ['aaaaaaaa.js', 'bbbbbbbb.js'])
  await store.keep([file('cccccccc.js', true)])
  expect(await collectIn(6)).toEqual({ files: 0, bytes: 0 })
  expect(await collectIn(8)).toEqual({ files: 3, bytes: 33 })
  expect(await stored()).toEqual(['aaaaaaaa.js', 'bbbbbbbb.js'])
  expect(await collectIn(1000)).toEqual({ files: 0, bytes: 0 })
})

it('what a removed release needed stays for a week from then on', async () => {
  await publish(1, ['aaaaaaaa.js', 'both0000.js'])
  await publish(2, ['bbbbbbbb.js', 'both0000.js'])
  await lab.sites.activate(lab.slug, 2)
  const pruned = await passTime()
  await lab.sites.pruneReleases(lab.slug, 1, [])
  expect(await collectAWeekAfter(pruned)).toEqual({ files: 0, bytes: 0 })
  expect(await collectIn(8)).toMatchObject({ files: 1 })
  expect(await stored()).toEqual(['bbbbbbbb.js', 'both0000.js'])
  const removed = await passTime()
  await lab.sites.removeSite(lab.slug)
  expect(await collectAWeekAfter(removed)).toEqual({ files: 0, bytes: 0 })
  expect(await collectIn(8)).toMatchObject({ files: 2 })
})

it('what a deployment needs again is there for it, compressed as before', async () => {
  await store.keep([file('aaaaaaaa.js', true), file('bbbbbbbb.js', true)])
  const deployed = await passTime()
  await store.keep([file('aaaaaaaa.js', true)])
  expect(await collectAWeekAfter(deployed)).toMatchObject({ files: 3 })
  expect(await stored()).toEqual(['aaaaaaaa.js', 'aaaaaaaa.js.br', 'aaaaaaaa.js.gz'])
})

it('a deployment that is made meanwhile loses nothing, whoever comes first', async () => {
  const names = Array.from({ length: 20 }, (_, index) => `${index}-aaaaaaa.js`)
  const files = names.map((name) => file(name, true))
  for (let round = 0; round < 20; round += 1) {
    await store.keep(files)
    const mark = await passTime()
    const collecting = collectAWeekAfter(mark)
    for (let turn = 0; turn < round; turn += 1) await new Promise(setImmediate)
    await Promise.all([store.keep(files), collecting])
    const left = await stored()
    expect(names.filter((name) => !left.includes(name))).toEqual([])
    for (const name of names.filter((one) => left.includes(`${one}.br`))) {
      expect(await readFile(place(`${name}.br`), 'utf8')).toBe(name)
    }
    expect(left).toHaveLength(60)
  }
})

it('nothing goes while a release does not say what it needs', async () => {
  await publish(1, ['aaaaaaaa.js'])
  await store.keep([file('cccccccc.js')])
  const manifest = join(lab.config.nginx.wwwRoot, 'mon-app/releases/1/manifest.json')
  for (const text of [
    '{"number": 1',
    '[]',
    '{"number": 1, "store": "aaaaaaaa.js"}',
    '{"number": 1, "store": [1]}',
  ]) {
    await writeFile(manifest, text)
    await expect(collectIn(8)).rejects.toThrow(manifest)
  }
  await rm(manifest)
  await expect(collectIn(8)).rejects.toThrow(manifest)
  expect(await stored()).toEqual(['aaaaaaaa.js', 'cccccccc.js'])
})

it('a release without generated files needs none, and says what it likes of others', async () => {
  await lab.publish(1, { 'index.html': 'x' })
  await lab.publish(2, { 'index.html': 'x' }, { store: ['../mon-app/current', '.', ''] })
  await lab.sites.removeRelease(lab.slug, 2)
  expect(await collectIn(8)).toEqual({ files: 0, bytes: 0 })
})

it('what a killed server left goes too, and what is no file stays', async () => {
  await store.keep([])
  await writeFile(place('.aaaaaaaa.js.0123456789ab.tmp'), 'half')
  await writeFile(place('bbbbbbbb.js.br'), 'of nothing')
  await mkdir(place('folder'))
  expect(await collectIn(6)).toMatchObject({ files: 0 })
  expect(await collectIn(8)).toEqual({ files: 2, bytes: 14 })
  expect(await stored()).toEqual(['folder'])
})

it('it is looked for at once, and told only where something went', async () => {
  const config = { ...lab.config, limits: { ...lab.config.limits, assetAgeDaysMax: 0 as 7 } }
  const told: unknown[] = []
  const listeners = {
    tell: (collected: Collected) => told.push(collected),
    tellError: (error: unknown) => told.push(error),
  }
  await collectDaily(config, listeners)[Symbol.asyncDispose]()
  await store.keep([file('aaaaaaaa.js')])
  await passTime()
  await collectDaily(config, listeners)[Symbol.asyncDispose]()
  expect(told).toEqual([{ files: 1, bytes: 11 }])
  await store.keep([file('aaaaaaaa.js')])
  await lab.publish(1, { 'index.html': 'x' })
  await writeFile(join(lab.config.nginx.wwwRoot, 'mon-app/releases/1/manifest.json'), '')
  await passTime()
  await collectDaily(config, listeners)[Symbol.asyncDispose]()
  expect(told.at(-1)).toBeInstanceOf(Error)
})

/** All that was changed before is from before the moment that it answers, all after from after. */
async function passTime(): Promise<number> {
  const moment = Date.now()
  const probe = join(lab.folder, 'probe')
  for (;;) {
    await writeFile(probe, '')
    if ((await stat(probe)).ctimeMs > moment + 1) return moment
  }
}

/** As if a week had passed since that moment, so that only what is older than it may go. */
function collectAWeekAfter(moment: number): Promise<Collected> {
  return collectAppFiles(lab.config, new Date(moment + 1 + 7 * dayMs))
}
