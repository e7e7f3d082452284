import { expect, test } from 'vitest'
import { limits } from '../../src/config.ts'
import { createReadiness, type ReadinessParts } from '../../src/http/readiness.ts'

const all = { database: true, nginx: true, sandbox: true, disk: true, accepting: true }

/** A machine on which everything works, but for what is given; and how often it was asked. */
function look(parts: Partial<ReadinessParts> = {}) {
  const asked = { database: 0, nginx: 0, sandbox: 0, disk: 0 }
  const clock = { ms: 0 }
  const read = createReadiness(
    {
      checkDatabase: () => {
        asked.database += 1
      },
      isServing: () => {
        asked.nginx += 1
        return Promise.resolve(true)
      },
      checkSandbox: () => {
        asked.sandbox += 1
        return Promise.resolve()
      },
      readDisks: () => {
        asked.disk += 1
        return Promise.resolve([{ folder: 'data', bytes: 10e9, bytesFree: 5e9 }])
      },
      isStopping: () => false,
      ...parts,
    },
    () => clock.ms,
  )
  return { asked, clock, read }
}

test.each<[keyof typeof all, Partial<ReadinessParts>]>([
  [
    'database',
    {
      checkDatabase: () => {
        throw new Error('read-only')
      },
    },
  ],
  ['nginx', { isServing: () => Promise.resolve(false) }],
  ['nginx', { isServing: () => Promise.reject(new Error('no answer')) }],
  ['sandbox', { checkSandbox: () => Promise.reject(new Error('no namespaces')) }],
  [
    'disk',
    {
      readDisks: () =>
        Promise.resolve([
          { folder: 'data', bytes: 10e9, bytesFree: 5e9 },
          { folder: 'www', bytes: 10e9, bytesFree: limits.diskFreeBytesMin - 1 },
        ]),
    },
  ],
  ['disk', { readDisks: () => Promise.reject(new Error('gone')) }],
  ['accepting', { isStopping: () => true }],
])('what does not work is named: %s', async (name, parts) => {
  expect(await look().read()).toEqual(all)
  expect(await look(parts).read()).toEqual({ ...all, [name]: false })
})

test('however often it is asked, the sandbox is tried once in 30 seconds', async () => {
  const { asked, clock, read } = look()
  await Promise.all(Array.from({ length: 50 }, read))
  expect(asked).toEqual({ database: 1, nginx: 1, sandbox: 1, disk: 1 })
  clock.ms = 29_999
  await Promise.all(Array.from({ length: 50 }, read))
  expect(asked).toEqual({ database: 2, nginx: 2, sandbox: 1, disk: 2 })
  clock.ms = 30_001
  await read()
  expect(asked.sandbox).toBe(2)
})

test('a sandbox that does not work is not tried more often', async () => {
  let tries = 0
  const checkSandbox = () => {
    tries += 1
    return Promise.reject(new Error('no namespaces'))
  }
  const { read } = look({ checkSandbox })
  for (let times = 0; times < 10; times += 1) expect((await read()).sandbox).toBe(false)
  expect(tries).toBe(1)
})

test('a check that takes long is not begun again by those who wait for it', async () => {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  let begun = 0
  const isServing = () => {
    begun += 1
    return promise
  }
  const { clock, read } = look({ isServing })
  const first = read()
  clock.ms = 60_000
  const second = read()
  resolve(true)
  expect([await first, await second]).toEqual([all, all])
  expect(begun).toBe(1)
})

test('that the server is about to stop is told at once', async () => {
  let isStopping = false
  const { read } = look({ isStopping: () => isStopping })
  expect((await read()).accepting).toBe(true)
  isStopping = true
  expect((await read()).accepting).toBe(false)
})
