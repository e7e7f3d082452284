/** Followers come, go, are slow or silent: each is told every event once, in the order of the log. */
import { once } from 'node:events'
import type { Socket } from 'node:net'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { renderTextFrame } from '../../src/http/stream/text-frame.ts'
import { follow, type TestFollower } from '../tools/follower.ts'
import { withStores } from '../tools/store.ts'
import { startStreamLab } from '../tools/stream-lab.ts'
import { until } from '../tools/until.ts'

function countTo(last: number, from = 1): readonly number[] {
  return Array.from({ length: last - from + 1 }, (_none, index) => from + index)
}

/** What Node keeps of a client's connection to itself. */
function wireOf({ socket }: TestFollower): Socket {
  return (socket as unknown as { _socket: Socket })._socket
}

describe('replay and live', () => {
  test('what was appended before, while and after a follower came is told once', () =>
    withStores(async (stores) => {
      await using lab = await startStreamLab(stores)
      lab.append(1_050)
      const follower = follow(lab.url, { token: lab.token })
      follower.socket.once('open', () => {
        lab.append(3)
      })
      follower.socket.on('message', () => {
        if (follower.events.length % 100 === 50 && follower.events.length < 1_000) lab.append(2)
      })
      await follower.until(() => follower.last >= 1_053 && follower.last === lab.made)
      lab.append(1)
      await follower.untilSeq(lab.made)
      expect(follower.seqs).toEqual(countTo(lab.made))
    }))

  test('whoever is cut off at any time and comes back has every event once, in order', () =>
    withStores(async (stores) => {
      await using lab = await startStreamLab(stores)
      const wanted = 3_000
      const append = async (): Promise<void> => {
        for (let made = 0; made < wanted; made += 20) {
          lab.append(20)
          await new Promise((again) => setImmediate(again))
        }
      }
      const readAll = async (cuts: readonly number[]): Promise<readonly number[]> => {
        const seen: number[] = []
        for (let round = 0; seen.length < wanted; round += 1) {
          const follower = follow(`${lab.url}?after=${seen.at(-1) ?? 0}`, { token: lab.token })
          const enough = Math.min(wanted - seen.length, cuts[round] ?? wanted)
          await follower.until(() => follower.events.length >= enough)
          follower.drop()
          seen.push(...follower.seqs)
        }
        return seen
      }
      const cuts = fc.sample(fc.array(fc.integer({ min: 1, max: 400 }), { maxLength: 30 }), 12)
      const [, ...seen] = await Promise.all([append(), ...cuts.map(readAll)])
      for (const seqs of seen) expect(seqs).toEqual(countTo(seqs.length))
      await until(() => lab.streams.size === 0)
    }))

  test('one who follows a single deployment is told its events only', () =>
    withStores(async (stores) => {
      await using lab = await startStreamLab(stores)
      const follower = await follow(`${lab.url}?deployment=1`, { token: lab.token }).open()
      lab.append(2)
      stores.events.append(lab.project.id, [
        { deployment: 2, step: 'build', status: 'in_progress', stream: 'stdout', text: 'other' },
      ])
      lab.append(1)
      await follower.untilSeq(4)
      expect(follower.seqs).toEqual([1, 2, 4])
    }))

  test('text of every length and script comes as it is', () =>
    withStores(async (stores) => {
      await using lab = await startStreamLab(stores)
      const texts = ['', 'é€😀', '\u0000\u2028"\\', 'x'.repeat(2_000), '😀'.repeat(20_000)]
      for (const text of texts) lab.append(1, text)
      const follower = follow(lab.url, { token: lab.token })
      await follower.untilSeq(texts.length)
      expect(follower.events.map(({ text }) => text)).toEqual(
        texts.map((text, index) => `${text} ${index + 1}`),
      )
    }))

  test.each([0, 125, 126, 65_535, 65_536])('a frame of %i bytes has the right head', (length) => {
    const frame = renderTextFrame('x'.repeat(length))
    const head = length < 126 ? 2 : length < 65_536 ? 4 : 10
    expect(frame).toHaveLength(head + length)
    expect(frame[0]).toBe(0x81)
    if (head === 4) expect(frame.readUInt16BE(2)).toBe(length)
    if (head === 10) expect(frame.readBigUInt64BE(2)).toBe(BigInt(length))
  })
})

describe('those who can not keep up', () => {
  test('are closed with 1013, come back, and miss and double nothing', () =>
    withStores(async (stores) => {
      await using lab = await startStreamLab(stores, { signOfLifeMs: 2_000, followerStallMs: 900 })
      for (let batch = 0; batch < 12; batch += 1) lab.append(500, 'x'.repeat(2_000))
      const slow = await follow(lab.url, { token: lab.token }).open()
      wireOf(slow).pause()
      const quick = follow(lab.url, { token: lab.token })
      await quick.untilSeq(6_000)
      stores.clock.now += 1_000
      // All are looked after in one go: when this one is asked, the other one was.
      for (let asked = 0; asked < 2; asked += 1) await once(quick.socket, 'ping')
      wireOf(slow).resume()
      expect((await slow.closed).code).toBe(1013)
      expect(slow.last).toBeLessThan(6_000)
      const again = follow(`${lab.url}?after=${slow.last}`, { token: lab.token })
      await again.untilSeq(6_000)
      expect([...slow.seqs, ...again.seqs]).toEqual(countTo(6_000))
      expect(quick.seqs).toEqual(countTo(6_000))
    }))

  test('are let go where two pings stay unanswered', () =>
    withStores(async (stores) => {
      // Long enough for a lively follower to answer, however loaded the machine is.
      await using lab = await startStreamLab(stores, { signOfLifeMs: 1_500 })
      const options = { autoPong: false }
      const silent = follow(lab.url, { token: lab.token, options })
      let pings = 0
      silent.socket.on('ping', () => {
        pings += 1
      })
      await silent.open()
      const lively = await follow(lab.url, { token: lab.token }).open()
      expect((await silent.closed).code).toBe(1006)
      expect(pings).toBe(2)
      await until(() => lab.streams.size === 1)
      lab.append(1)
      await lively.untilSeq(1)
    }))
})

test('a token that expires closes its followers with 1008, and nothing is told after it', () =>
  withStores(async (stores) => {
    await using lab = await startStreamLab(stores)
    const { secret } = stores.tokens.create({
      projectId: lab.project.id,
      scope: 'read',
      name: 'short',
      expiresAt: new Date(stores.clock.now + 60_000),
    })
    const follower = await follow(lab.url, { token: secret.reveal() }).open()
    lab.append(1)
    await follower.untilSeq(1)
    stores.clock.now += 60_000
    lab.append(1)
    expect(await follower.closed).toEqual({ code: 1008, reason: 'The token has expired.' })
    expect(follower.seqs).toEqual([1])
  }))

test('a project that is made again under its id begins at its beginning', () =>
  withStores(async (stores) => {
    await using lab = await startStreamLab(stores)
    lab.append(5, 'old')
    const before = follow(lab.url, { token: lab.token })
    await before.untilSeq(5)
    stores.projects.remove(lab.project.id)
    lab.streams.endProject(lab.project.id)
    expect((await before.closed).code).toBe(1008)
    stores.projects.create(lab.project)
    const after = await follow(lab.url, { token: lab.token }).open()
    lab.append(2, 'new')
    await after.untilSeq(2)
    expect(after.events.map(({ text }) => text)).toEqual(['new 6', 'new 7'])
  }))
