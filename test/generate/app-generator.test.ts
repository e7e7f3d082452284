// What the generator promises, with frameworks that can be made to misbehave.
import { mkdir, readdir, readFile, stat, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { GeneratedApp, StoreFile } from '../../src/contracts.ts'
import { makeStoreFile } from '../../src/generate/compile/store-file.ts'
import { askFor, type GeneratorLab, relabel, startGeneratorLab } from '../tools/generator-lab.ts'
import { until } from '../tools/until.ts'

let lab: GeneratorLab
beforeAll(async () => {
  lab = await startGeneratorLab({ frameworks: 'small' })
  await lab.generate(askFor('first'))
})
afterAll(async () => lab[Symbol.asyncDispose]())

test('an app is its two pages and the files that they can ask for', async () => {
  const app = await lab.generate(askFor('Möbel & mehr', ['customers', 'orders']))
  expect(app.rootPage).toContain('<title>Möbel &#38; mehr</title>')
  expect(app.rootPage).toContain('<meta name="base" content="/" />')
  expect(app.subdirectoryPage).toBe(
    app.rootPage.replace('name="base" content="/"', 'name="base" content="/apps/shop/"'),
  )
  const names = new Set(app.storeFiles.map(({ name }) => name))
  const asked = [app.rootPage, ...app.storeFiles.map(readText)].flatMap((text) =>
    [...text.matchAll(/"(?:\/_s|\.)\/([0-9a-f]{32}\.[a-z]+)"/g)].map(([, name]) => name ?? ''),
  )
  expect(asked.filter((name) => !names.has(name))).toEqual([])
  expect([...names].filter((name) => !asked.includes(name))).toEqual([])
})

test('the same schema gives the same bytes in another process, whatever came before', async () => {
  const request = askFor('same', ['customers', 'orders', 'tasks'])
  await using other = await startGeneratorLab({ frameworks: 'small' })
  await other.generate(askFor('another', ['tasks', 'customers']))
  const [one, two] = [await lab.generate(request), await other.generate(request)]
  expect(withoutCount(two)).toEqual(withoutCount(one))
  expect(other.generator.fingerprint).toBe(lab.generator.fingerprint)
})

test('only what changed is compiled', async () => {
  const request = askFor('steady', ['customers', 'orders', 'tasks'])
  await lab.generate(request)
  expect((await lab.generate(request)).compiled).toBe(0)
  const change = { table: 'orders', field: 'price', label: 'What it costs' }
  expect((await lab.generate(relabel(request, change))).compiled).toBe(1)
})

test('an ejected app is the whole project, under its own name', async () => {
  const sources = await lab.generator.eject(askFor('Shop', ['user_group']))
  const texts = new Map(sources.map(({ path, text }) => [path, text]))
  expect([...texts.keys()]).toEqual([
    'index.html',
    'package-lock.json',
    'package.json',
    'public/favicon.svg',
    'src/app.ts',
    'src/kit/index.ts',
    'src/kit/label.tsx',
    'src/kit/start.ts',
    'src/kit/style.css',
    'src/main.tsx',
    'src/tables/UserGroup/List.tsx',
    'src/tables/UserGroup/model.ts',
  ])
  expect(texts.get('index.html')).toContain('<title>Shop</title>')
  expect(JSON.parse(texts.get('package.json') ?? '')).toMatchObject({ name: 'shop' })
  const lock: unknown = JSON.parse(texts.get('package-lock.json') ?? '')
  expect(lock).toEqual({ name: 'shop', packages: { '': { name: 'shop' } } })
})

test('what all apps share is made once, and read from the disk at the next start', async () => {
  const folder = join(lab.dataDir, 'caches/templates', lab.generator.fingerprint, 'react')
  const { ino } = await stat(folder)
  await using next = await startGeneratorLab({ frameworks: 'small', dataDir: lab.dataDir })
  const app = await next.generate(askFor('next'))
  expect(next.workers).toHaveLength(1)
  expect((await stat(folder)).ino).toBe(ino)
  expect(withoutCount(app)).toEqual(withoutCount(await lab.generate(askFor('next'))))
})

test('who has to wait for what all apps share is told once of what it is made', async () => {
  await using first = await startGeneratorLab({ frameworks: 'small' })
  const told: string[] = []
  const { signal } = new AbortController()
  const generate = async ({ generator }: GeneratorLab) =>
    generator.generate(askFor('told'), signal, (packages) => {
      told.push(packages.map(({ name, version }) => `${name} ${version}`).join(', '))
    })
  await generate(first)
  expect(told).toEqual([
    expect.stringMatching(/^react [\d.]+, react-dom [\d.]+, react-router [\d.]+$/),
  ])
  await generate(first)
  await using next = await startGeneratorLab({ frameworks: 'small', dataDir: first.dataDir })
  await generate(next)
  expect(told).toHaveLength(1)
})

test('what was made for a state of the templates before is made again beforehand', async () => {
  await using fresh = await startGeneratorLab({ frameworks: 'small' })
  await fresh.generator.prepare([])
  expect(fresh.workers).toEqual([])
  const states = join(fresh.dataDir, 'caches/templates')
  await mkdir(join(states, 'of-a-former-version/react'), { recursive: true })
  await fresh.generator.prepare([])
  expect(await readdir(states)).toEqual([fresh.generator.fingerprint])
  await fresh.generator.generate(askFor('quick'), new AbortController().signal, () => {
    expect.fail('it had to be waited for')
  })
})

test('a generator that is closed while it prepares complains of nothing', async () => {
  const fresh = await startGeneratorLab({ frameworks: 'small' })
  const preparing = fresh.generator.prepare(['react'])
  await fresh[Symbol.asyncDispose]()
  await preparing
})

test('what was damaged on the disk is made again', async () => {
  await using first = await startGeneratorLab({ frameworks: 'small' })
  const app = await first.generate(askFor('whole'))
  const folder = join(first.dataDir, 'caches/templates', first.generator.fingerprint, 'react')
  const [script = ''] = (await readdir(folder)).filter((name) => name.endsWith('.js'))
  await truncate(join(folder, script), 10)
  await using next = await startGeneratorLab({ frameworks: 'small', dataDir: first.dataDir })
  expect(withoutCount(await next.generate(askFor('whole')))).toEqual(withoutCount(app))
  expect((await readFile(join(folder, script))).length).toBeGreaterThan(10)
})

test('a template that fails is told in plain words, and the worker goes on', async () => {
  const before = lab.workers.length
  await expect(lab.generate(askFor('throw'))).rejects.toMatchObject({
    code: 'generation_failed',
    details: { problem: 'no app [31m from this' },
  })
  await lab.generate(askFor('after'))
  expect(lab.workers).toHaveLength(before)
})

test('an app whose worker is killed is made by another', async () => {
  await using fresh = await startGeneratorLab({ frameworks: 'small', dataDir: lab.dataDir })
  await fresh.generate(askFor('warm'))
  const many = Array.from({ length: 300 }, (_, index) => `table_${index}`)
  const pending = fresh.generate(askFor('killed', many))
  fresh.workers[0]?.end()
  expect((await pending).rootPage).toContain('<title>killed</title>')
  expect(fresh.workers).toHaveLength(2)
})

test('a worker that died while nobody needed it is not asked', async () => {
  await using fresh = await startGeneratorLab({ frameworks: 'small', dataDir: lab.dataDir })
  await fresh.generate(askFor('warm'))
  fresh.workers[0]?.end()
  await fresh.workers[0]?.ended
  await fresh.generate(askFor('later'))
  expect(fresh.workers).toHaveLength(2)
})

test.each(['crash', 'hoard', 'print'])(
  'an app that makes its worker %s is tried twice and no more',
  async (title) => {
    const before = lab.workers.length
    await expect(lab.generate(askFor(title))).rejects.toMatchObject({ code: 'generation_failed' })
    expect(lab.workers.length - before).toBeLessThanOrEqual(2)
    expect((await lab.generate(askFor('after'))).rootPage).toContain('<title>after</title>')
  },
)

test('an app that never ends is given up, and the next has a worker of its own', async () => {
  const limits = { generateTimeoutMs: 15_000 }
  await using fresh = await startGeneratorLab({ frameworks: 'small', limits, dataDir: lab.dataDir })
  await fresh.generate(askFor('warm'))
  await expect(fresh.generate(askFor('stall'))).rejects.toMatchObject({
    code: 'generation_failed',
    details: { problem: 'it took more than 15 seconds.' },
  })
  await fresh.workers[0]?.ended
  expect((await fresh.generate(askFor('next'))).compiled).toBeGreaterThan(0)
})

test('who does not want to wait any longer is let go at once, and nobody else is held up', async () => {
  await using fresh = await startGeneratorLab({
    frameworks: 'small',
    concurrency: 2,
    dataDir: lab.dataDir,
  })
  await fresh.generate(askFor('warm'))
  const controller = new AbortController()
  const stalled = fresh.generate(askFor('stall'), controller.signal)
  await fresh.generate(askFor('beside'))
  expect(fresh.workers).toHaveLength(2)
  const waiting = Promise.all([
    expect(stalled).rejects.toThrow('never mind'),
    expect(
      fresh.generate(askFor('late'), AbortSignal.abort(new Error('too late'))),
    ).rejects.toThrow('too late'),
  ])
  controller.abort(new Error('never mind'))
  await waiting
  await fresh.generate(askFor('after'))
  expect(fresh.workers).toHaveLength(2)
})

test('no more workers run than builds may, and who waits may leave the queue', async () => {
  await using fresh = await startGeneratorLab({ frameworks: 'small', dataDir: lab.dataDir })
  const controller = new AbortController()
  const titles = ['one', 'two', 'three', 'four']
  const pending = titles.map(async (title) =>
    fresh.generate(askFor(title), title === 'three' ? controller.signal : undefined),
  )
  controller.abort(new Error('no more'))
  const settled = await Promise.allSettled(pending)
  expect(settled.map(({ status }) => status)).toEqual([
    'fulfilled',
    'fulfilled',
    'rejected',
    'fulfilled',
  ])
  expect(fresh.workers).toHaveLength(1)
})

test('a worker is replaced when it has made its share of apps', async () => {
  const limits = { generatorAppsMax: 3 }
  await using fresh = await startGeneratorLab({ frameworks: 'small', limits, dataDir: lab.dataDir })
  for (const title of ['a', 'b', 'c', 'd']) await fresh.generate(askFor(title))
  expect(fresh.workers).toHaveLength(2)
  await fresh.workers[0]?.ended
})

test('a worker is replaced when it has grown too large', async () => {
  const limits = { generatorMemoryBytesMax: 1024 }
  await using fresh = await startGeneratorLab({ frameworks: 'small', limits, dataDir: lab.dataDir })
  for (const title of ['a', 'b']) await fresh.generate(askFor(title))
  await fresh.workers[0]?.ended
  await fresh.workers[1]?.ended
  expect(fresh.workers.length).toBeGreaterThanOrEqual(3)
})

test('a worker that nobody needs for long is ended', async () => {
  const limits = { generatorIdleMs: 1 }
  await using fresh = await startGeneratorLab({ frameworks: 'small', limits, dataDir: lab.dataDir })
  await fresh.generate(askFor('a'))
  await fresh.workers[0]?.ended
  await fresh.generate(askFor('b'))
  expect(fresh.workers).toHaveLength(2)
})

test('a worker can not answer with a file under the name of another', async () => {
  const vendor = await findShared()
  const evil = makeStoreFile('alert("evil")', 'js', 'quick')
  const forgeries: readonly StoreFile[] = [
    { ...evil, name: vendor.name },
    { ...vendor, brotli: evil.brotli ?? evil.bytes },
    { ...vendor, gzip: Buffer.from('no gzip') },
  ]
  for (const file of forgeries) {
    const pending = lab.generate(askFor(`answer ${forge(file)}`))
    await expect(pending).rejects.toMatchObject({
      code: 'generation_failed',
      details: { problem: 'its worker gave an answer that is none.' },
    })
  }
  expect(await findShared()).toEqual(vendor)
})

test('a worker that says more than it was asked is not believed any more', async () => {
  // A true answer of somebody else's app, and then its own.
  const file = makeStoreFile('export const mine = true', 'js', 'quick')
  await lab.generate(askFor('before'))
  const worker = lab.workers.at(-1)
  await lab.generate(askFor(`answer ${forge(file)}`))
  await worker?.ended
  const app = await lab.generate(askFor('honest'))
  expect(app.storeFiles.map(({ name }) => name)).not.toContain(file.name)
})

test('a closed generator leaves no worker, and starts none', async () => {
  const closed = await startGeneratorLab({ frameworks: 'small', dataDir: lab.dataDir })
  const pending = closed.generate(askFor('late')).catch(() => 'ended')
  await until(() => closed.workers.length > 0)
  await closed[Symbol.asyncDispose]()
  expect(await pending).toBe('ended')
  await Promise.all(closed.workers.map(async ({ ended }) => ended))
  await expect(closed.generate(askFor('later'))).rejects.toThrow('closed')
})

async function findShared(): Promise<StoreFile> {
  const [vendor] = (await lab.generate(askFor('shared'))).storeFiles
  if (vendor === undefined) throw new Error('no files')
  return vendor
}

/** The bytes that a worker would have to write to pass a file off as an app's. */
function forge(file: StoreFile): string {
  const parts = [file.bytes, file.brotli ?? '', file.gzip ?? ''].map((part) => Buffer.from(part))
  const [bytes, brotli, gzip] = parts.map(({ length }) => length)
  const header = Buffer.from(
    JSON.stringify({
      problem: null,
      memoryBytes: 1,
      rootPage: 'evil',
      subdirectoryPage: 'evil',
      compiled: [],
      files: [
        {
          name: file.name,
          bytes,
          brotli: file.brotli === null ? null : brotli,
          gzip: file.gzip === null ? null : gzip,
        },
      ],
    }),
  )
  const body = Buffer.concat(parts)
  const lengths = Buffer.alloc(8)
  lengths.writeUInt32BE(header.length, 0)
  lengths.writeUInt32BE(body.length, 4)
  return Buffer.concat([lengths, header, body]).toString('base64')
}

function readText({ bytes, name }: StoreFile): string {
  return name.endsWith('.js') ? Buffer.from(bytes).toString() : ''
}

function withoutCount({ rootPage, subdirectoryPage, storeFiles }: GeneratedApp) {
  return {
    rootPage,
    subdirectoryPage,
    files: storeFiles.map(({ name, bytes, brotli, gzip }) => [
      name,
      ...[bytes, brotli, gzip].map((part) => (part === null ? null : Buffer.from(part))),
    ]),
  }
}
