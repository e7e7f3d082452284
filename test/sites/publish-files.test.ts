// Files in memory become the same release as a folder that holds them, or are refused like it.
import { link, mkdir, symlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ReleaseSource, WholeFile } from '../../src/contracts.ts'
import { readTree } from '../tools/read-tree.ts'
import { openSiteLab, type SiteLab, type SiteLabOptions } from '../tools/site-lab.ts'

let lab: SiteLab

beforeEach(async () => {
  lab = await openSiteLab({ now: () => new Date('2026-03-01') })
})
afterEach(async () => {
  await lab[Symbol.asyncDispose]()
})

type Contents = Readonly<Record<string, string | null>>

/** Null stands for a link. */
function sourceOf(contents: Contents): ReleaseSource {
  const files = Object.entries(contents).map(([path, text]): WholeFile => {
    return { path, content: text === null ? null : Buffer.from(text) }
  })
  return { files }
}

async function writeFolder(to: SiteLab, contents: Contents): Promise<string> {
  const plain = Object.entries(contents).filter(
    (entry): entry is [string, string] => entry[1] !== null,
  )
  const dir = await to.write(Object.fromEntries(plain))
  for (const path of Object.keys(contents).filter((name) => contents[name] === null)) {
    await mkdir(dirname(join(dir, path)), { recursive: true })
    await symlink('/etc/passwd', join(dir, path))
  }
  return dir
}

const page = '<h1>harbour</h1>'.repeat(200)
const releaseOf = (which: SiteLab, number: number): string =>
  join(which.config.nginx.wwwRoot, 'mon-app/releases', String(number))

describe('files in memory', () => {
  const contents: Contents = {
    'index.html': page,
    'a/b/c.txt': 'deep',
    'assets/app-BkX3a9_z.js': 'let a\n'.repeat(300),
    'ü "x".txt': 'odd',
    '__proto__/constructor': 'odd too',
    'large.bin': 'x'.repeat(300_000),
    empty: '',
    '.env': 'SECRET',
    '.git/config': 'hidden',
    'a/.hidden': 'hidden',
    '.well-known/security.txt': 'Contact: x',
    '.well-known/acme-challenge/x': 'not ours to publish',
    'secret.txt': null,
    'only/link': null,
  }

  it('become the release that their folder becomes, and the same words are said of them', async () => {
    await using other = await openSiteLab({ now: () => new Date('2026-03-01') })
    const told = await lab.publish(1, sourceOf(contents), true)
    const expected = await other.publish(1, await writeFolder(other, contents), true)
    expect({ ...told, leftOut: told.leftOut.toSorted(), compressedMs: 0 }).toEqual({
      ...expected,
      leftOut: expected.leftOut.toSorted(),
      compressedMs: 0,
    })
    expect(told.leftOut).toContain('secret.txt (link)')
    expect(told.leftOut).toContain('.env (not published)')
    expect(told.leftOut).toContain('.well-known/acme-challenge (not published)')
    expect(await readTree(releaseOf(lab, 1))).toEqual(await readTree(releaseOf(other, 1)))
    expect(Object.keys(await readTree(releaseOf(lab, 1)))).toContain('files/only/')
    const pool = (which: SiteLab) => readTree(join(which.config.nginx.wwwRoot, 'mon-app/pool'))
    expect(await pool(lab)).toEqual(await pool(other))
  })

  it('are shared with an earlier release of a folder', async () => {
    await lab.publish(1, await writeFolder(lab, contents))
    await lab.publish(2, sourceOf({ ...contents, empty: 'no more' }))
    const [one, two] = [await readTree(releaseOf(lab, 1)), await readTree(releaseOf(lab, 2))]
    expect(two['files/index.html.gz']).toBe(one['files/index.html.gz'])
    expect(two['files/empty']).not.toBe(one['files/empty'])
    // A file that both have is one on disk, so another hard link of it can be made of either.
    await link(join(releaseOf(lab, 2), 'files/a/b/c.txt'), join(releaseOf(lab, 1), 'again'))
  })
})

describe('files in memory are refused as a folder is, and nothing of them is left,', () => {
  const refusal = (which: SiteLab, from: ReleaseSource | string) =>
    which.publish(1, from).then(
      () => 'it was published',
      (error: unknown) => (error instanceof Error ? error.message : error),
    )

  it.each<[string, Contents, SiteLabOptions['limits']]>([
    ['without an index.html', { 'a/index.html': page }, {}],
    ['with a link for an index.html', { 'index.html': null }, {}],
    ['with a backslash in a name', { 'index.html': page, 'a\\b': '' }, {}],
    ['with a control character in a name', { 'index.html': page, 'x/a\nb': '' }, {}],
    ['with too many files', { 'index.html': '', a: '', b: '', c: '' }, { outputFilesMax: 3 }],
    ['with too many bytes', { 'index.html': page, a: page }, { outputBytesMax: 4_000 }],
    ['with a file too large', { 'index.html': page }, { outputFileBytesMax: 3_000 }],
    ['with folders too deep', { 'index.html': '', 'a/b/c/d/e': '' }, { outputDepthMax: 3 }],
  ])('%s', async (_what, contents, limits) => {
    await using small = await openSiteLab({ limits: limits ?? {} })
    const told = await refusal(small, sourceOf(contents))
    expect(told).not.toBe('it was published')
    expect(told).toBe(await refusal(small, await writeFolder(small, contents)))
    expect(await small.sites.listReleases(small.slug)).toEqual([])
  })

  it('where two have the same place, or none', async () => {
    const content = Buffer.from('x')
    for (const paths of [['a', 'a'], ['a', 'a/b'], ['a/b', 'a'], ['a//b'], ['/a'], [''], ['a/']]) {
      const files = ['index.html', ...paths].map((path) => ({ path, content }))
      expect(await refusal(lab, { files }), paths.join()).toMatch(/place of its own|no folder/)
    }
    const above = { files: ['index.html', '../../evil', './x'].map((path) => ({ path, content })) }
    const { leftOut } = await lab.publish(1, above)
    expect(leftOut).toEqual(['.. (not published)', '. (not published)'])
    expect(Object.keys(await readTree(releaseOf(lab, 1)))).toEqual([
      'files/',
      'files/index.html',
      'manifest.json',
    ])
  })

  it('when the deployment is cancelled meanwhile', async () => {
    const cancelled = lab.sites.publish({
      slug: lab.slug,
      number: 1,
      from: sourceOf({ 'index.html': page }),
      outputName: 'dist',
      spaFallback: false,
      manifest: {},
      signal: AbortSignal.abort(new Error('cancelled')),
    })
    await expect(cancelled).rejects.toThrow('cancelled')
    expect(await lab.sites.listReleases(lab.slug)).toEqual([])
  })
})
