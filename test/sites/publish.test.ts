// What becomes of a build's output: copied whole or not at all, and nothing that is no plain file.
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  chmod,
  link,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  truncate,
  unlink,
  writeFile,
} from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gunzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openSiteLab, type SiteLab } from '../tools/site-lab.ts'

const run = promisify(execFile)
let lab: SiteLab

beforeEach(async () => {
  lab = await openSiteLab()
})

afterEach(async () => {
  await lab[Symbol.asyncDispose]()
})

const siteOf = (path = ''): string => join(lab.config.nginx.wwwRoot, 'mon-app', path)
const filesOf = (number: number): Promise<string[]> =>
  readdir(siteOf(`releases/${number}/files`), { recursive: true }).then((names) => names.toSorted())

describe('a release', () => {
  it('holds the files byte for byte, readable for nginx, and a manifest beside them', async () => {
    const previous = process.umask(0o077)
    try {
      const summary = await lab.publish(7, {
        'index.html': '<h1>é</h1>',
        'a/b/c.txt': 'deep',
        'empty.txt': '',
      })
      expect(summary).toMatchObject({ files: 3, bytes: 15, leftOut: [] })
    } finally {
      process.umask(previous)
    }
    expect(await filesOf(7)).toEqual(['a', 'a/b', 'a/b/c.txt', 'empty.txt', 'index.html'])
    for (const path of ['files', 'files/a', 'files/a/b']) {
      expect((await stat(siteOf(`releases/7/${path}`))).mode & 0o777).toBe(0o755)
    }
    expect((await stat(siteOf('releases/7/files/index.html'))).mode & 0o7777).toBe(0o644)
    const manifest: unknown = JSON.parse(await readFile(siteOf('releases/7/manifest.json'), 'utf8'))
    expect(manifest).toMatchObject({
      number: 7,
      commit: 'c0ffee',
      spaFallback: false,
      bytes: 15,
      files: {
        'a/b/c.txt': {
          bytes: 4,
          sha256: '74611c1d6455b534323a21f8133a6f43dc3a8188e7b946f96dcc28dde932fcb2',
        },
      },
    })
    expect(await lab.sites.listReleases(lab.slug)).toEqual([7])
    expect(await lab.sites.currentRelease(lab.slug)).toBeNull()
  })

  it('is compressed where that is worth it, and never over a file of the user', async () => {
    const text = 'the same line again and again\n'.repeat(200)
    await lab.publish(1, {
      'index.html': text,
      'own.js': text,
      'own.js.gz': 'my own',
      'small.js': 'x',
      'photo.jpg': text,
    })
    expect((await filesOf(1)).filter((name) => name.endsWith('.gz'))).toEqual([
      'index.html.gz',
      'own.js.gz',
    ])
    const packed = await readFile(siteOf('releases/1/files/index.html.gz'))
    expect(gunzipSync(packed).toString()).toBe(text)
    expect(await readFile(siteOf('releases/1/files/own.js.gz'), 'utf8')).toBe('my own')
  })

  it('shares what an earlier one has already, instead of copying and compressing it', async () => {
    const text = 'the same line again and again\n'.repeat(200)
    const files = { 'assets/a-BkX3a9_z.js': text, 'style.css': text }
    await lab.publish(1, { 'index.html': '1', ...files })
    await lab.publish(2, { 'index.html': '2', ...files })
    for (const path of ['assets/a-BkX3a9_z.js', 'assets/a-BkX3a9_z.js.gz', 'style.css.gz']) {
      const [one, two] = await Promise.all(
        [1, 2].map((number) => stat(siteOf(`releases/${number}/files/${path}`))),
      )
      expect(one?.ino).toBe(two?.ino)
    }
    await lab.sites.removeRelease(lab.slug, 1)
    await lab.sites.removeRelease(lab.slug, 2)
    await lab.publish(3, { 'index.html': '3', ...files })
    const again = await stat(siteOf('releases/3/files/assets/a-BkX3a9_z.js'))
    expect(again.ino).toBe((await stat(siteOf('pool/assets/a-BkX3a9_z.js'))).ino)
  })

  it('replaces what an attempt of the same number left behind', async () => {
    await mkdir(siteOf('releases/.1.tmp/files'), { recursive: true })
    await writeFile(siteOf('releases/.1.tmp/files/half'), 'half')
    await lab.publish(1, { 'index.html': 'first', 'gone.txt': 'x' })
    await lab.publish(1, { 'index.html': 'again' })
    expect(await filesOf(1)).toEqual(['index.html'])
    expect(await readdir(siteOf('releases'))).toEqual(['1'])
    await lab.sites.activate(lab.slug, 1)
    await expect(lab.publish(1, { 'index.html': 'over the live one' })).rejects.toThrow('is live')
    expect(await readFile(siteOf('current/files/index.html'), 'utf8')).toBe('again')
  })

  it('holds a large file as it was', async () => {
    const data = randomBytes(256 * 1024 * 3)
    await lab.publish(1, { 'index.html': '', 'data.bin': data, 'odd.bin': data.subarray(5) })
    expect(data.equals(await readFile(siteOf('releases/1/files/data.bin')))).toBe(true)
    expect(data.subarray(5).equals(await readFile(siteOf('releases/1/files/odd.bin')))).toBe(true)
  })
})

