// The files of generated apps: written once, whole, and only under names that can do no harm.
import { randomBytes } from 'node:crypto'
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { AppStore, StoreFile } from '../../src/contracts.ts'
import { createAppStore } from '../../src/sites/app-store.ts'
import { openSiteLab, type SiteLab } from '../tools/site-lab.ts'
import { mountSmallDisk } from '../tools/mount.ts'

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

function storeFile(name: string, text: string, isCompressed = true): StoreFile {
  const bytes = Buffer.from(text)
  return {
    name,
    bytes,
    brotli: isCompressed ? brotliCompressSync(bytes) : null,
    gzip: isCompressed ? gzipSync(bytes) : null,
  }
}

describe('the store of apps', () => {
  it('keeps each file with its compressed forms, readable for nginx whatever the umask', async () => {
    const previous = process.umask(0o077)
    try {
      const files = [storeFile('AbC_-123x.js', 'export {}'), storeFile('fedcba98.css', '', false)]
      expect(await store.keep(files)).toBe(2)
    } finally {
      process.umask(previous)
    }
    const names = ['AbC_-123x.js', 'AbC_-123x.js.br', 'AbC_-123x.js.gz', 'fedcba98.css']
    expect((await readdir(place())).toSorted()).toEqual(names)
    expect((await stat(place())).mode & 0o777).toBe(0o755)
    for (const name of names) expect((await stat(place(name))).mode & 0o777).toBe(0o644)
    expect(await readFile(place('AbC_-123x.js'), 'utf8')).toBe('export {}')
  })

  it('writes only what is not there, and counts that', async () => {
    await store.keep([storeFile('aaaaaaaa.js', 'a')])
    const before = await stat(place('aaaaaaaa.js'))
    expect(await store.keep([storeFile('aaaaaaaa.js', 'a'), storeFile('bbbbbbbb.js', 'b')])).toBe(1)
    const after = await stat(place('aaaaaaaa.js'))
    expect([after.ino, after.mtimeMs]).toEqual([before.ino, before.mtimeMs])
    expect(await store.keep([])).toBe(0)
  })

  it('takes the same files from many deployments at once', async () => {
    const files = Array.from({ length: 20 }, (_, index) => storeFile(`${index}-aaaaaaa.js`, 'x'))
    await Promise.all(Array.from({ length: 8 }, () => store.keep(files)))
    expect(await readdir(place())).toHaveLength(60)
  })

  it('completes what a killed server left half of', async () => {
    await mkdir(place(), { recursive: true })
    await writeFile(place('aaaaaaaa.js.br'), 'ha')
    await writeFile(place('.aaaaaaaa.js.0123456789ab.tmp'), 'ha')
    const file = storeFile('aaaaaaaa.js', 'whole')
    expect(await store.keep([file])).toBe(1)
    expect(Buffer.from(file.brotli ?? []).equals(await readFile(place('aaaaaaaa.js.br')))).toBe(
      true,
    )
  })

  it.each([
    '../aaaaaaaa.js',
    'a/aaaaaaaa.js',
    '/aaaaaaaa.js',
    '.aaaaaaaa.js',
    'aaaaaaaa.js\0',
    'aaaaaaaa.js\n',
    'aaaaaaaa..js',
    'aaaaaaaa.min.js',
    'aaaaaaaa.js.br',
    'aaaaaaaa.gz',
    'aaaaaaaa.tmp',
    'aaaaaaaa',
    'aaaaaaaa.',
    'a.js',
    'aaaa aaaa.js',
    'ééééééééé.js',
    `${'a'.repeat(300)}.js`,
    '',
  ])('refuses the name %j, and writes nothing', async (name) => {
    const files = [storeFile('bbbbbbbb.js', 'b'), storeFile(name, 'hostile')]
    await expect(store.keep(files)).rejects.toThrow('no name for a stored file')
    expect(await readdir(lab.config.nginx.wwwRoot).catch(() => [])).toEqual([])
  })

  it('leaves nothing of what could not be written', async () => {
    await store.keep([storeFile('aaaaaaaa.js', 'a')])
    await mkdir(place('bbbbbbbb.js.br'))
    await writeFile(place('bbbbbbbb.js.br/x'), 'in the way')
    const files = [storeFile('bbbbbbbb.js', 'b'), storeFile('cccccccc.js', 'c')]
    await expect(store.keep(files)).rejects.toThrow()
    const left = await readdir(place())
    expect(left.filter((name) => name.startsWith('.'))).toEqual([])
    expect(left).not.toContain('bbbbbbbb.js')
  })

  it('says that the disk is full, or takes no writes, and has half a file of nothing', async ({
    skip,
  }) => {
    const { wwwRoot } = lab.config.nginx
    await using disk = await mountSmallDisk(wwwRoot, 512, skip)
    if (disk === null) return
    await store.keep([storeFile('aaaaaaaa.js', 'a')])
    const large = Array.from({ length: 40 }, (_, index) => {
      const bytes = randomBytes(20_000)
      return { name: `${index}-bbbbbbb.js`, bytes, brotli: bytes, gzip: null }
    })
    await expect(store.keep(large)).rejects.toMatchObject({ code: 'disk_full' })
    expect((await readdir(place())).toSorted()).toEqual([
      'aaaaaaaa.js',
      'aaaaaaaa.js.br',
      'aaaaaaaa.js.gz',
    ])
    await disk.makeReadOnly()
    const refused = { code: 'folder_not_writable' }
    await expect(store.keep([storeFile('cccccccc.js', 'c')])).rejects.toMatchObject(refused)
  })
})
