/** Which commits are made from their schema alone, and what of them is not used. */
import { describe, expect, test } from 'vitest'
import type { TreeEntry } from '../../src/domain/build-plan.ts'
import { limits } from '../../src/domain/limits.ts'
import { describeUnused, planSchema } from '../../src/domain/schema-plan.ts'

function tree(...paths: readonly string[]): TreeEntry[] {
  return paths.map((path) => {
    const isFolder = path.endsWith('/')
    return {
      path: path.replace(/\/$/, ''),
      type: isFolder ? 'tree' : 'blob',
      mode: isFolder ? '040000' : '100644',
      oid: '1'.repeat(40),
      bytes: isFolder ? 0 : 10,
    }
  })
}

describe('a commit is made from its schema', () => {
  test.each([
    [['schema.json']],
    [['schema.json', 'README.md', 'vite.config.ts', '.env', 'src/', 'src/index.html']],
    [['schema.json', 'web/', 'web/package.json']],
    [['slipway.json', 'schema.json']],
  ])('where %j are in it', (paths) => {
    expect(planSchema(tree(...paths), {})).toMatchObject({
      kind: 'schema',
      schemaOid: '1'.repeat(40),
    })
  })

  test.each([
    [['schema.json', 'package.json']],
    [['schema.json', 'index.html']],
    [['README.md']],
    [['app/', 'app/schema.json']],
    [['Schema.json']],
    [[]],
  ])('and not where %j are', (paths) => {
    expect(planSchema(tree(...paths), {})).toBeNull()
  })

  test('and not where slipway.json names another folder', () => {
    expect(planSchema(tree('schema.json', 'slipway.json'), { root: 'web' })).toBeNull()
  })

  test.each([
    ['is a symbolic link', { mode: '120000' }],
    ['is a folder', { type: 'tree', mode: '040000' }],
    ['is a submodule', { type: 'commit', mode: '160000' }],
    ['has 1,048,577 bytes; there may be 1,048,576', { bytes: limits.schemaBytesMax + 1 }],
  ] as const)('and is declined where that %s', (problem, change) => {
    const entries = tree('schema.json').map((entry): TreeEntry => ({ ...entry, ...change }))
    expect(() => planSchema(entries, {})).toThrow(`schema.json ${problem}.`)
  })
})

describe('what lies beside a schema', () => {
  test.each([
    [['schema.json'], null],
    [['schema.json', 'README.md', 'LICENSE', '.gitignore', '.github/'], null],
    [['schema.json', '.env'], '.env is not used: the app is made from schema.json alone'],
    [
      ['.env', 'schema.json', 'src/', 'src/main.ts', 'vite.config.ts'],
      '.env, src/, vite.config.ts are not used: the app is made from schema.json alone',
    ],
    [
      ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'schema.json'],
      'a, b, c, d, e, f and 2 more are not used: the app is made from schema.json alone',
    ],
  ])('of %j is told: %j', (paths, line) => {
    expect(describeUnused(tree(...paths))).toBe(line)
  })
})