describe('a release that is served below /apps/ too', () => {
  const publishBoth = async (number: number, subdirectoryPage: string, spa = true) =>
    lab.sites.publish({
      slug: lab.slug,
      number,
      from: {
        dir: await lab.write({
          'index.html': 'at a host',
          'icon.svg': 'icon '.repeat(500),
          'a/b.txt': 'b',
        }),
      },
      outputName: 'dist',
      spaFallback: spa,
      subdirectoryPage,
      manifest: { store: ['aaaaaaaa.js'], number: 99, files: 'hidden' },
      signal: new AbortController().signal,
    })
  const view = (path: string): string => siteOf(`releases/1/subdirectory/${path}`)

  it('has another first page there, compressed, and the same files otherwise', async () => {
    const page = '<meta name="base" content="/apps/mon-app/">'.repeat(100)
    expect((await publishBoth(1, page)).files).toBe(3)
    expect(await readFile(siteOf('releases/1/files/index.html'), 'utf8')).toBe('at a host')
    expect(await readFile(view('files/index.html'), 'utf8')).toBe(page)
    expect(gunzipSync(await readFile(view('files/index.html.gz'))).toString()).toBe(page)
    expect(gunzipSync(await readFile(view('spa/index.html.gz'))).toString()).toBe(page)
    for (const path of ['icon.svg', 'icon.svg.gz', 'a/b.txt']) {
      const [one, other] = [await stat(view(`files/${path}`)), siteOf(`releases/1/files/${path}`)]
      expect(one.ino).toBe((await stat(other)).ino)
    }
    expect((await stat(view('files/a'))).mode & 0o777).toBe(0o755)
    expect((await stat(view('files/index.html'))).mode & 0o777).toBe(0o644)
  })

  it('answers deep links there only where it does at a host', async () => {
    await publishBoth(1, 'below', false)
    expect(await readdir(siteOf('releases/1/subdirectory'))).toEqual(['files'])
    await lab.publish(2, { 'index.html': 'a host only' }, true)
    expect(await readdir(siteOf('releases/2'))).toEqual(['files', 'manifest.json', 'spa'])
  })

  it('keeps in its manifest what the caller gave, and says itself what it is', async () => {
    await publishBoth(1, 'below')
    const manifest: unknown = JSON.parse(await readFile(siteOf('releases/1/manifest.json'), 'utf8'))
    expect(manifest).toMatchObject({ store: ['aaaaaaaa.js'], number: 1, fileCount: 3 })
  })
})

