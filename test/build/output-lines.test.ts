import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  createOutputLines,
  type OutputLimits,
  type OutputStream,
} from '../../src/build/output-lines.ts'

const limits: OutputLimits = {
  lineLengthMax: 40,
  bytesMax: 1024 ** 2,
  linesMax: 100_000,
  tailLinesMax: 3,
}

test('each line is told once, also the last one without a line break', () => {
  expect(readLines(['one\ntwo\n\nthree'])).toEqual(['one', 'two', '', 'three'])
  expect(readLines(['one\n'])).toEqual(['one'])
})

test('a line of Windows is a line', () => {
  expect(readLines(['one\r\ntwo\r\r\n'])).toEqual(['one', 'two'])
})

test('a progress bar shows its last state only', () => {
  expect(readLines(['10 %\r50 %\r100 %\ndone\n'])).toEqual(['100 %', 'done'])
  expect(readLines(['10 %\r50 %\r'])).toEqual(['50 %'])
})

test('colours, titles, links and clipboard writes leave their text only', () => {
  const cases = {
    '\x1b[1m\x1b[31mred\x1b[0m': 'red',
    '\x1b]0;owned\x07title': 'title',
    '\x1b]52;c;cm0gLXJm\x1b\\clipboard': 'clipboard',
    '\x1b]8;;https://evil.example\x1b\\link\x1b]8;;\x1b\\': 'link',
    '\x1bP$qm\x1b\\device': 'device',
    '\x1b(Bcharset': 'charset',
    '\x1bcreset': 'reset',
    '\x9b2Jcleared': 'cleared',
    '\x9dtitle\x9ctext': 'text',
    'a\x00b\x07c\x08d\x7fe\x85f': 'abcdef',
    'tab\tstop': 'tab    stop',
    '\u202eright to left\u2069': 'right to left',
    'one\u2028line': 'oneline',
  }
  for (const [printed, shown] of Object.entries(cases)) {
    expect(readLines([`${printed}\n`])).toEqual([shown])
  }
})

test('an escape sequence without an end hides nothing of the next line', () => {
  expect(readLines(['\x1b]0;never ended\nnext\n'])).toEqual(['', 'next'])
  expect(readLines(['\x1b[38;5\nnext\n'])).toEqual(['', 'next'])
})

test('bytes that are no UTF-8 become replacement characters', () => {
  expect(readLines([Buffer.from([0x61, 0xff, 0xc3, 0x0a])])).toEqual(['a\ufffd\ufffd'])
})

test('a long line is cut, and never within a character', () => {
  expect(readLines([`${'a'.repeat(40)}\n`])).toEqual(['a'.repeat(40)])
  expect(readLines([`${'a'.repeat(41)}\n`])).toEqual([`${'a'.repeat(39)}…`])
  expect(readLines([`${'a'.repeat(38)}😀b\n`])).toEqual([`${'a'.repeat(38)}…`])
})

test('what follows the limit of a run is cut, and its last lines are told', () => {
  const many = Array.from({ length: 20_000 }, (_, number) => `line ${number}\n`).join('')
  const lines = readLines([many], { ...limits, bytesMax: 14 })
  expect(lines).toEqual([
    'line 0',
    'line 1',
    '… output cut after 14 bytes',
    'line 19997',
    'line 19998',
    'line 19999',
  ])
})

test('lines are counted too, so that many short ones do not fill the log', () => {
  const cut = { ...limits, linesMax: 2 }
  expect(readLines(['a\n\nc'], cut)).toEqual(['a', '', '… output cut after 2 lines', 'c'])
  expect(readLines(['a\n', '\n'], cut)).toEqual(['a', ''])
  const flood = readLines(['\n'.repeat(5_000_000)], limits)
  expect(flood.length).toBe(limits.linesMax + 1 + limits.tailLinesMax)
  expect(flood).toContain('… output cut after 100,000 lines')
})

test('the cut counts both streams together and is told once', () => {
  const told: string[] = []
  const output = createOutputLines({ ...limits, bytesMax: 1024 ** 2 }, (line) => told.push(line))
  const half = Buffer.from(`${'x'.repeat(1023)}\n`.repeat(600))
  output.write(half, 'stdout')
  output.write(half, 'stderr')
  output.write(half, 'stdout')
  output.end()
  expect(told.filter((line) => line.startsWith('…'))).toEqual(['… output cut after 1 MB'])
  expect(told.length).toBeGreaterThan(1_000)
  expect(told.length).toBeLessThan(1_040)
})

test('a line without an end does not grow the memory', () => {
  const chunk = Buffer.alloc(64 * 1024, 'x')
  const output = createOutputLines({ ...limits, bytesMax: 32 * 1024 ** 2 }, () => undefined)
  output.write(chunk, 'stdout')
  const before = process.memoryUsage().rss
  for (let written = 0; written < 512 * 1024 ** 2; written += chunk.length) {
    output.write(chunk, 'stdout')
  }
  expect(process.memoryUsage().rss - before).toBeLessThan(128 * 1024 ** 2)
})

test('how the output arrives in pieces never changes the lines', () => {
  const piece = fc.oneof(
    fc.constantFrom(
      '\n',
      '\r',
      '\r\n',
      '\t',
      '\x1b',
      '\x1b[31m',
      '\x1b]8;;x',
      '\x07',
      '\x1b\\',
      '\x9b',
    ),
    fc.string({ unit: 'grapheme', maxLength: 30 }),
    fc.uint8Array({ maxLength: 8 }).map((bytes) => Buffer.from(bytes)),
  )
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 40 }),
      fc.array(fc.nat({ max: 12 }), { minLength: 1, maxLength: 20 }),
      fc.record({ bytesMax: fc.nat({ max: 200 }), linesMax: fc.nat({ max: 20 }) }),
      (pieces, sizes, given) => {
        const whole = Buffer.concat(pieces.map((part) => Buffer.from(part)))
        const atOnce = readLines([whole], { ...limits, ...given })
        expect(readLines(split(whole, sizes), { ...limits, ...given })).toEqual(atOnce)
        for (const line of atOnce) {
          expect(line.length).toBeLessThanOrEqual(limits.lineLengthMax)
          // oxlint-disable-next-line no-control-regex -- that none is left is what is tested
          expect(line).not.toMatch(/[\x00-\x1f\x7f-\x9f]/)
        }
      },
    ),
    { numRuns: 2_000 },
  )
})

function readLines(
  chunks: readonly (string | Buffer)[],
  given = limits,
  stream: OutputStream = 'stdout',
): readonly string[] {
  const told: string[] = []
  const output = createOutputLines(given, (line) => told.push(line))
  for (const chunk of chunks) output.write(Buffer.from(chunk), stream)
  output.end()
  return told
}

function split(whole: Buffer, sizes: readonly number[]): readonly Buffer[] {
  const parts: Buffer[] = []
  let at = 0
  for (let index = 0; at < whole.length; index += 1) {
    const size = Math.max(1, sizes[index % sizes.length] ?? 1)
    parts.push(whole.subarray(at, at + size))
    at += size
  }
  return parts
}
