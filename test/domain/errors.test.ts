/** The table of errors, held against every place in the code that makes one of its errors. */
import { readdir, readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { doorHints, doors } from '../../src/domain/door-hints.ts'
import { type ErrorRow, errorTable } from '../../src/domain/error-table.ts'
import { type ErrorCode, isErrorCode, SlipwayError, toErrorFacts } from '../../src/domain/errors.ts'

const sourceDir = resolve(import.meta.dirname, '../../src')
const table: Readonly<Record<string, ErrorRow>> = errorTable

interface Making {
  readonly place: string
  readonly codes: readonly string[]
  /** The names of the details; null where they can't be told from the text. */
  readonly details: ReadonlySet<string> | null
}

let makings: readonly Making[] = []
let text = ''
beforeAll(async () => {
  const names = (await readdir(sourceDir, { recursive: true })).filter((name) =>
    name.endsWith('.ts'),
  )
  const files = names.filter((name) => name !== 'domain/error-table.ts')
  const texts = await Promise.all(files.map((name) => readFile(join(sourceDir, name), 'utf8')))
  text = texts.join('\n')
  makings = files.flatMap((name, index) => findMakings(name, texts[index] ?? ''))
})

/** Every `new SlipwayError(…)`, and the `super(…)` of the classes that are one. */
function findMakings(file: string, source: string): readonly Making[] {
  const isKin = source.includes('extends SlipwayError')
  const starts = [...source.matchAll(isKin ? /new SlipwayError\(|super\(/g : /new SlipwayError\(/g)]
  return starts.map(({ index, 0: { length } }) => {
    const [first = '', second] = splitArguments(source, index + length)
    const line = source.slice(0, index).split('\n').length
    return {
      place: `${file}:${line}`,
      codes: [...first.matchAll(/'([a-z_]+)'/g)].map(([, code = '']) => code),
      details: second === undefined ? new Set() : readKeys(second),
    }
  })
}

/** The arguments of a call whose bracket was opened before `start`, as they stand. */
function splitArguments(source: string, start: number): readonly string[] {
  const parts: string[] = ['']
  let depth = 0
  let quote = ''
  for (let place = start; place < source.length; place += 1) {
    const letter = source.charAt(place)
    if (quote !== '') {
      if (letter === '\\') place += 1
      else if (letter === quote) quote = ''
    } else if (`'"\``.includes(letter)) quote = letter
    else if ('([{'.includes(letter)) depth += 1
    else if (')]}'.includes(letter)) {
      if (depth === 0) break
      depth -= 1
    } else if (letter === ',' && depth === 0) {
      parts.push('')
      continue
    }
    parts.push(`${parts.pop() ?? ''}${letter}`)
  }
  return parts.map((part) => part.trim()).filter((part) => part !== '')
}

function readKeys(literal: string): ReadonlySet<string> | null {
  if (!literal.startsWith('{')) return null
  const keys = splitArguments(literal, 1).map((entry) => /^([a-z_]+)\s*(?::|$)/.exec(entry)?.[1])
  const known = keys.filter((key) => key !== undefined)
  return known.length === keys.length ? new Set(known) : null
}

function placeholdersOf({ message, hint }: ErrorRow): readonly string[] {
  return [...`${message} ${hint}`.matchAll(/\{([a-z_]+)\}/g)].map(([, name = '']) => name)
}

test('the places that make errors are found', () => {
  expect(makings.length).toBeGreaterThan(60)
  const codes = makings.flatMap((making) => making.codes)
  expect(codes.filter((code) => !isErrorCode(code))).toEqual([])
  // These few get a code or details that were put together elsewhere.
  const unclear = makings.filter(({ codes: found, details }) => found.length === 0 || !details)
  expect(unclear.length, unclear.map(({ place }) => place).join()).toBeLessThan(8)
})

test('whatever a message or hint leaves open is filled by each place that makes the error', () => {
  const gaps = makings.flatMap(({ place, codes, details }) =>
    details === null
      ? []
      : codes.flatMap((code) =>
          placeholdersOf(table[code] ?? { kind: 'failed', message: '', hint: '' })
            .filter((name) => !details.has(name))
            .map((name) => `${place}: ${code} has no {${name}}`),
        ),
  )
  expect(gaps).toEqual([])
})

test('no detail is given that nobody is told', () => {
  const idle = makings.flatMap(({ place, codes, details }) => {
    const told = new Set(
      codes.flatMap((code) =>
        placeholdersOf(table[code] ?? { kind: 'failed', message: '', hint: '' }),
      ),
    )
    return codes.length === 0
      ? []
      : [...(details ?? [])].filter((name) => !told.has(name)).map((name) => `${place}: ${name}`)
  })
  expect(idle).toEqual([])
})

test('every error of the table is made somewhere', () => {
  const unused = Object.keys(errorTable).filter((code) => !text.includes(`'${code}'`))
  expect(unused).toEqual([])
})

describe('rows', () => {
  test.each(Object.entries(table))(
    '%s is told in whole sentences, with what to do next',
    (_code, row) => {
      expect(row.message).toMatch(/[.}]$|^\{/)
      expect(row.hint).toMatch(/\S/)
      expect(`${row.message} ${row.hint}`).not.toMatch(/ {2}|[\n\t]/)
    },
  )
})

test('a SlipwayError is told with its details in their places', () => {
  const error = new SlipwayError('slug_taken', { slug: 'shop' })
  expect(error.message).toBe('The name "shop" is taken.')
  expect(error.kind).toBe('conflict')
  expect(toErrorFacts(error, 'x')).toEqual({
    code: 'slug_taken',
    message: 'The name "shop" is taken.',
    hint: error.hint,
  })
})

describe('hints by door', () => {
  const codes = Object.keys(errorTable).filter(isErrorCode)

  test('one is told what can be done at the door that they came by', () => {
    const error = new SlipwayError('rollback_failed', { number: 3, status: 'failed' })
    expect(error.hintAt('git')).toContain('git push deploy HEAD:refs/rollback/previous')
    expect(error.hintAt('rest')).toContain('{"to": "previous"}')
    expect(error.hintAt('command')).toContain('slipway rollback')
    expect(toErrorFacts(error, 'x', 'command').hint).toBe(error.hintAt('command'))
    expect(new SlipwayError('rollback_live').hintAt('rest')).toBe('Nothing to do.')
  })

  test('what a door leaves open is filled by the details that the row has', () => {
    for (const door of doors) {
      for (const [code, hint = ''] of Object.entries(doorHints[door])) {
        const row = table[code] ?? { kind: 'failed', message: '', hint: '' }
        const known = placeholdersOf(row)
        const open = placeholdersOf({ ...row, message: '', hint })
        // The command knows no details of what the server refused.
        const wanted = door === 'command' ? [] : open.filter((name) => known.includes(name))
        expect([door, code, open]).toEqual([door, code, wanted])
        expect(hint).not.toBe(row.hint)
      }
    }
  })

  test('a pusher and a person at the command hear of no requests', () => {
    const toPrograms = /\b(GET|PUT|POST|PATCH|DELETE) |header|ETag|If-Match|schema_name|\{"to/
    const spoken = { git: [], command: [] } as Record<'git' | 'command', string[]>
    for (const door of ['git', 'command'] as const) {
      const isSaid = (code: ErrorCode): boolean =>
        toPrograms.test(new SlipwayError(code).hintAt(door))
      spoken[door] = codes.filter(isSaid)
    }
    // These are for programs: neither door asks for what they are about.
    const forPrograms = [
      'project_id_taken',
      'method_not_allowed',
      'method_unknown',
      'request_unreadable',
      'webhook_not_found',
    ]
    expect(spoken.command).toEqual(forPrograms)
    // Nor does a person send a command.
    const sent = codes.filter((code) =>
      /\bsend it again/i.test(new SlipwayError(code).hintAt('command')),
    )
    expect(sent).toEqual(['idempotency_key_busy'])
    expect(spoken.git.filter((code) => !forPrograms.includes(code))).toEqual([
      'slug_taken',
      'token_not_found',
      'variable_not_found',
      'schema_not_found',
      'schema_changed',
    ])
  })

  test('a program hears of no other way to go back than its own', () => {
    const said = codes.filter((code) => /^rollback_(?!unnamed)/.test(code))
    for (const code of said) {
      expect(new SlipwayError(code).hintAt('rest')).not.toMatch(/refs\/|git push deploy|slipway /)
    }
  })
})

test('a detail that looks like a placeholder is left as it is', () => {
  const error = new SlipwayError('slug_taken', { slug: '{hint} $& {slug}' })
  expect(error.message).toBe('The name "{hint} $& {slug}" is taken.')
})

test('anything else is told as internal, with the place in the log and nothing of its text', () => {
  const facts = toErrorFacts(new Error('password is hunter2'), 'shop/v3')
  expect(facts.code).toBe('internal')
  expect(facts.hint).toContain('shop/v3')
  expect(JSON.stringify(facts)).not.toContain('hunter2')
  expect(toErrorFacts('thrown text', 'x').code).toBe('internal')
})