describe('what is left out of a release', () => {
  it('is every link, fifo, socket, device and hard link, without waiting for any', async () => {
    const dir = await lab.write({ 'index.html': 'home', 'real/page.html': 'page' })
    await symlink('/etc/passwd', join(dir, 'passwd'))
    await symlink('/etc', join(dir, 'etc'))
    await symlink('index.html', join(dir, 'inner.html'))
    await link(join(dir, 'real/page.html'), join(dir, 'hard.html'))
    await run('mkfifo', [join(dir, 'fifo')])
    await run('mknod', [join(dir, 'device'), 'c', '1', '5'])
    const server = createServer().listen(join(dir, 'socket'))
    try {
      const { leftOut } = await lab.publish(1, dir)
      expect(leftOut.toSorted()).toEqual([
        'device (device)',
        'etc (link)',
        'fifo (fifo)',
        'hard.html (hard link)',
        'inner.html (link)',
        'passwd (link)',
        'real/page.html (hard link)',
        'socket (socket)',
      ])
      expect(await filesOf(1)).toEqual(['index.html', 'real'])
    } finally {
      await new Promise((resolve) => server.close(resolve))
    }
  })

  it('is every dot-file, but for what is well known', async () => {
    const { leftOut } = await lab.publish(1, {
      'index.html': 'home',
      '.env': 'SECRET=1',
      '.git/config': 'x',
      'a/.htpasswd': 'x',
      'a/.well-known/x': 'x',
      '.well-known/security.txt': 'x',
      '.well-known/acme-challenge/token': 'x',
    })
    expect(await filesOf(1)).toEqual(['.well-known', '.well-known/security.txt', 'a', 'index.html'])
    expect(leftOut).toContain('.well-known/acme-challenge (not published)')
    expect(leftOut).toHaveLength(5)
  })

  it('is told for 20 of them', async () => {
    const dots = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`.${index}`, 'x']))
    expect((await lab.publish(1, { 'index.html': 'home', ...dots })).leftOut).toHaveLength(20)
  })
})

describe('an output is refused, and nothing of it is left,', () => {
  afterEach(async () => {
    const left = await readdir(siteOf('releases')).catch(() => [])
    expect(left).toEqual([])
    const pooled = await readdir(siteOf('pool')).catch(() => [])
    expect(pooled).toEqual([])
  })

  it('when it has no index.html at its top', async () => {
    const from = { 'app/index.html': 'deeper', 'assets/a-BkX3a9_z.js': 'x' }
    await expect(lab.publish(1, from)).rejects.toMatchObject({
      code: 'missing_index_html',
      details: { output: 'dist' },
    })
  })

  it('when its index.html is a link', async () => {
    const dir = await lab.write({ 'page.html': 'x' })
    await symlink('page.html', join(dir, 'index.html'))
    await expect(lab.publish(1, dir)).rejects.toMatchObject({ code: 'missing_index_html' })
  })

  it('when it is a link itself, or a file', async () => {
    const dir = await lab.write({ 'index.html': 'x' })
    await symlink(dir, join(lab.folder, 'dist'))
    for (const from of [join(lab.folder, 'dist'), join(dir, 'index.html')]) {
      await expect(lab.publish(1, from)).rejects.toMatchObject({ code: 'output_refused' })
    }
  })

  it('when a folder or a file of it can not be read', async () => {
    const dir = await lab.write({ 'index.html': 'x', 'closed/page.html': 'x' })
    await chmod(join(dir, 'closed'), 0o000)
    await expect(lab.publish(1, dir)).rejects.toThrow('closed can not be read')
    await chmod(join(dir, 'closed'), 0o755)
    await chmod(join(dir, 'closed/page.html'), 0o000)
    await expect(lab.publish(1, dir)).rejects.toThrow('closed/page.html can not be read')
  })

  it.each([
    ['a line break', Buffer.from('a\nb')],
    ['an escape sequence', Buffer.from('\x1b[31m')],
    ['a backslash', Buffer.from('a\\b')],
    ['bytes that are no text', Buffer.from([0x61, 0xff, 0xfe])],
  ])('when a name holds %s', async (_, name) => {
    const dir = await lab.write({ 'index.html': 'x' })
    await writeFile(Buffer.concat([Buffer.from(`${dir}/`), name]), 'x')
    const failure = await lab.publish(1, dir).catch((error: unknown) => error)
    expect(failure).toMatchObject({ code: 'output_refused' })
    expect(String(failure)).not.toMatch(/\p{Cc}/u)
  })

  it('when a file only pretends to be huge', async () => {
    const dir = await lab.write({ 'index.html': 'x', 'sparse.bin': '' })
    await truncate(join(dir, 'sparse.bin'), 5 * 1024 ** 3)
    await expect(lab.publish(1, dir)).rejects.toMatchObject({ code: 'output_too_large' })
  })

  it('when it has too many files, too many bytes, or folders too deep', async () => {
    await using small = await openSiteLab({
      limits: { outputFilesMax: 5, outputBytesMax: 1000, outputDepthMax: 3 },
    })
    const many = Object.fromEntries(Array.from({ length: 6 }, (_, index) => [`${index}.txt`, '']))
    for (const from of [
      { 'index.html': '', ...many },
      { 'index.html': 'x'.repeat(600), 'a.txt': 'x'.repeat(600) },
      { 'index.html': '', 'a/b/c/d/e.txt': '' },
    ]) {
      await expect(small.publish(1, from)).rejects.toMatchObject({ code: 'output_too_large' })
    }
    await small.publish(2, { 'index.html': '', 'a/b/c/d.txt': '' })
    expect(await small.sites.listReleases(small.slug)).toEqual([2])
  })

  it('when its assets can not be put into the pool', async () => {
    const blocked = siteOf('pool/assets/b-Zq8Lm2Xw.js')
    await mkdir(blocked, { recursive: true })
    const from = { 'index.html': 'x', 'assets/a-BkX3a9_z.js': 'a', 'assets/b-Zq8Lm2Xw.js': 'b' }
    await expect(lab.publish(1, from)).rejects.toThrow('EISDIR')
    expect(await readdir(siteOf('pool/assets'))).toEqual(['b-Zq8Lm2Xw.js'])
    await rm(siteOf('pool/assets'), { recursive: true })
  })

  it('when the deployment is cancelled meanwhile', async () => {
    const dir = await lab.write({ 'index.html': 'x' })
    const { slug } = lab
    const cancelled = lab.sites.publish({
      slug,
      number: 1,
      from: { dir },
      outputName: 'dist',
      spaFallback: false,
      manifest: {},
      signal: AbortSignal.abort(new Error('cancelled')),
    })
    await expect(cancelled).rejects.toThrow('cancelled')
  })
})

