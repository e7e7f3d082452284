import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { type Frame, readFrames, writeFrame } from '../../src/generate/frames.ts'

test('frames arrive as they were sent, however the pipe cuts them', () => {
  const sent = record((pipe) => {
    writeFrame(pipe, { a: 'é' }, [Buffer.from('one'), Buffer.from('two')])
    writeFrame(pipe, null)
  })
  for (const size of [1, 3, 7, sent.length]) {
    const { frames, broken } = read(sent, size)
    expect(frames.map(({ header, body }) => [header, body.toString()])).toEqual([
      [{ a: 'é' }, 'onetwo'],
      [null, ''],
    ])
    expect(broken).toBe(0)
  }
})

test('what says that it is longer than it may be is not waited for', () => {
  const lengths = Buffer.alloc(8)
  lengths.writeUInt32BE(600, 0)
  lengths.writeUInt32BE(500, 4)
  expect(read(lengths, 8)).toEqual({ frames: [], broken: 1 })
})

test('what is no JSON ends the conversation, and nothing behind it is read', () => {
  const good = record((pipe) => {
    writeFrame(pipe, 1)
  })
  const bad = Buffer.from(good)
  bad.write('x', 8)
  const { frames, broken } = read(Buffer.concat([good, bad, good]), 4)
  expect([frames.length, broken]).toEqual([1, 1])
})

function record(write: (pipe: PassThrough) => void): Buffer {
  const pipe = new PassThrough()
  write(pipe)
  return pipe.read() as Buffer
}

function read(sent: Buffer, size: number): { readonly frames: Frame[]; readonly broken: number } {
  const pipe = new PassThrough()
  const frames: Frame[] = []
  let broken = 0
  readFrames(pipe, 1_000, {
    onFrame: (frame) => frames.push(frame),
    onBroken: () => {
      broken += 1
    },
  })
  for (let at = 0; at < sent.length; at += size) pipe.emit('data', sent.subarray(at, at + size))
  return { frames, broken }
}