describe('whoever changes the output while it is copied', () => {
  it('can not make a file of the server part of it', async () => {
    await writeFile(join(lab.folder, 'secret'), 'root:secret')
    await mkdir(join(lab.folder, 'secrets'))
    await writeFile(join(lab.folder, 'secrets/page.html'), 'root:secret')
    const dir = await lab.write({
      'index.html': 'home',
      'page.html': 'fine',
      'd/page.html': 'fine',
    })
    const attack = new AbortController()
    const attacker = async (): Promise<void> => {
      while (!attack.signal.aborted) {
        await symlink(join(lab.folder, 'secret'), join(dir, 'new'))
        await rename(join(dir, 'new'), join(dir, 'page.html'))
        await rename(join(dir, 'd'), join(dir, '.d'))
        await symlink(join(lab.folder, 'secrets'), join(dir, 'd'))
        await writeFile(join(dir, 'new'), 'fine')
        await rename(join(dir, 'new'), join(dir, 'page.html'))
        await unlink(join(dir, 'd'))
        await rename(join(dir, '.d'), join(dir, 'd'))
      }
    }
    const attacking = attacker()
    for (let number = 1; number <= 150; number += 1) {
      const outcome = await lab.publish(number, dir).catch((error: unknown) => error)
      if (outcome instanceof Error) expect(outcome).toMatchObject({ code: 'output_refused' })
    }
    attack.abort()
    await attacking
    await lab.publish(151, dir)
    const copied = await run('grep', ['-rl', 'root:', siteOf()]).catch(
      (error: { stdout: string }) => error,
    )
    expect(copied.stdout).toBe('')
  })

  it('can not make a file grow beyond what was measured', async () => {
    const dir = await lab.write({ 'index.html': 'home', 'log.txt': 'x'.repeat(300_000) })
    const attack = new AbortController()
    const attacker = async (): Promise<void> => {
      const file = await open(join(dir, 'log.txt'), 'a')
      while (!attack.signal.aborted) await file.write('more')
      await file.close()
    }
    const attacking = attacker()
    const outcomes: unknown[] = []
    for (let number = 1; number <= 20; number += 1) {
      outcomes.push(await lab.publish(number, dir).catch((error: unknown) => error))
    }
    attack.abort()
    await attacking
    for (const outcome of outcomes) {
      if (outcome instanceof Error) expect(outcome).toMatchObject({ code: 'output_refused' })
    }
    for (const number of await lab.sites.listReleases(lab.slug)) {
      const manifest = JSON.parse(
        await readFile(siteOf(`releases/${number}/manifest.json`), 'utf8'),
      ) as { files: Record<string, { bytes: number }> }
      const { size } = await stat(siteOf(`releases/${number}/files/log.txt`))
      expect(size).toBe(manifest.files['log.txt']?.bytes)
    }
    await rm(dir, { recursive: true })
  })
})
